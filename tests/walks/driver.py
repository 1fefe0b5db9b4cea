"""Builds projects with a copy of the package, in a process of its own: `python driver.py PROJECT...`.

It prints one JSON object per project, and does not import anything from the tests.
"""

import contextlib
import io
import json
import sys
from pathlib import Path

import mlbuild
from mlbuild import api
from mlbuild.cli.main import main
from mlbuild.engine.execution.events import TaskStarted


def built(folder: Path) -> dict[str, object]:
    file = folder / "mlbuild.yaml"
    shown, schema = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(shown), contextlib.redirect_stderr(shown):
        checked = main(["-C", str(folder), "check"])
    with contextlib.redirect_stdout(schema):
        main(["schema"])
    spec, _ = api.check(file)
    events: list[object] = []
    result = None if spec is None else api.build(spec, threads=1, jobs=1, events=events.append)
    return {
        "package": mlbuild.__file__,
        "check": checked,
        "shown": shown.getvalue(),
        "schema": schema.getvalue(),
        "failures": None if result is None else [one.message for one in result.failures.values()],
        "ran": [event.task for event in events if isinstance(event, TaskStarted)],
    }


for project in sys.argv[1:]:
    sys.stdout.write(json.dumps(built(Path(project))) + "\n")

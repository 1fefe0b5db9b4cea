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
from mlbuild.engine.queries.targets import readers_of


def built(folder: Path) -> dict[str, object]:
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown), contextlib.redirect_stderr(shown):
        checked = main(["-C", str(folder), "check"])
    spec, _ = api.check(folder / "mlbuild.yaml")
    events: list[object] = []
    result = None if spec is None else api.build(spec, threads=1, jobs=1, events=events.append)
    return {
        "project": folder.name,
        "package": mlbuild.__file__,
        "check": checked,
        "shown": shown.getvalue(),
        "failures": None if result is None else [one.message for one in result.failures.values()],
        "ran": [event.task for event in events if isinstance(event, TaskStarted)],
        "readers": {} if spec is None else readers_of(api.plan(spec)),
    }


for project in sys.argv[1:]:
    sys.stdout.write(json.dumps(built(Path(project))) + "\n")

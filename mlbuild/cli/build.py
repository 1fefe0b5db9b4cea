"""`mlbuild build`: bring targets up to date, and tell what was shipped and how it was proven."""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import Any

from mlbuild import api
from mlbuild.cli.exits import OK, UsageError, code_of
from mlbuild.cli.plan import run as run_plan
from mlbuild.cli.progress import Progress
from mlbuild.cli.project import load_spec
from mlbuild.cli.render import SCHEMA_VERSION, Paint
from mlbuild.engine.events import BuildResult
from mlbuild.spec.spec import Spec

FORMATS = ("text", "json", "github", "sarif")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "targets", nargs="*", metavar="TARGET", help="tasks, model:NAME, output:NAME, globs, x+ (all)"
    )
    parser.add_argument("-n", "--dry-run", action="store_true", help="the same as plan")
    parser.add_argument(
        "-k", "--keep-going", action="store_true", help="go on with what does not depend on a failure"
    )
    parser.add_argument("--force", action="store_true", help="run the targets in any case")
    parser.add_argument("-v", "--verbose", action="store_true", help="also tell what is reused")
    parser.add_argument(
        "--threads",
        type=_count,
        default=None,
        metavar="N",
        help="cores a task may use (MLBUILD_THREADS, else all)",
    )


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of threads")
    return int(text)


def run(args: argparse.Namespace) -> int:
    if args.dry_run:
        return run_plan(argparse.Namespace(**{**vars(args), "exit_code": False}))
    spec = load_spec(args)
    threads = args.threads or _from_environment() or api.available_threads()
    # polars reads this once, when it is first imported.
    os.environ.setdefault("POLARS_MAX_THREADS", str(threads))
    progress = Progress(
        sys.stderr, Paint(sys.stderr, not args.no_color), args.quiet or args.json, args.verbose
    )
    result = api.build(
        spec, args.targets, force=args.force, keep_going=args.keep_going, threads=threads, events=progress
    )
    code = code_of(failure.kind for failure in result.failures.values())
    outputs = _outputs(spec, result)
    if args.json:
        print(json.dumps(_document(result, outputs, code), indent=2))
    elif args.format != "sarif":
        for output in outputs:
            print("\n".join(_output_text(output)))
        if not args.quiet:
            print(_summary(result), file=sys.stderr)
    return code


def _from_environment() -> int | None:
    text = os.environ.get("MLBUILD_THREADS")
    if not text:
        return None
    try:
        return _count(text)
    except argparse.ArgumentTypeError as error:
        raise UsageError(f"MLBUILD_THREADS: {error}") from None


def _outputs(spec: Spec, result: BuildResult) -> list[dict[str, Any]]:
    """Of each output that is up to date: where it is, its certificate, its metrics. Others are told to be stale."""
    told = []
    for name in spec.outputs:
        task = f"publish:{name}"
        folder = f"dist/{name}"
        if task in result.actions:
            # The folder was compared with the result just now; what the store holds of it was not.
            files = (spec.root / folder / file for file in ("parity.json", "metrics.json"))
            parity, metrics = (json.loads(file.read_bytes()) for file in files)
            told.append(
                {"output": name, "artifact": f"{folder}/model.onnx", "parity": parity, "metrics": metrics}
            )
        elif task in result.blocked and (spec.root / folder).is_dir():
            told.append({"output": name, "artifact": f"{folder}/model.onnx", "stale": True})
    return told


def _output_text(output: dict[str, Any]) -> list[str]:
    if output.get("stale"):
        return [f"{output['artifact']}: out of date, left as it was"]
    parity, rows = output["parity"], output["parity"]["rows"]
    lines = [
        output["artifact"],
        f"  parity: {rows['real']:,} real, {rows['adversarial']:,} adversarial, {rows['learner']:,} learner rows; "
        f"largest difference {parity['max_difference']:.3g}, label flips {parity['label_flips']}",
    ]
    metrics = output["metrics"]["metrics"]
    for name in dict.fromkeys(name for values in metrics.values() for name in values if name != "rows"):
        shown = (f"{split} {_number(values.get(name))}" for split, values in metrics.items())
        lines.append(f"  {name}: {'  '.join(shown)}")
    return lines


def _number(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.6g}"


def _summary(result: BuildResult) -> str:
    counts = {
        "ran": result.ran,
        "restored": result.restored,
        "reused": result.reused,
        "failed": result.failures,
        "blocked": result.blocked,
    }
    told = ", ".join(f"{len(names)} {word}" for word, names in counts.items() if names)
    return f"{told or 'nothing to do'} in {result.seconds:.2f} s"


def _document(result: BuildResult, outputs: list[dict[str, Any]], code: int) -> dict[str, Any]:
    outcomes = {
        **dict.fromkeys(result.ran, "ran"),
        **dict.fromkeys(result.restored, "restored"),
        **dict.fromkeys(result.reused, "reused"),
        **dict.fromkeys(result.blocked, "blocked"),
        **dict.fromkeys(result.failures, "failed"),
    }
    failures = {
        name: {"kind": failure.kind, "message": failure.message, "details": dict(failure.details)}
        for name, failure in result.failures.items()
    }
    return {
        "schema_version": SCHEMA_VERSION,
        "command": "build",
        "ok": code == OK,
        "exit_code": code,
        "build": result.build,
        "seconds": result.seconds,
        "tasks": [{"task": name, "outcome": outcome} for name, outcome in outcomes.items()],
        "failures": failures,
        "outputs": outputs,
    }

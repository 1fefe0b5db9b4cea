"""`mlbuild metrics`: the metrics of the last build with their intervals, next to those of a constant."""

from __future__ import annotations

import argparse
from typing import Any

from mlbuild.cli.exits import OK, UsageError
from mlbuild.cli.output.document import document
from mlbuild.cli.output.printing import show, show_document
from mlbuild.cli.output.tracking.metrics import metrics_text, slices_text
from mlbuild.cli.reading.history import find_build, history_of
from mlbuild.cli.running import profiles_of
from mlbuild.engine.store.store import open_store
from mlbuild.hints import did_you_mean, listed
from mlbuild.params import Json
from mlbuild.pipeline.builds.written import told_spec
from mlbuild.shown import shown
from mlbuild.spec.trials import without_trials
from mlbuild.tracking.builds import Build, History
from mlbuild.tracking.pairs import metric_order
from mlbuild.tracking.slices import Slices, slices_of

FORMATS = ("text", "json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Show the metrics of models as the last build measured them: the value and the 95% confidence interval for each split, and "
        "the value of the best constant prediction. Builds with --set are left out, unless they are named."
    )
    parser.add_argument(
        "name",
        nargs="?",
        metavar="NAME",
        help="a model or output, or NAME@BUILD for an earlier build, such as late@previous (default: all models)",
    )
    parser.add_argument(
        "--slices",
        metavar="SLICE",
        help="show the metrics of this item of the model's slices instead, such as carrier, on the test rows: of each group, and how they differ from those of all rows",
    )


def run(args: argparse.Namespace) -> int:
    history = history_of(args)
    name, asked = _asked(history, args.name or "")
    if asked:
        build = find_build(history, asked, name)
        builds = dict.fromkeys(build.metrics, build)
    else:
        builds = _last(history, tuple(profiles_of(args)))
    models = without_trials(builds) if not name else [_model(name, builds)]
    if args.slices is not None:
        return _show_slices(args, history, [(builds[one], one) for one in models])
    if args.json:
        show_document(document(args.command, OK, {"models": [_json(builds[one], one) for one in models]}))
    else:
        show(metrics_text([(builds[one], one) for one in models]))
    return OK


def _asked(history: History, given: str) -> tuple[str, str]:
    """Return the model and the build that `NAME@BUILD` names. The name of an item of a matrix contains an `@`, too."""
    if any(given in build.metrics for build in history.builds):
        return given, ""
    name, _, asked = given.rpartition("@") if "@" in given else (given, "", "")
    return name, asked


def _show_slices(args: argparse.Namespace, history: History, models: list[tuple[Build, str]]) -> int:
    found = [
        (build, model, slices_of(open_store(history.root), build, model, args.slices))
        for build, model in models
    ]
    told = [(build, model, slices) for build, model, slices in found if isinstance(slices, Slices)]
    if not told:
        names = sorted({name for _, _, slices in found if not isinstance(slices, Slices) for name in slices})
        raise UsageError(
            f"no model has slices '{shown(args.slices)}' whose metrics are in the store",
            f"slices: {listed(names) or 'none'}",
        )
    if args.json:
        content = [{"model": model, "build": build.name, **slices.to_json()} for build, model, slices in told]
        show_document(document(args.command, OK, {"slices": content}))
    else:
        show(slices_text(told))
    return OK


def _last(history: History, profiles: tuple[str, ...]) -> dict[str, Build]:
    """Return the last build that evaluated each model, of the spec as it is written, in the order of the last one."""
    found: dict[str, Build] = {}
    for build in reversed(history.builds):
        spec = build.record["spec"]
        if not spec["settings"] and tuple(spec["profiles"]) == profiles:
            found |= {name: build for name in build.metrics if name not in found}
    return found


def _model(name: str, builds: dict[str, Build]) -> str:
    """Return the model that is meant.

    Raises:
        UsageError: No build evaluated such a model.
    """
    for build in builds.values():
        outputs = build.values.get("outputs")
        output = outputs.get(name) if isinstance(outputs, dict) else None
        model = output.get("model") if isinstance(output, dict) else None
        if name not in builds and model in builds:
            return str(model)
    if name not in builds:
        near = did_you_mean(name, builds) or f"models with metrics: {listed(builds) or 'none'}"
        raise UsageError(f"no build has metrics of a model or output '{shown(name)}'", near)
    return name


def _json(build: Build, model: str) -> Json:
    def told(split: str, metric: str) -> dict[str, Any]:
        return {
            "value": build.metrics[model][split].get(metric),
            "interval": build.interval(model, split, metric),
            "constant": build.constant.get(model, {}).get(split, {}).get(metric),
        }

    splits = build.metrics[model]
    return {
        "model": model,
        "build": build.name,
        "spec": told_spec(build.record),
        "rows": {split: values.get("rows") for split, values in splits.items()},
        "clusters": {split: build.clusters(model, split) for split in splits},
        "cluster": build.cluster(model),
        "metrics": {
            metric: {split: told(split, metric) for split in splits} for metric in metric_order(build, model)
        },
    }

"""Task `suggest:M@ROUND`: which parameters to try in a round of a search, given the results of all earlier rounds.

The results are read in the order of the trials, so what is tried does not depend on which of them ends first. How many trials
are wanted is not a parameter: more trials repeat none.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from mlbuild.engine.graph import Input, Job, Task
from mlbuild.models.metrics.listed import METRIC_KIND
from mlbuild.models.searches import SEARCHES
from mlbuild.models.searches.search import Search, Tried
from mlbuild.params import Json, read, write
from mlbuild.pipeline.origins import MODELS
from mlbuild.pipeline.scope import ModelScope
from mlbuild.pipeline.tasks.trials import names

KIND = "suggest"


def plan(scope: ModelScope) -> Iterator[Task]:
    trials = scope.item.trials
    if trials is None or trials.search is None:
        return
    search, at = trials.search, (*scope.item.at, "search")
    for number in range(search.rounds):
        earlier = range(number * search.together)
        task = scope.task(
            KIND,
            {("search",): at, ("seed",): scope.seed_at, ("metric",): (*at, "metric")},
            at=at,
            rank=MODELS,
            run=run,
            params={
                "search": _asked(search),
                "metric": METRIC_KIND.canonical(trials.metric),
                "round": number,
                "seed": scope.item.seed,
            },
            inputs=tuple(
                Input(names.slot(trial), names.trial(scope, trial), (names.RESULT,)) for trial in earlier
            ),
            parts=tuple(map(names.part, range(search.together))),
            uses=(type(search), type(trials.metric), *map(type, search.dimensions.values())),
            libraries=(search.library,) if search.library else (),
        )
        yield replace(task, name=names.suggestions(scope, number))


def _asked(search: Search) -> Json:
    """Return what determines a suggestion: not the number of trials, and of the metric and its rows only the results."""
    written = write(search)
    return {key: value for key, value in written.items() if key not in ("trials", "metric", "on")}


def run(job: Job) -> None:
    asked = job.params["search"]
    search = read(SEARCHES.named(asked["type"]), {**asked, "trials": 1})
    metric = METRIC_KIND.read(job.params["metric"])
    number = job.params["round"]
    tried = []
    for trial in range(number * search.together):
        result = json.loads(job.read(names.slot(trial), names.RESULT))
        value = result["value"]
        tried.append(Tried(result["params"], None if value is None else metric.distance(value)))
    suggested = search.suggest(job.params["seed"], number, tried)
    for offset, params in enumerate(suggested):
        job.write(names.part(offset), json.dumps(params, sort_keys=True).encode())

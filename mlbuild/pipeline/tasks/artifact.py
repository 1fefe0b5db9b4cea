"""Task `artifact:O`: the ONNX model and the contract of its inputs and outputs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

from mlbuild.bundle.artifact import write_artifact
from mlbuild.bundle.trained import Recipe, Trained
from mlbuild.columns import Schema
from mlbuild.engine.graph import Given, Input, Job, Plan, Task
from mlbuild.params import Json
from mlbuild.pipeline.origins import MODELS, Places
from mlbuild.pipeline.scope import OutputScope
from mlbuild.pipeline.tasks import fit, target, threshold, train

#: The parts, which are also the files of an output.
MODEL, CONTRACT = "model.onnx", "contract.json"


def plan(scope: OutputScope) -> Iterator[Task]:
    learner = scope.model.item.learner
    task = scope.task(
        "artifact",
        recipe_places(scope),
        rank=MODELS,
        run=run,
        params={"recipe": recipe(scope), "libraries": libraries(scope)},
        inputs=trained(scope),
        parts=(MODEL, CONTRACT),
        uses=(*scope.model.ops, type(scope.model.item.learner)),
        imports=(learner.type,),
        libraries=tuple(libraries(scope)),
    )
    yield scope.ships(task, MODEL, CONTRACT)


def recipe(scope: OutputScope) -> Json:
    """Return what is known before training about the way from raw columns to outputs."""
    inputs, serving = scope.item.serving.inputs, scope.item.serving
    return {
        "inputs": Schema({one.name: one.column.served for one in inputs}).to_json(),
        "null_tokens": {
            one.name: one.column.null_token for one in inputs if one.column.null_token is not None
        },
        "derived": [[key, tree] for key, tree in serving.derived.items()],
        "features": scope.model.features.to_json(),
        "values": dict(serving.values),
        "steps": scope.model.steps,
        **threshold.asked(scope.model),
    }


def recipe_places(scope: OutputScope) -> Places:
    """Return where the parts of the recipe are written in the spec."""
    places: Places = {("recipe", *param): at for param, at in scope.model.feature_places.items()}
    places[("recipe", "threshold")] = (*scope.model.item.at, "threshold")
    for index, at in enumerate(scope.item.serving.places.values()):
        places[("recipe", "derived", index, 1)] = at
    return places


def libraries(scope: OutputScope) -> list[str]:
    """Return the distributions that make the artifact."""
    return sorted({"polars", "numpy", "onnx", *scope.model.item.learner.libraries})


def trained(scope: OutputScope) -> tuple[Input, ...]:
    """Return the trained pipeline as inputs."""
    return (
        fit.states(scope.model),
        target.coded(scope.model),
        train.fitted(scope.model),
        *threshold.chosen(scope.model),
    )


def model(scope: OutputScope) -> Input:
    """Return the model file as an input."""
    return Input("artifact", f"artifact:{scope.item.name}", (MODEL,))


def contract(scope: OutputScope) -> Input:
    """Return the description of the inputs and outputs of the model as an input."""
    return Input("contract", f"artifact:{scope.item.name}", (CONTRACT,))


def fitted_of(plan: Plan, output: str) -> tuple[Recipe, Input]:
    """Return the way from raw columns to the matrix of an output, and the input with the states of its steps."""
    task = plan.tasks[f"artifact:{output}"]
    (states,) = (one for one in task.inputs if one.slot == "fit")
    return Recipe.from_json(task.params["recipe"]), states


def trained_of(job: Given) -> Trained:
    """Load the trained pipeline from the inputs of the task."""
    states = tuple(json.loads(job.read("fit", "states")))
    recipe = Recipe.from_json(job.params["recipe"])
    coding = threshold.coding_of(job, job.params["recipe"])
    return Trained(recipe, states, train.learner(job), job.read("fitted", "fitted"), coding)


def run(job: Job) -> None:
    from importlib.metadata import version  # not needed for planning

    whole = {**job.params["recipe"], "learner": json.loads(job.read("fitted", "learner"))}
    canonical = json.dumps(whole, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    versions = {name: version(name) for name in job.params["libraries"]}
    written, contract = write_artifact(trained_of(job), digest, versions)
    job.write(MODEL, written)
    job.write(CONTRACT, contract)

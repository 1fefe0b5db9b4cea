"""Plans the tasks of one output: artifact, verify, publish."""

from __future__ import annotations

from typing import Any

from mlbuild.columns import Schema
from mlbuild.engine.graph import Input, Task
from mlbuild.pipeline.origins import MODELS, Origins
from mlbuild.pipeline.parts import SPLITS, kept_parts, kept_under, parts_of
from mlbuild.pipeline.plan_models import ModelTasks
from mlbuild.pipeline.tasks import artifact, publish, verify
from mlbuild.spec.spec import OutputSpec, Spec


def output_tasks(spec: Spec, output: OutputSpec) -> list[Task]:
    model = spec.models[output.model]
    shared = ModelTasks(spec, model)
    inputs = output.serving.inputs
    shown = [one.name for one in inputs if one.dropped is None]
    kept = {one.name: one.dropped for one in inputs if one.dropped is not None}
    recipe = {
        "inputs": Schema({one.name: one.column.served for one in inputs}).to_json(),
        "null_tokens": {
            one.name: one.column.null_token for one in inputs if one.column.null_token is not None
        },
        "derived": [[key, tree] for key, tree in output.serving.derived.items()],
        "features": shared.features.to_json(),
        "values": dict(output.serving.values),
        "steps": shared.steps,
        "learner": shared.learner,
    }
    states = Input("fit", f"fit:{model.name}", ("states",))
    coding = shared.target()
    fitted = Input("fitted", f"train:{model.name}", ("fitted",))
    used = (*shared.ops, type(model.learner))
    libraries = sorted({"polars", "numpy", "onnx", *model.learner.libraries})
    places = {("recipe", *param): at for param, at in (shared.feature_places | shared.learner_places).items()}
    derived = enumerate(output.serving.places.values())
    places |= {("recipe", "derived", index, 1): at for index, at in derived}
    places[("rows",)] = (*output.at, "verify", "rows")

    def task(kind: str, **fields: Any) -> Task:
        labels = (f"output:{output.name}",)
        origin = Origins(spec, places)
        return Task(
            name=f"{kind}:{output.name}", kind=kind, rank=MODELS, labels=labels, origin=origin, **fields
        )

    return [
        task(
            "artifact",
            run=artifact.run,
            params={"recipe": recipe, "libraries": libraries},
            inputs=(states, coding, fitted),
            parts=("model.onnx", "contract.json"),
            uses=used,
            imports=(model.learner.type,),
            libraries=tuple(libraries),
        ),
        task(
            "verify",
            run=verify.run,
            params={
                "recipe": recipe,
                "rows": output.verify_rows,
                "kept": {name: kept_under(dropped) for name, dropped in kept.items()},
            },
            inputs=(
                states,
                coding,
                fitted,
                Input("artifact", f"artifact:{output.name}", ("model.onnx",)),
                Input(
                    "raw", f"dataset:{model.dataset}", (*parts_of(SPLITS, shown), *kept_parts(kept.values()))
                ),
                *(shared.matrix(split, split) for split in SPLITS),
                Input("scores", f"predict:{model.name}", SPLITS),
            ),
            parts=("parity.json",),
            uses=used,
            imports=(model.learner.type,),
            libraries=(*libraries, "onnxruntime"),
        ),
        task(
            "publish",
            run=publish.run,
            params={},
            inputs=(
                Input("artifact", f"artifact:{output.name}", publish.FILES["artifact"]),
                Input("verify", f"verify:{output.name}", publish.FILES["verify"]),
                Input("evaluate", f"evaluate:{model.name}", publish.FILES["evaluate"]),
            ),
            parts=tuple(name for names in publish.FILES.values() for name in names),
            exports=f"dist/{output.name}",
        ),
    ]

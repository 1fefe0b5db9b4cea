"""Keys: everything that determines the result of a task, and its hash."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from functools import cached_property
from typing import Any

from mlbuild.engine.canonical import canonical, digest, is_digest, parse
from mlbuild.engine.code.versions import Code
from mlbuild.engine.decide.files import Digests
from mlbuild.engine.decide.libraries import versions
from mlbuild.engine.graph import Task
from mlbuild.frozen import frozen

#: Increase this when the form of records changes, so that old records are never misread.
FORMAT = 2

#: The shape of ingredients as JSON.
INGREDIENTS = {
    "kind": str,
    "run": str,
    "parts": [str],
    "code": is_digest,
    "params": object,
    "libraries": {str: (None, str)},
    "inputs": {str: [[str, (None, is_digest)]]},
    "files": {str: (None, is_digest)},
    "answer": lambda value: value == "" or is_digest(value),
    "producers": {str: [str]},
    "paths": {str: str},
}

_INFORMATIVE = ("producers", "paths")

#: A part that is read: its name, and its digest (None: not known yet).
Read = tuple[str, str | None]


@frozen
class Ingredients:
    """What determines a result. `code` is a version from `Code`. `answer` is a digest of what a task found outside; it
    is empty for other tasks, and as long as the task has not looked.

    `producers` and `paths` only say where it comes from. They are not part of any key.
    """

    kind: str
    run: str
    parts: tuple[str, ...]
    code: str
    params: Any
    libraries: Mapping[str, str | None]
    inputs: Mapping[str, tuple[Read, ...]]
    files: Mapping[str, str | None]
    producers: Mapping[str, tuple[str, ...]]
    paths: Mapping[str, str]
    answer: str = ""

    @cached_property
    def key(self) -> str:
        deciding = {name: value for name, value in self.to_json().items() if name not in _INFORMATIVE}
        return digest(canonical({**deciding, "format": FORMAT}))

    def to_json(self) -> dict[str, Any]:
        return {item.name: getattr(self, item.name) for item in fields(self)}

    @classmethod
    def from_json(cls, value: Any) -> Ingredients:
        """Create ingredients from JSON with their shape.

        Raises:
            ValueError: A file has no path, or a part that is read has no producer.
        """
        if not value["files"].keys() <= value["paths"].keys() or any(
            len(reads) != len(value["producers"].get(slot, ())) for slot, reads in value["inputs"].items()
        ):
            raise ValueError("these ingredients are incomplete")
        inputs = {
            slot: tuple((part, known) for part, known in reads) for slot, reads in value["inputs"].items()
        }
        producers = {slot: tuple(tasks) for slot, tasks in value["producers"].items()}
        return cls(**{**value, "parts": tuple(value["parts"]), "inputs": inputs, "producers": producers})


def ingredients(
    task: Task,
    digests: Mapping[str, Mapping[str, str]],
    outside: Digests,
    code: Code,
) -> Ingredients:
    """Return what determines the result of a task. `digests` contains the parts of the finished tasks, by name.

    The order of the parts of a slot counts, because the function sees it. The order of maps does not.
    """
    inputs: dict[str, list[Read]] = {}
    producers: dict[str, list[str]] = {}
    for source in (source for source in task.inputs if source.parts):
        known = digests.get(source.task, {})
        inputs.setdefault(source.slot, []).extend((part, known.get(part)) for part in source.parts)
        producers.setdefault(source.slot, []).extend(source.task for _ in source.parts)
    return Ingredients(
        kind=task.kind,
        run=f"{task.run.__module__}.{task.run.__qualname__}",
        parts=tuple(sorted(task.parts)),
        code=code.version(task.run, task.uses),
        params=sorted_params(task),
        libraries=versions(task.libraries),
        inputs={slot: tuple(reads) for slot, reads in inputs.items()},
        files={slot: outside.digest(external) for slot, external in task.files.items()},
        producers={slot: tuple(tasks) for slot, tasks in producers.items()},
        paths={slot: external.called for slot, external in task.files.items()},
    )


def sorted_params(task: Task) -> Any:
    """Return the parameters as the key and the function see them: plain JSON with sorted maps."""
    return parse(canonical(task.params))

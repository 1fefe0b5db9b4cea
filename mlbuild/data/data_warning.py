"""What tasks find out about the data that a person should know, but that is not an error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any

from mlbuild.frozen import frozen
from mlbuild.params import Json


@frozen
class DataWarning:
    """A warning: its code and one sentence. `examples` are values of the data by what they are examples of.

    The sentence quotes no values, which can be private.
    """

    code: str
    message: str
    examples: Mapping[str, Sequence[Any]] = field(default_factory=dict)

    def to_json(self) -> Json:
        examples = {name: [*some] for name, some in self.examples.items()}
        details = {"details": {"examples": examples}} if examples else {}
        return {"code": self.code, "message": self.message, **details}

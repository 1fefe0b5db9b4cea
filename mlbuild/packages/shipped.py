"""A built model that is to be packaged, as its folder has it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from mlbuild.bundle.opened import CERTIFICATE, NotOurs, Opened
from mlbuild.frozen import frozen
from mlbuild.kinds import Json
from mlbuild.regular import NOTE_LIMIT, is_regular, read_regular

MODEL, CONTRACT, EXAMPLES = "model.onnx", "contract.json", "examples.json"
#: The largest model.
_LIMIT = 2_000_000_000


class NotShipped(Exception):
    """A folder whose model cannot be packaged. The message is a sentence about it without an end."""


@frozen
class Shipped:
    """The files of a model by name, and its `contract` and `examples`.

    `name` is that of the output, and `digest` the SHA-256 of the model.
    """

    name: str
    digest: str
    files: dict[str, bytes]
    contract: Json
    examples: Sequence[Json]

    @staticmethod
    def of(name: str, folder: Path) -> Shipped:
        """Read the folder of a model that a build published.

        Raises:
            NotShipped: A file is missing, or is not the one that the build wrote.
        """
        for file in (MODEL, CONTRACT, CERTIFICATE, EXAMPLES):
            if not is_regular(folder / file):
                raise NotShipped(f"there is no file '{folder / file}'")
        try:
            digest = Opened(folder / MODEL).digest
        except NotOurs as error:
            raise NotShipped(f"'{folder / MODEL}' {error}") from None
        files = {MODEL: read_regular(folder / MODEL, _LIMIT)}
        try:
            files |= {
                one: read_regular(folder / one, NOTE_LIMIT) for one in (CONTRACT, CERTIFICATE, EXAMPLES)
            }
            contract, told = json.loads(files[CONTRACT]), json.loads(files[EXAMPLES])
            found, of = Shipped(name, digest, files, contract, told["examples"]), told["model"]
        except (OSError, ValueError, RecursionError, KeyError, TypeError):
            raise NotShipped(f"'{folder}' has a file that cannot be read") from None
        if of != digest:
            raise NotShipped(f"'{folder / EXAMPLES}' belongs to another model")
        return found

    @property
    def version(self) -> str:
        """A short name for this very model."""
        return self.digest[:12]

    @cached_property
    def inputs(self) -> Sequence[Json]:
        inputs: Sequence[Json] = self.contract["inputs"]
        return inputs

    @cached_property
    def outputs(self) -> Sequence[Json]:
        outputs: Sequence[Json] = self.contract["outputs"]
        return outputs

    @property
    def identifier(self) -> str:
        """The name as an identifier of programs."""
        letters = "".join(one if one.isascii() and one.isalnum() else "_" for one in self.name.casefold())
        return letters if letters[:1].isalpha() else f"model_{letters}"

    @property
    def dashed(self) -> str:
        """The name as that of a distribution."""
        return self.identifier.replace("_", "-").strip("-")

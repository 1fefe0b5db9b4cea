"""A built model that is to be packaged, with the files of its folder."""

from __future__ import annotations

import hashlib
import keyword
import sys
from collections.abc import Mapping
from pathlib import Path

from mlbuild.folders import CERTIFICATE, CONTRACT, EXAMPLES, MODEL
from mlbuild.frozen import frozen
from mlbuild.regular import NOTE_LIMIT, read_regular
from mlbuild.serving.model import Model, Unservable

#: The largest model.
_LIMIT = 2_000_000_000
#: Names that modules of packages have already.
_TAKEN = {*sys.stdlib_module_names, "numpy", "onnxruntime", "tests"}


@frozen(eq=False)
class Shipped:
    """A model, which a server would accept, and the files of its folder by name. `name` is that of the output."""

    name: str
    model: Model
    files: Mapping[str, bytes]

    @staticmethod
    def of(name: str, folder: Path) -> Shipped:
        """Read the folder of a model that a build published.

        Raises:
            Unservable: A file is missing, or is not the one that the build wrote, or the model answers otherwise.
        """
        model = Model(name, folder)
        limits = {MODEL: _LIMIT, CONTRACT: NOTE_LIMIT, CERTIFICATE: NOTE_LIMIT, EXAMPLES: NOTE_LIMIT}
        try:
            files = {file: read_regular(folder / file, limit) for file, limit in limits.items()}
        except OSError as error:
            raise Unservable(f"'{folder}' cannot be read: {error.strerror or error}") from None
        if hashlib.sha256(files[MODEL]).hexdigest() != model.digest:
            raise Unservable(f"'{folder / MODEL}' changed while it was read")
        return Shipped(name, model, files)

    @property
    def identifier(self) -> str:
        """The name as that of a module in programs."""
        letters = "".join(one if one.isascii() and one.isalnum() else "_" for one in self.name.casefold())
        free = letters[:1].isalpha() and letters not in _TAKEN and not keyword.iskeyword(letters)
        return letters if free else f"model_{letters}"

    @property
    def dashed(self) -> str:
        """The name as that of a distribution."""
        return self.identifier.replace("_", "-").strip("-")

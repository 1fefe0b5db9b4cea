"""The base class of kinds of packages: the files that another program needs to run a model."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from mlbuild.packages.shipped import Shipped


class Package:
    """A kind of package. Equal models give equal files."""

    type: ClassVar[str]
    #: What it is, for the help text.
    doc: ClassVar[str]

    @staticmethod
    def files(shipped: Shipped, uri: str | None) -> Iterator[tuple[str, bytes]]:
        """Yield the path of each file, with slashes, and its content.

        `uri` is the place where the model will be found, which only some kinds need.

        Raises:
            Unpackable: This kind of package cannot be made.
        """
        raise NotImplementedError


class Unpackable(Exception):
    """A package that cannot be made. The message is a sentence, and `help` says what to do."""

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.help = help


def text(content: str) -> bytes:
    """Return the bytes of a text file."""
    return f"{content.strip()}\n".encode()


def template(name: str) -> str:
    """Return the text of a file in `templates/`."""
    return (Path(__file__).parent / "templates" / name).read_text(encoding="utf-8")


def quoted(value: Any) -> str:
    """Return a value as JSON, which is also a literal of JavaScript."""
    return json.dumps(value, ensure_ascii=False)

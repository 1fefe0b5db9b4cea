"""Models that are harmful if they are trusted. Each is made from a valid one and named by what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator

from mlbuild.lowering.checksum import with_checksum
from tests.hostile.base import copies
from tests.hostile.contracts import metadata, ports
from tests.hostile.files import other_files
from tests.hostile.operators import operators, texts
from tests.hostile.sizes import forms, sizes
from tests.hostile.trees import trees

GROUPS = (other_files, operators, texts, sizes, forms, ports, metadata, trees)


def hostile(good: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield hostile variants of `good`, which computes `prediction` for the texts `s` and the floats `x` with
    trees.

    Each has a valid checksum, because an attacker can compute one, too.
    """
    for group in GROUPS:
        for name, model in group(copies(good)):
            yield name, with_checksum(model.SerializeToString())
    yield "no protobuf", with_checksum(b"\x0a\xff\xff\xff")
    yield "nothing", with_checksum(b"")

"""How much the randomized tests do: little in an ordinary run, large counts in a soak."""

from __future__ import annotations

import os
import sys
from typing import TypeVar

_Some = TypeVar("_Some")


def examples(small: _Some, soak: _Some) -> _Some:
    """Return the number of random examples, or the examples: `soak` if MLBUILD_SOAK=1 is set in the environment."""
    return soak if os.environ.get("MLBUILD_SOAK") == "1" else small


def seed() -> int:
    """Return the seed of random tests: MLBUILD_SEED, or 0."""
    return int(os.environ.get("MLBUILD_SEED", "0"))


def tell(fact: str) -> None:
    """Print a fact for the record of a soak. pytest shows it with -rA."""
    sys.stdout.write(f"soak: {fact}\n")

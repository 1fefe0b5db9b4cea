"""How much the random tests do: little in every test run, the large counts in a soak."""

from __future__ import annotations

import os
import sys


def examples(small: int, soak: int) -> int:
    """The number of random examples: `soak` where the environment has MLBUILD_SOAK=1."""
    return soak if os.environ.get("MLBUILD_SOAK") == "1" else small


def seed() -> int:
    """The seed of random tests: MLBUILD_SEED, 0 if not set."""
    return int(os.environ.get("MLBUILD_SEED", "0"))


def tell(fact: str) -> None:
    """A count for the record that a soak keeps; pytest shows it with -rA."""
    sys.stdout.write(f"soak: {fact}\n")

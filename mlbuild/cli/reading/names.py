"""Names on the command line that stand for something in the project."""

from __future__ import annotations

from collections.abc import Collection

from mlbuild.cli.exits import UsageError
from mlbuild.hints import did_you_mean, listed
from mlbuild.shown import shown


def unknown(what: str, name: str, known: Collection[str], among: str | None = None) -> UsageError:
    """Return the end of a command that got the name of nothing that is known.

    `what` the name should stand for, such as `output`, and `among` what the known names are: the plural of it by default.
    """
    near = did_you_mean(name, known) or f"{among or f'{what}s'}: {listed(known) or 'none'}"
    return UsageError(f"there is no {what} '{shown(name)}'", near)

"""Standard error, also while it is redirected to catch what a library prints."""

import os

#: The descriptor of standard error.
_USUAL = 2


class _State:
    """The descriptor that leads to standard error now."""

    descriptor = _USUAL


def descriptor() -> int:
    """Return the descriptor of standard error, even if it is redirected."""
    return _State.descriptor


def redirect(file: int) -> int:
    """Let everything that is printed to standard error go to an open file. Return what `restore` needs.

    Raises:
        OSError: There is no standard error.
    """
    kept = _State.descriptor = os.dup(_USUAL)
    os.dup2(file, _USUAL)
    return kept


def restore(kept: int) -> None:
    """End a redirection."""
    os.dup2(kept, _USUAL)
    _State.descriptor = _USUAL
    os.close(kept)

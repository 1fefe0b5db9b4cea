"""Channels on the command line: their names, and why they cannot be changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mlbuild.cli.exits import DATA, GATE, USAGE, Stopped, UsageError
from mlbuild.cli.reading.names import unknown
from mlbuild.pipeline.channels.changing import Absent, Refused
from mlbuild.pipeline.channels.channel import BadChannel, is_name
from mlbuild.pipeline.tasks import publish
from mlbuild.shown import shown
from mlbuild.spec.spec import Spec
from mlbuild.tracking.builds import is_counted


def named(name: str, *, new: bool = False) -> str:
    """Return the name of a channel.

    Raises:
        UsageError: It is none, or a new one would stand for a build.
    """
    if not is_name(name):
        help_ = "a name has letters, digits, '_' and '-', and begins with a letter or '_'"
        raise UsageError(f"'{shown(name)}' is not the name of a channel", help_)
    if new and is_counted(name):
        raise UsageError(f"'{name}' names a build, so it cannot name a channel", "choose another name")
    return name


def published_folder(spec: Spec, output: str) -> str:
    """Return the folder in which an output is published.

    Raises:
        UsageError: There is no such output, or it is a trial.
    """
    if output not in spec.outputs:
        raise unknown("output", output, spec.outputs)
    folder = publish.place_of(spec)
    if folder is None:
        raise UsageError(
            "a trial with --set is not published", "write the settings into the spec, or into a profile"
        )
    return publish.folder_of(output, spec.profiles)


@contextmanager
def refused() -> Iterator[None]:
    """End the command if a channel cannot be changed, or its file is damaged.

    Raises:
        Stopped: It cannot. The exit code says why: 4 if the model is not one that a build published, 3 for a damaged
            file, and 2 if there is no such channel or model.
    """
    try:
        yield
    except Refused as error:
        forced = "promote it anyway with --force --why TEXT" if error.forcible else None
        help_ = "; or ".join(filter(None, (error.help, forced)))
        raise Stopped(str(error), help_ or None, USAGE if isinstance(error, Absent) else GATE) from None
    except BadChannel as error:
        raise Stopped(str(error), "restore the file, or remove it and promote a model again", DATA) from None

"""What differs between what two builds were made from: spec, libraries, code and data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from mlbuild.engine.decide.reasons import differences
from mlbuild.frozen import frozen
from mlbuild.pipeline.builds.written import place_of
from mlbuild.tracking.builds import Build

What = Literal["spec", "data", "library", "input", "output"]


@frozen
class Change:
    """One thing that differs: the path of a setting in the spec, a source, a library, or an input or output of a model file.

    `was` and `now` are None for something that only one of the two has; `place` is where a setting is written.
    """

    what: What
    where: str
    was: Any
    now: Any
    place: str = ""


def changes(old: Build, new: Build) -> list[Change]:
    """Return what differs, in the order in which people look for a cause: spec, data, libraries."""
    return [*_spec(old, new), *_data(old, new), *_libraries(old, new)]


def _spec(old: Build, new: Build) -> Iterator[Change]:
    lines, files = (old.record["spec"]["lines"], new.record["spec"]["lines"]), (old.file, new.file)
    for what, path, was, now in differences(old.values, new.values):
        removed = what == "param removed"
        place = place_of(lines[0], path, files[0]) if removed else place_of(lines[1], path, files[1])
        yield Change("spec", dotted(path), was, now, f"was {place}" if removed and place else place)


def _data(old: Build, new: Build) -> Iterator[Change]:
    """Yield the sources whose files changed. What a build did not read, it says nothing about."""
    for name in _common(old.record["sources"], new.record["sources"]):
        was, now = (build.record["sources"][name] for build in (old, new))
        if was != now:
            yield Change("data", name, was, now)


def _libraries(old: Build, new: Build) -> Iterator[Change]:
    was, now = ({**build.record["libraries"], "mlbuild": build.record["mlbuild"]} for build in (old, new))
    for name in _common(was, now):
        if was[name] != now[name]:
            yield Change("library", name, was[name], now[name])


def _common(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    return [name for name in old if name in new]


def dotted(path: tuple[str | int, ...]) -> str:
    """Return a path as `models.late.features[2]`."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return "".join(parts).removeprefix(".")

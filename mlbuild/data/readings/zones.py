"""Time zones: which names there are, and the conversion of local times to UTC."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from mlbuild.diagnostics import data_failure
from mlbuild.hints import did_you_mean

if TYPE_CHECKING:
    import polars as pl

#: Files of a time zone database that are not zones: the zone of the machine, and other variants of the files.
_NO_ZONES = re.compile(r"(localtime|posixrules|Factory)$|(posix|right)/")


def is_known(zone: str) -> bool:
    """Whether `zone` is the name of a time zone. If Python has no time zone database, that of polars is used."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    if _NO_ZONES.match(zone):
        return False
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return _polars_knows(zone)
    return True


def near_zones(zone: str) -> str | None:
    """Return a help text with a similar zone name, if there is one."""
    from zoneinfo import available_timezones

    return did_you_mean(zone, sorted(available_timezones()))


def _polars_knows(zone: str) -> bool:
    import polars as pl

    try:
        pl.Series([0]).cast(pl.Datetime("us")).dt.replace_time_zone(zone)
    except pl.exceptions.ComputeError:
        return False
    return True


def to_utc(
    clock: pl.Series, zone: str, ambiguous: Literal["earliest", "latest", "null"] = "null"
) -> pl.Series:
    """Convert the local times of a zone to UTC; null for a time that the clocks of the zone skipped.

    If clocks were set back, an `ambiguous` time occurred twice.

    Raises:
        Failed: polars does not know the zone.
    """
    import polars as pl

    try:
        local = clock.dt.replace_time_zone(zone, ambiguous=ambiguous, non_existent="null")
    except pl.exceptions.ComputeError:
        raise data_failure(f"polars does not know the time zone '{zone}'", time_zone=zone) from None
    return local.dt.convert_time_zone("UTC").dt.replace_time_zone(None)

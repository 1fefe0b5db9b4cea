"""Learners with one parameter at an end of its range, and the minimum of other parameters that this needs."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from typing import Any

from mlbuild.kinds import Boolean, Choice, Integer, Json, Kind, Number
from mlbuild.models.learner import Learner
from mlbuild.params import params_of, read

#: The largest magnitude of numbers without a bound.
_FAR = sys.float_info.max


def ends(cls: type[Learner]) -> Iterator[tuple[Json, Learner]]:
    """Yield every end of every parameter that is possible without a contradiction, with the parameters that it
    needs.
    """
    for key, param in params_of(cls).items():
        for value in _ends(param.kind):
            for companions in _companions(cls, key):
                params = {key: value} | companions
                learner = read(cls, params)
                if not [*learner.check()]:
                    yield params, learner
                    break


def _ends(kind: Kind) -> list[Any]:
    match kind:
        case Choice():
            return [*kind.values]
        case Boolean():
            return [False, True]
        case Integer():
            return [end for end in (kind.min, kind.max) if end is not None]
        case Number():
            low = kind.min if kind.above is None else math.nextafter(kind.above, math.inf)
            high = kind.max if kind.below is None else math.nextafter(kind.below, -math.inf)
            return [-_FAR if low is None else low, _FAR if high is None else high]
        case _:
            raise NotImplementedError(f"ends of {kind}")


def _companions(cls: type[Learner], key: str) -> Iterator[Json]:
    """Yield nothing, or one or two other parameters that give the parameter an effect: another option, or another
    number.
    """
    others: list[Json] = []
    for name, param in params_of(cls).items():
        if name != key and isinstance(param.kind, (Choice, Boolean)):
            others += [{name: value} for value in _ends(param.kind) if value != param.default]
        elif name != key and isinstance(param.kind, Integer) and param.kind.min is not None:
            others.append({name: param.kind.min + 1})
        elif name != key and isinstance(param.kind, Number):
            others.append({name: 0.5})
    yield {}
    yield from others
    for index, first in enumerate(others):
        yield from (first | second for second in others[index + 1 :] if first.keys() != second.keys())

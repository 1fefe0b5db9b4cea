"""Places a list of steps on a schema: each step with the columns that it gets from the steps before it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from mlbuild.columns import UNKNOWN, ColumnType, Schema
from mlbuild.diagnostics import Problem, Rejected
from mlbuild.frozen import frozen
from mlbuild.ops.op import ADDED, Op, Placement


@frozen
class Stage:
    """A step with its context: the columns that it reads, the columns that it makes, and all columns before and after it."""

    step: Op
    read: Schema
    placement: Placement
    before: Schema
    after: Schema

    @cached_property
    def made(self) -> Schema:
        return Schema({name: type_ for part in self.placement.values() for name, type_ in part.items()})

    def groups(self) -> Iterator[tuple[Sequence[str], Sequence[str]]]:
        """Yield the columns that the step works on together, and the columns that it makes from them."""
        if self.step.columnwise:
            for name in self.read:
                yield (name,), tuple(self.placement.get(name, ()))
        else:
            yield tuple(self.read), tuple(self.made)


def place(steps: Sequence[Op], schema: Schema) -> tuple[Stage, ...]:
    """Apply steps to a schema in order, without data.

    Raises:
        Rejected: Steps are not suitable. The paths of the problems start with the index of a step.
    """
    return follow(steps, schema).sound()


@frozen
class Followed:
    """What is known after all steps, even if some are not suitable.

    `stages` are the suitable steps by index, and `after` are the columns at the end.
    """

    stages: Mapping[int, Stage]
    after: Schema
    unsuitable: bool
    problems: tuple[Problem, ...]

    def sound(self) -> tuple[Stage, ...]:
        """Return the steps if all of them are suitable."""
        if self.unsuitable:
            raise Rejected(*self.problems)
        return tuple(self.stages.values())


def follow(steps: Sequence[Op], schema: Schema) -> Followed:
    """Apply steps to a schema in order, without data, and collect the problems of all steps."""
    stages: dict[int, Stage] = {}
    problems: list[Problem] = []
    for index, step in enumerate(steps):
        try:
            stages[index] = _place_one(step, schema)
            schema = stages[index].after
        except Rejected as rejected:
            problems += (problem.under(index) for problem in rejected.problems)
            schema = _doubtful(step, schema)
    return Followed(stages, schema, len(stages) < len(steps), tuple(problems))


def _place_one(step: Op, schema: Schema) -> Stage:
    read = schema.select(step.reads(schema))
    placement = step.infer(read)
    columns: list[tuple[str, ColumnType]] = []
    for name, type_ in schema.items():
        columns.extend(placement[name].items() if name in placement else [(name, type_)])
    columns.extend(placement.get(ADDED, Schema()).items())
    names = [name for name, _ in columns]
    if len({*names}) < len(names):
        clashes = sorted(name for name, count in Counter(names).items() if count > 1)
        raise Rejected(
            *(Problem("duplicate-column", f"the step would add a second column '{name}'") for name in clashes)
        )
    return Stage(step, read, placement, schema, Schema(columns, schema.open))


def _doubtful(step: Op, schema: Schema) -> Schema:
    """Return what is still known of the columns after a step that is not suitable."""
    try:
        unknown = schema.plus(dict.fromkeys(step.reads(schema), ColumnType(UNKNOWN)))
        return _place_one(step, unknown).after
    except Rejected:
        return step.doubtful(schema)


def tolerances(stages: Sequence[Stage], before: Mapping[str, float]) -> dict[str, float]:
    """Return the relative tolerance of each column after the steps, given those of the columns before them.

    A column has the largest tolerance of the steps that it came through, and of the columns that it is made from.
    """
    held = dict(before)
    for stage in stages:
        for names, made in stage.groups():
            own = stage.step.tolerance(stage.read.select(names))
            held |= dict.fromkeys(made, max([own, *(held[name] for name in names)]))
    return held

"""What an example expects of the answer of a model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlbuild.columns import text_of
from mlbuild.diagnostics import Problem
from mlbuild.frozen import frozen
from mlbuild.kinds import bound_words
from mlbuild.params import Described, MapOf, Name, Number, Object, Scalar, field
from mlbuild.verdicts.tests.cells import fits, wanted
from mlbuild.verdicts.tests.test import About


@frozen
class Range(Described):
    """An interval of numbers that includes both ends."""

    min: float | None = field(Number(), "Smallest accepted number.", default=None)
    max: float | None = field(Number(), "Largest accepted number.", default=None)

    def check(self) -> Iterator[Problem]:
        if self.min is None and self.max is None:
            yield Problem("missing-key", "a range needs 'min' or 'max'", (), on="key")
        elif self.min is not None and self.max is not None and self.min > self.max:
            yield Problem("contradiction", f"'min' {self.min:g} is greater than 'max' {self.max:g}", ("min",))

    def holds(self, value: float) -> bool:
        """Whether a number is in the interval. NaN is in none."""
        low = self.min is None or value >= self.min
        return low and (self.max is None or value <= self.max) and value == value

    def bounds(self) -> str:
        """Return the bounds for a sentence, after the number."""
        return bound_words(self.min, None, self.max, None).lstrip()


@frozen
class Expected(Described):
    """What a model must predict for a row."""

    label: Any = field(Scalar(), "Class that must be predicted.", default=None)
    probability: Range | None = field(
        Object(Range), "Range of the probability of the positive class, for two classes.", default=None
    )
    probabilities: Mapping[str, Range] | None = field(
        MapOf(Object(Range), min_items=1), "Range of the probability of each class.", default=None
    )
    value: Range | None = field(Object(Range), "Range of a predicted number.", default=None)
    near: str | None = field(
        Name("test"), "Test with a single row whose answer must be about the same.", default=None
    )
    within: float | None = field(
        Number(min=0),
        "Largest difference to `near`: of the predicted number, or of the probability of any class.",
        default=None,
    )

    def check(self) -> Iterator[Problem]:
        if not any(one is not None for one in (self.label, self.near, *self.ranges())):
            yield Problem("missing-key", "'expect' needs something to expect, such as 'label'", (), on="key")
        if (self.near is None) != (self.within is None):
            has, lacks = ("near", "within") if self.within is None else ("within", "near")
            yield Problem("missing-key", f"'{has}' needs '{lacks}'", (has,), on="key")

    def ranges(self) -> tuple[Range | Mapping[str, Range] | None, ...]:
        return self.probability, self.probabilities, self.value

    def problems(self, about: About) -> Iterator[Problem]:
        """Yield what does not fit the answer of the model. Paths start with a key."""
        classified = about.classes != 0
        for key in ("label", "probability", "probabilities"):
            if vars(self)[key] is not None and not classified:
                help_ = f"outputs of the model: {', '.join(about.answers)}"
                yield Problem(
                    "no-effect", f"'{key}' is for classes, but the model has none", (key,), help_, on="key"
                )
                return
        if self.value is not None and classified:
            message = "'value' is for predicted numbers, but the model predicts classes"
            help_ = "use 'label', 'probability' or 'probabilities'"
            yield Problem("no-effect", message, ("value",), help_, on="key")
        if self.probability is not None and about.classes not in (None, 2):
            message = f"'probability' is for two classes, but the target has {about.classes}"
            yield Problem("no-effect", message, ("probability",), "use 'probabilities'", on="key")
        if self.label is not None:
            yield from class_problems(self.label, about, ("label",))
        for name in self.probabilities or ():
            yield from class_problems(name, about, ("probabilities", name), as_text=True)
        if self.near is not None and self.near not in about.tests:
            yield Problem("unknown-test", f"unknown test '{self.near}'", ("near",), named(about.tests))


def named(tests: Mapping[str, Any]) -> str:
    return f"defined: {', '.join(tests)}"


def class_problems(
    value: Any, about: About, at: tuple[str | int, ...], as_text: bool = False
) -> Iterator[Problem]:
    """Yield why a value cannot be a class of the target. The keys of a map are always text."""
    type_ = about.target
    if not as_text and not fits(value, type_):
        message = f"'{at[-1]}' must be {wanted(type_)}, because the target is of dtype {type_.dtype}"
        yield Problem("wrong-value", message, at)
        return
    known: list[Any] = [False, True] if type_.dtype == "bool" else [*(type_.categories or ())]
    texts = [*map(text_of, known)]
    if known and (text_of(value) if as_text else value) not in (texts if as_text else known):
        message = f"'{text_of(value)}' is not one of the classes of the target"
        yield Problem(
            "wrong-value", message, at, f"classes: {', '.join(texts)}", on="key" if as_text else "value"
        )

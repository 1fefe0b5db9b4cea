"""Draws charts as SVG: two axes, and lines, dots and bars between them. Colours come from the style of the page."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from mlbuild.reports.blocks import Number
from mlbuild.reports.writing.html import Html, html, tag

WIDTH, HEIGHT = 340, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 50, 12, 10, 40
#: About how many ticks an axis has.
_TICKS = 5

Point = tuple[float, float]


def ticks(low: float, high: float) -> list[float]:
    """Return round numbers between two ends: multiples of 1, 2 or 5 times a power of ten."""
    width = (high - low) / _TICKS
    if not (width > 0 and math.isfinite(width)):
        return [low]
    power = 10.0 ** math.floor(math.log10(width))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= width * 0.99)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [float(f"{number * step:.12g}") for number in range(first, last + 1)]


def place(value: float) -> str:
    """Format a coordinate."""
    return f"{value:.1f}".removesuffix(".0")


class Plot:
    """A chart between the ends of two axes."""

    def __init__(self, x: Sequence[float], y: Sequence[float]) -> None:
        self._x, self._y = (_wide(min(ends), max(ends)) for ends in (x, y))
        self._drawn: list[Html] = []

    def x(self, value: float) -> float:
        low, high = self._x
        return _LEFT + (value - low) / (high - low) * (WIDTH - _LEFT - _RIGHT)

    def y(self, value: float) -> float:
        low, high = self._y
        return HEIGHT - _BOTTOM - (value - low) / (high - low) * (HEIGHT - _TOP - _BOTTOM)

    def line(self, points: Iterable[Point], kind: str = "line") -> None:
        """Draw a line through points. Its `kind` is a class of the style."""
        self._drawn.append(tag("polyline", points=self._places(points), class_=kind))

    def band(self, low: Sequence[Point], high: Sequence[Point]) -> None:
        """Fill the area between two lines."""
        self._drawn.append(tag("polygon", points=self._places([*low, *reversed(high)]), class_="band"))

    def dot(self, point: Point, kind: str = "dot") -> None:
        x, y = map(place, (self.x(point[0]), self.y(point[1])))
        self._drawn.append(tag("circle", cx=x, cy=y, r="3.5", class_=kind))

    def bar(self, start: float, end: float, height: float) -> None:
        """Draw a bar from the lower end of the axis."""
        top, bottom = self.y(height), self.y(self._y[0])
        left, right = self.x(start), self.x(end)
        self._drawn.append(
            tag(
                "rect",
                x=place(left),
                y=place(top),
                width=place(max(right - left - 0.6, 0.6)),
                height=place(max(bottom - top, 0)),
                class_="bar",
            )
        )

    def svg(self, label: str, x: str, y: str) -> Html:
        """Return the chart; `label` is what it says to people who cannot see it, `x` and `y` name the axes."""
        bottom, middle = HEIGHT - _BOTTOM, _TOP + (HEIGHT - _TOP - _BOTTOM) / 2
        grid = [
            tag("line", x1=_LEFT, x2=WIDTH - _RIGHT, y1=place(self.y(one)), y2=place(self.y(one)))
            for one in ticks(*self._y)
        ]
        marks = [
            *(self._text(Number(one).text, self.x(one), bottom + 14, "middle") for one in ticks(*self._x)),
            *(self._text(Number(one).text, _LEFT - 5, self.y(one) + 3.5, "end") for one in ticks(*self._y)),
            self._text(x, _LEFT + (WIDTH - _LEFT - _RIGHT) / 2, HEIGHT - 6, "middle", "title"),
            tag("text", y, transform=f"translate(11 {place(middle)}) rotate(-90)", class_="title middle"),
        ]
        frame = tag("path", d=f"M{_LEFT} {_TOP}V{bottom}H{WIDTH - _RIGHT}", class_="frame")
        return tag(
            "svg",
            tag("g", *grid, class_="grid"),
            *self._drawn,
            frame,
            tag("g", *marks, aria_hidden="true"),
            viewBox=f"0 0 {WIDTH} {HEIGHT}",
            role="img",
            aria_label=label,
            class_="chart",
        )

    def _text(self, text: str, x: float, y: float, side: str, kind: str = "tick") -> Html:
        return tag("text", text, x=place(x), y=place(y), class_=f"{kind} {side}")

    def _places(self, points: Iterable[Point]) -> str:
        return " ".join(f"{place(self.x(x))},{place(self.y(y))}" for x, y in points)


def _wide(low: float, high: float) -> tuple[float, float]:
    """Return two ends that are not equal."""
    return (low, high) if high > low else (low - 0.5, high + 0.5)


#: The size of a small picture of a distribution, and of an interval.
_SPARK, _SPARK_HEIGHT, _STRIP, _STRIP_HEIGHT = 72, 20, 150, 16


def spark(bars: Sequence[int]) -> Html:
    """Return a small picture of how values are distributed."""
    most, width = max(bars, default=0) or 1, _SPARK / max(len(bars), 1)
    drawn = "".join(
        f"M{place(index * width)} {_SPARK_HEIGHT}v{place(-max(count / most * _SPARK_HEIGHT, 0.5))}"
        f"h{place(max(width - 0.8, 0.4))}V{_SPARK_HEIGHT}z"
        for index, count in enumerate(bars)
        if count
    )
    return tag(
        "svg",
        tag("path", d=drawn, class_="bar"),
        viewBox=f"0 0 {_SPARK} {_SPARK_HEIGHT}",
        class_="spark",
        aria_hidden="true",
    )


def strip(
    scale: tuple[float, float],
    value: float | None,
    interval: Sequence[float] | None,
    reference: float | None = None,
    other: float | None = None,
    tone: str = "",
) -> Html:
    """Return a value on a scale, with its interval, a line at a reference, and another value as a ring."""
    low, high = _wide(*scale)
    middle = _STRIP_HEIGHT / 2

    def x(one: float) -> str:
        return place(4 + min(max((one - low) / (high - low), 0), 1) * (_STRIP - 8))

    drawn: list[str] = [tag("path", d=f"M0 {middle}H{_STRIP}", class_="rail")]
    if reference is not None:
        drawn.append(tag("path", d=f"M{x(reference)} 0V{_STRIP_HEIGHT}", class_="ref"))
    if interval is not None:
        drawn.append(tag("path", d=f"M{x(interval[0])} {middle}H{x(interval[1])}", class_=f"reach {tone}"))
    if other is not None:
        drawn.append(tag("circle", cx=x(other), cy=middle, r=3, class_="ring"))
    if value is not None:
        drawn.append(tag("circle", cx=x(value), cy=middle, r="3.5", class_=f"dot {tone}"))
    box = f"0 0 {_STRIP} {_STRIP_HEIGHT}"
    return tag("svg", html(*drawn), viewBox=box, class_="strip", aria_hidden="true")

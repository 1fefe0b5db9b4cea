"""What can go wrong with the example projects, and what a team that knows its models demands of them besides.

A mutation is a change of the folder of a project: of the spec, of a data file, or of both. Each one makes the model
worse, or gives its answers another meaning.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from tests.projects import SPECS

Mutation = Callable[[Path], object]

#: The output of each project that has tests and gates.
OUTPUTS = {"penguins": "trees", "flights": "late"}
#: What is demanded in addition to the tests and gates of the committed spec. The baseline is the model in use.
DEMANDS = {
    "penguins": (
        (
            "    baseline: {type: model, model: linear}\n",
            "    baseline: {type: channel, name: prod}\n",
        ),
        (
            "inconclusive: pass}\n",
            "inconclusive: pass}\n      - {gate: churn, max: 0.06, split: valid}\n",
        ),
        (
            "  ignores_sex_alone:\n",
            "  a_chinstrap:\n    output: trees\n"
            "    given: {island: Dream, bill_length_mm: 49.5, bill_depth_mm: 18.5, flipper_length_mm: 196,"
            " body_mass_g: 3700, sex: female}\n"
            "    expect: {label: Chinstrap, probabilities: {Chinstrap: {min: 0.95}}}\n  ignores_sex_alone:\n",
        ),
    ),
    "flights": (
        (
            "      - {gate: size, max: 2MB}\n",
            "      - {gate: size, max: 2MB}\n"
            "      - {gate: metric, metric: roc_auc, max: 0.8}   # too good to be true\n"
            "      - {gate: no_worse, metric: {metric: recall, class: true}, margin: 0.1}\n",
        ),
    ),
}
#: One of this many flights is used: the weather of all days remains.
SHARE = 3


def project(name: str, folder: Path) -> Path:
    """Copy a project without the additional demands; return its spec file."""
    shutil.copytree(SPECS / name, folder, ignore=shutil.ignore_patterns("dist", ".mlbuild", "*.lock"))
    if name == "flights":
        flights(lambda rows: rows.gather_every(SHARE))(folder)
    return folder / "mlbuild.yaml"


def edit(*changes: tuple[str, str]) -> Mutation:
    """Replace fragments of the spec, each of which occurs once."""

    def apply(folder: Path) -> None:
        file = folder / "mlbuild.yaml"
        text = file.read_text(encoding="utf-8")
        for old, new in changes:
            assert text.count(old) == 1, (text.count(old), old)
            text = text.replace(old, new)
        file.write_text(text, encoding="utf-8")

    return apply


def table(path: str, change: Callable[[pl.DataFrame], pl.DataFrame]) -> Mutation:
    """Change the rows of a file."""

    def apply(folder: Path) -> None:
        file = folder / "data" / path
        if file.suffix == ".parquet":
            change(pl.read_parquet(file)).write_parquet(file)
            return
        rows = pl.read_csv(file, null_values=["NA"], infer_schema_length=None)
        change(rows).write_csv(file, null_value="NA")

    return apply


def flights(change: Callable[[pl.DataFrame], pl.DataFrame]) -> Mutation:
    return table("flights.parquet", change)


def weather(**columns: pl.Expr) -> Mutation:
    return table("weather.csv", lambda rows: rows.with_columns(**columns))


def penguins(**columns: pl.Expr) -> Mutation:
    return table("penguins.csv", lambda rows: rows.with_columns(**columns))


def params(name: str, text: str) -> Mutation:
    """Add parameters of the trees of a project, or change them."""

    def apply(folder: Path) -> None:
        file = folder / "mlbuild.yaml"
        lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
        new = [line.strip().partition(":")[0] for line in text.split("\n")]
        start = next(at for at, line in enumerate(lines) if line.startswith("      num_iterations:")) - 1
        end = next(at for at in range(start + 1, len(lines)) if not lines[at].startswith("      "))
        kept = [line for line in lines[start + 1 : end] if line.strip().partition(":")[0] not in new]
        added = [f"      {line}\n" for line in text.split("\n")]
        file.write_text("".join([*lines[: start + 1], *kept, *added, *lines[end:]]), encoding="utf-8")

    return apply


def shuffled(column: str, share: float = 1.0) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """Return a change that mixes the values of a column, in a share of the rows."""

    def apply(rows: pl.DataFrame) -> pl.DataFrame:
        chance = np.random.default_rng(3)
        places = np.flatnonzero(chance.random(rows.height) < share)
        order = np.arange(rows.height)
        order[places] = chance.permutation(places)
        return rows.with_columns(rows[column].gather(order))

    return apply


_C = pl.col
_DELAY = _C("arr_delay")
_SPECIES = _C("species")
_NEXT = {"Adelie": "Chinstrap", "Chinstrap": "Gentoo", "Gentoo": "Adelie"}
_SWAPPED = {"Adelie": "Chinstrap", "Chinstrap": "Adelie", "Gentoo": "Gentoo"}
_CODE = _SPECIES.replace_strict({"Adelie": 0, "Chinstrap": 1, "Gentoo": 2})


def _without(*names: str) -> Mutation:
    """Remove inputs of both models of the penguins."""
    return edit(*((f"      - {name}\n", "") for name in names))


PENGUINS: dict[str, Mutation] = {
    "all labels are shuffled": table("penguins.csv", shuffled("species")),
    "half of the labels are shuffled": table("penguins.csv", shuffled("species", 0.5)),
    "a fifth of the labels is shuffled": table("penguins.csv", shuffled("species", 0.2)),
    "every label is the next one": penguins(species=_SPECIES.replace_strict(_NEXT)),
    "two labels are swapped": penguins(species=_SPECIES.replace_strict(_SWAPPED)),
    "two labels are swapped on one island": penguins(
        species=pl.when(_C("island") == "Dream").then(_SPECIES.replace_strict(_SWAPPED)).otherwise(_SPECIES)
    ),
    "the labels of females are wrong": penguins(
        species=pl.when(_C("sex") == "female").then(_SPECIES.replace_strict(_NEXT)).otherwise(_SPECIES)
    ),
    "bills are not inputs": _without("bill_length_mm", "bill_depth_mm"),
    "the length of the bill is not an input": _without("bill_length_mm"),
    "the length of the bill is lost": penguins(bill_length_mm=pl.lit(None, pl.Float64)),
    "the length of the bill is a constant": penguins(bill_length_mm=pl.lit(44.0)),
    "only islands and sexes are left": _without(
        "bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"
    ),
    "bills are in centimeters": penguins(bill_length_mm=_C("bill_length_mm") / 10),
    "bills are in inches": penguins(
        bill_length_mm=_C("bill_length_mm") / 25.4, bill_depth_mm=_C("bill_depth_mm") / 25.4
    ),
    "length and depth are confused": penguins(
        bill_length_mm=_C("bill_depth_mm"), bill_depth_mm=_C("bill_length_mm")
    ),
    "lengths of the bill belong to other birds": table("penguins.csv", shuffled("bill_length_mm")),
    "the sex tells the species": penguins(
        sex=pl.when(_CODE == 0).then(None).when(_CODE == 1).then(pl.lit("female")).otherwise(pl.lit("male"))
    ),
    "the island tells another species": penguins(
        island=_CODE.replace_strict({0: "Biscoe", 1: "Dream", 2: "Torgersen"}, return_dtype=pl.String)
    ),
    "the bill tells the species": penguins(bill_length_mm=_CODE * 30.0 + 1),
    "the island is taken for the species": penguins(
        species=_C("island").replace_strict({"Biscoe": "Adelie", "Dream": "Gentoo", "Torgersen": "Chinstrap"})
    ),
    "it learns nothing": edit(("learning_rate: [0.05, 0.1]", "learning_rate: [0.0001, 0.0002]")),
    "it ends after one tree": params("penguins", "num_iterations: 1"),
    "leaves need nearly all rows": params("penguins", "min_data_in_leaf: 100"),
    "leaves are penalized": params("penguins", "lambda_l2: 10000"),
    "gains are required that do not exist": params("penguins", "min_gain_to_split: 1000"),
    "each tree sees a few rows": params("penguins", "bagging_fraction: 0.03\nbagging_freq: 1"),
    "leaves are cut off": params("penguins", "max_delta_step: 0.001"),
    "it trains on a tenth of the rows": edit(("valid: 0.2", "valid: 0.7")),
    "Chinstraps are rare in training": table(
        "penguins.csv",
        lambda rows: rows.filter((_SPECIES != "Chinstrap") | (pl.int_range(pl.len()) % 9 == 0)),
    ),
    "birds are copied with other labels": table(
        "penguins.csv",
        lambda rows: pl.concat([rows, rows.with_columns(_SPECIES.replace_strict(_NEXT))]),
    ),
}

FLIGHTS: dict[str, Mutation] = {
    "all labels are shuffled": flights(shuffled("arr_delay")),
    "a third of the labels is shuffled": flights(shuffled("arr_delay", 0.35)),
    "the label is flipped": edit(("late: arr_delay > 15", "late: arr_delay <= 15")),
    "late begins at 0 minutes": edit(("late: arr_delay > 15", "late: arr_delay > 0")),
    "late begins at an hour": edit(("late: arr_delay > 15", "late: arr_delay > 60")),
    "delays are in units of 5 minutes": flights(lambda rows: rows.with_columns(_DELAY // 5)),
    "delays have the other sign": flights(lambda rows: rows.with_columns(-_DELAY)),
    "the labels of one airport are flipped": flights(
        lambda rows: rows.with_columns(
            arr_delay=pl.when(_C("origin") == "LGA").then(30 - _DELAY).otherwise(_DELAY)
        )
    ),
    "the labels of one carrier are flipped": flights(
        lambda rows: rows.with_columns(
            arr_delay=pl.when(_C("carrier") == "EV").then(30 - _DELAY).otherwise(_DELAY)
        )
    ),
    "the threshold is flipped": edit(
        ("      false_positive: 1\n", "      false_positive: 3\n"),
        ("      false_negative: 3 ", "      false_negative: 1 "),
    ),
    "the threshold is the default": edit(
        (
            "      type: cost\n      false_positive: 1\n      false_negative: 3 ",
            "      type: fixed\n      value: 0.5 ",
        )
    ),
    "nearly everything is late": edit(("      false_negative: 3 ", "      false_negative: 30 ")),
    "the time is not an input": edit(
        ("      - sched_dep\n", ""),
        (
            "    - op: date_parts\n      columns: sched_dep\n      parts: [hour, minute, weekday]"
            "   # no month, because the training rows do not have the months of the test rows\n",
            "",
        ),
        *((f" sched_dep: {moment},", "") for moment in ("2013-06-12T08:00:00", "2013-07-12T20:00:00")),
    ),
    "the hour is lost": edit(("parts: [hour, minute, weekday]", "parts: [minute, weekday]")),
    "times are in UTC": flights(lambda rows: rows.with_columns(_C("sched_dep").dt.offset_by("5h"))),
    "times are days": flights(lambda rows: rows.with_columns(_C("sched_dep").dt.truncate("1d"))),
    "times belong to other flights": flights(shuffled("sched_dep")),
    "the weather is that of another time": table(
        "weather.csv",
        lambda rows: rows.with_columns(
            **{
                name: _C(name).shift(4000, fill_value=0.0 if name in ("precip", "visib") else None)
                for name in ("temp", "humid", "wind_dir", "wind_speed", "visib", "precip", "pressure")
            }
        ),
    ),
    "temperatures are in Celsius": weather(temp=(_C("temp") - 32) / 1.8),
    "the weather is always the same": weather(
        **dict.fromkeys(("temp", "humid"), pl.lit(55.0)),
        **dict.fromkeys(("wind_speed", "visib"), pl.lit(10.0)),
        precip=pl.lit(0.0),
        pressure=pl.lit(1015.0),
    ),
    "distances tell delays": flights(
        lambda rows: rows.with_columns(distance=_C("distance") + _DELAY.fill_null(0).clip(0, 900) * 10)
    ),
    "destinations tell delays": flights(
        lambda rows: rows.with_columns(dest=pl.when(_DELAY > 15).then(pl.lit("LAX")).otherwise(_C("dest")))
    ),
    "it learns nothing": params("flights", "learning_rate: 0.00001"),
    "it ends after one tree": params("flights", "num_iterations: 1"),
    "it has stumps": params("flights", "num_leaves: 2\nnum_iterations: 20"),
    "leaves need nearly all rows": params("flights", "min_data_in_leaf: 30000"),
    "late flights count ten times": params("flights", "scale_pos_weight: 10"),
    "classes are balanced": params("flights", "is_unbalance: true"),
    "leaves are penalized": params("flights", "lambda_l2: 10000000"),
    "it trains on one week": edit(
        (
            "        where: arr_delay IS NOT NULL\n",
            "        where: arr_delay IS NOT NULL AND time_hour > '2013-09-24'\n",
        )
    ),
}
MUTATIONS = {"penguins": PENGUINS, "flights": FLIGHTS}

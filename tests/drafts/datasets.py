"""Real data sets from packages, as CSV files: their names, and what to predict."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sklearn import datasets as sklearn_datasets

from mlbuild.frozen import frozen

_NAMED_CLASSES = ("iris", "wine", "breast_cancer")


@frozen
class Dataset:
    """A table. `write` writes it to a CSV file; `kind` says why it is included."""

    name: str
    target: str
    kind: str
    write: Callable[[Path], None]
    #: Whether every test run builds it. The others are for the soak.
    always: bool = False


def shipped(package: str, path: str) -> Callable[[Path], None]:
    """Return a CSV file of a package without importing the package, which would import pandas."""

    def write(file: Path) -> None:
        shutil.copyfile(folder_of(package) / path, file)

    return write


def records(package: str, path: str) -> Callable[[Path], None]:
    """Convert a JSON list of flat objects to CSV."""

    def write(file: Path) -> None:
        rows = json.loads((folder_of(package) / path).read_text(encoding="utf-8"))
        write_rows(file, list(rows[0]), [list(row.values()) for row in rows])

    return write


def scikit_learn(name: str) -> Callable[[Path], None]:
    """Return a data set of scikit-learn with its feature names, and with classes by their names."""

    def write(file: Path) -> None:
        found: Any = getattr(sklearn_datasets, f"load_{name}")()
        several = found.target.ndim == 2
        names = [*map(str, found.feature_names), *(found.target_names if several else ["target"])]
        answers = found.target.tolist()
        if name in _NAMED_CLASSES:
            answers = [found.target_names[answer] for answer in answers]
        rows = zip(found.data.tolist(), answers, strict=True)
        write_rows(file, names, [[*row, *(answer if several else [answer])] for row, answer in rows])

    return write


def folder_of(package: str) -> Path:
    found = find_spec(package)
    assert found is not None and found.origin is not None
    return Path(found.origin).parent


def write_rows(file: Path, header: list[str], rows: list[list[Any]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows([header, *rows])


def _stats(name: str) -> Callable[[Path], None]:
    return shipped("statsmodels", f"datasets/{name}")


def _vega(name: str) -> Callable[[Path], None]:
    return (records if name.endswith(".json") else shipped)("vega_datasets", f"_data/{name}")


DATASETS = (
    Dataset(
        "penguins-raw",
        "Species",
        "awkward names, dates, groups, free text, nulls",
        shipped("palmerpenguins", "data/penguins-raw.csv"),
        always=True,
    ),
    Dataset("penguins", "body_mass_g", "nulls in the target", shipped("palmerpenguins", "data/penguins.csv")),
    Dataset("weather", "weather", "dates that are not ISO", _vega("seattle-weather.csv"), always=True),
    Dataset("riots", "type", "63 rows, texts, a date", _vega("la-riots.csv"), always=True),
    Dataset("employment", "nonfarm", "split by time", _vega("us-employment.csv"), always=True),
    Dataset("electricity", "net_generation", "51 rows, years as dates", _vega("iowa-electricity.csv")),
    Dataset("stocks", "price", "dates in words, one feature", _vega("stocks.csv")),
    Dataset("airports", "state", "56 classes, some of one row, codes, NA", _vega("airports.csv")),
    Dataset("cars", "Origin", "nulls, names, dates as texts", _vega("cars.json")),
    Dataset("barley", "yield", "a keyword as a name", _vega("barley.json")),
    Dataset(
        "fertility",
        "2011",
        "wide, years as names, empty columns",
        _stats("fertility/fertility.csv"),
        always=True,
    ),
    Dataset("modes", "choice", "semicolons", _stats("modechoice/modechoice.csv"), always=True),
    Dataset("election", "'vote'", "tabs, quotes in names", _stats("anes96/anes96.csv")),
    Dataset("spector", "'GRADE'", "blanks as delimiters, 32 rows", _stats("spector/spector.csv")),
    Dataset("money", "lrm", "a byte order mark, quarters as texts", _stats("danish_data/data.csv")),
    Dataset("strikes", "duration", "values behind blanks", _stats("strikes/strikes.csv")),
    Dataset("doctors", "mdvis", "tall: 20,190 rows", _stats("randhie/randhie.csv")),
    Dataset("marriages", "rate_marriage", "6,366 rows, five classes as numbers", _stats("fair/fair.csv")),
    Dataset("schools", "MATHTOT", "22 columns, floats that are whole", _stats("star98/star98.csv")),
    Dataset("longley", "TOTEMP", "16 rows", _stats("longley/longley.csv")),
    Dataset("iris", "target", "brackets in names", scikit_learn("iris")),
    Dataset("wine", "target", "a slash in a name", scikit_learn("wine")),
    Dataset("cancer", "target", "30 columns with blanks in their names", scikit_learn("breast_cancer")),
    Dataset("diabetes", "target", "standardised numbers", scikit_learn("diabetes")),
    Dataset("digits", "target", "64 columns, some constant; ten classes", scikit_learn("digits")),
    Dataset(
        "linnerud", "Weight", "20 rows, three columns that could be the target", scikit_learn("linnerud")
    ),
)

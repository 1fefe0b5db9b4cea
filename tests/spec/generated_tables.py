"""Random sources, contracts and datasets in which nothing is wrong."""

from __future__ import annotations

import random

from mlbuild.columns import DTYPES, Schema
from mlbuild.data import DATASET_STEPS, SPLITS
from mlbuild.data.contracts import Contract
from mlbuild.data.formats import FORMATS
from mlbuild.data.table import Table
from mlbuild.diagnostics import Rejected
from mlbuild.params import Json, Object, params_of
from mlbuild.spec.language import DATASET_STEP
from mlbuild.spec.root import SECTION_KEYS
from tests.data.format_law import samples

NAMES = [
    *("age", "bill length", "a.b", "été", "x-1", "1e3", "yes", "null", "select", 'quo"te', "a: b", "-", "~"),
    *(
        "[x]",
        "日本",
        "t",
        "#",
        "0o12",
        "<<",
        "it's",
        "*a",
        "2013-10-01",
        " padded ",
        "TRUE",
        "{}",
        "tab\there",
    ),
]
TEXTS = [
    "a",
    "NA",
    "yes",
    "1e-3",
    "é",
    "it's",
    'say "x"',
    "a: b",
    "two\nlines",
    " x",
    "null",
    "0x1F",
    "${HOME}",
]
#: Bounds of dates and datetimes, in order.
MOMENTS = ["1999-12-31", "2013-10-01", "2020-02-29"]
#: SQL over one column by its dtype; `{}` is the column.
EXPRESSIONS = {
    "bool": ["NOT {}", "CASE WHEN {} THEN 1 ELSE 0.5 END", "{} IS NULL"],
    "int": ["{} + 1", "{} > 3", "{} / 2", "ABS({})", "COALESCE({}, 0)"],
    "float": ["{} * 1e-3", "{} <= 0.5", "CASE WHEN {} > 0 THEN 'p' ELSE 'n' END", "ROUND({})"],
    "string": ["{} = 'a'", "COALESCE({}, 'none')", "{} IN ('a', 'it''s')", "{} IS NOT NULL"],
    "date": ["{} >= '2013-10-01'", "{} IS NULL"],
    "datetime": ["{} < '2013-10-01 12:00:00'", "{} IS NOT NULL"],
}


class Tables:
    """Builds the sections of a spec up to its datasets; `data` are the files of its sources.

    Each dataset has the columns `seen`, `key`, `outcome`, which is for a target, and others.
    """

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.spec: dict[str, Json] = {section: {} for section in SECTION_KEYS}
        self.data: list[str] = []
        self.tables: dict[str, Table] = {}
        self._source("rows", self._main_columns(), unique=self.maybe())
        for number in range(chance.randint(0, 2)):
            self._source(f"other{number}", self._other_columns(), unique=True)
        self._dataset("first", "rows")
        if self.maybe(0.4):
            self._dataset("second", chance.choice(["first", "rows"]))

    def maybe(self, share: float = 0.5) -> bool:
        return self.chance.random() < share

    def _main_columns(self) -> Json:
        names = self.chance.sample(NAMES, self.chance.randint(3, 7))
        columns = {name: self._column(self.chance.choice([*DTYPES])) for name in names}
        columns |= {"key": {"dtype": "int"}, "seen": {"dtype": self.chance.choice(["date", "datetime"])}}
        outcome = self.chance.choice(["bool", "int", "float", "string"])
        columns["outcome"] = {"dtype": outcome, "serving": False}
        if outcome == "string":
            columns["outcome"]["categories"] = ["no", "a", "1"][: self.chance.randint(2, 3)]
        return columns

    def _other_columns(self) -> Json:
        names = self.chance.sample(NAMES, self.chance.randint(1, 3))
        return {"key": {"dtype": "int"}} | {
            name: self._column(self.chance.choice([*DTYPES])) for name in names
        }

    def _column(self, dtype: str) -> Json:
        """A column of a contract, in its long form."""
        column: Json = {"dtype": dtype}
        if self.maybe():
            column["nullable"] = self.maybe(0.7)
        bounds = MOMENTS if dtype in ("date", "datetime") else [-1, 0.5, 1e3]
        if dtype not in ("string", "bool") and self.maybe(0.3):
            low, high = sorted(self.chance.sample(range(3), 2))
            column |= self.chance.choice([{"min": bounds[low]}, {"min": bounds[low], "max": bounds[high]}])
        elif dtype in ("string", "int") and self.maybe(0.4):
            column["categories"] = self.chance.sample(TEXTS[:9] if dtype == "string" else [0, 1, 2, 12], 3)
        if dtype == "string" and self.maybe(0.2):
            column |= {"empty_is_null": False, "null_token": "<missing>"}
        if dtype == "float" and self.maybe(0.2):
            column["finite"] = False
        if self.maybe(0.2):
            column |= {"description": self.chance.choice(TEXTS), "x-unit": {"of": [1, None]}}
        return column

    def _source(self, name: str, columns: Json, unique: bool) -> None:
        contract: Json = {"columns": columns} | ({"unique": ["key"]} if unique else {})
        made: Contract = Object(Contract).read(contract)
        self.tables[name] = made.table(name, ("contracts", f"{name}_contract"))
        short = {key: c["dtype"] if len(c) == 1 and self.maybe(0.7) else c for key, c in columns.items()}
        self.spec["contracts"][f"{name}_contract"] = contract | {"columns": short}
        form = self.chance.choice(FORMATS)
        path = f"data/{name}" + self.chance.choice([*form.suffixes, ".rows"])
        self.data.append(path)
        source: Json = {"path": self._path(path), "contract": f"{name}_contract"}
        if source["path"].endswith(".rows") or self.maybe(0.3):
            source["type"] = form.name()
        for param in params_of(form).values():
            source |= {param.key: self.chance.choice(samples(param))} if self.maybe() else {}
        self.spec["sources"][name] = source

    def _path(self, path: str) -> str:
        return path.replace("data/", "${MLBUILD_NO_SUCH_FOLDER:-data}/") if self.maybe(0.2) else path

    def _dataset(self, name: str, start: str) -> None:
        table, steps = self.tables[start], []
        for kind in self.chance.choices([cls.op for cls in DATASET_STEPS], k=self.chance.randint(0, 4)):
            step = getattr(self, f"_{kind}")(table)
            if step is None:
                continue
            try:
                table = DATASET_STEP.read(step).infer(table, self.tables)
            except Rejected:
                continue
            steps.append(step)
        self.tables[name] = table
        dataset: Json = {"from": start, "split": self._split(table)}
        self.spec["datasets"][name] = dataset | ({"steps": steps} if steps or self.maybe() else {})

    def _join(self, table: Table) -> Json | None:
        others = [name for name in self.tables if name.startswith("other")]
        if not others:
            return None
        step = {
            "op": "join",
            "with": self.chance.choice(others),
            "using": self.chance.choice(["key", ["key"]]),
        }
        options = {"how": self.chance.choice(["left", "inner"]), "prefix": f"j{len(table.columns)}_"}
        return step | options | ({"cardinality": "many_to_one"} if self.maybe() else {})

    def _filter(self, table: Table) -> Json:
        name = self.chance.choice([*table.columns])
        condition = self.chance.choice([f"{_sql(name)} IS NOT NULL", f"{_sql(name)} IS NULL OR TRUE"])
        return {"op": "filter", "where": condition}

    def _derive(self, table: Table) -> Json:
        return derive(table.served, self.chance)

    def _select(self, table: Table) -> Json:
        dropped = self.chance.sample(self._spare(table), min(1, len(self._spare(table))))
        kept = [name for name in table.columns if name not in dropped]
        return {"op": "select", "columns": self.chance.choice([kept, {"except": dropped}])}

    def _rename(self, table: Table) -> Json | None:
        spare = self._spare(table)
        named = {name: f"r{len(table.columns)}.{index}" for index, name in enumerate(spare[:2])}
        return {"op": "rename", "columns": named} if named else None

    def _spare(self, table: Table) -> list[str]:
        """The columns that neither keys, splits nor targets name."""
        return [name for name in table.columns if name not in ("seen", "key", "outcome")]

    def _split(self, table: Table) -> Json:
        cls = self.chance.choice(SPLITS)
        kind = cls.named_by()[1]
        if kind == "time":
            return {"type": "time", "column": "seen", "valid_from": MOMENTS[1], "test_from": MOMENTS[2]}
        key = {"key": self.chance.choice(["key", ["key", "seen"]])} if kind == "hash" else {}
        return (
            {"type": kind}
            | key
            | {"valid": self.chance.choice([0.25, 0, 1e-1])}
            | ({"test": 0.5, "seed": 3} if self.maybe() else {})
        )


def derive(schema: Schema, chance: random.Random) -> Json:
    """A step that derives one or two columns."""
    known = [name for name, type_ in schema.items() if type_.dtype in EXPRESSIONS]
    made = {}
    for number in range(chance.randint(1, 2)):
        name = chance.choice(known or ["none"])
        text = chance.choice(EXPRESSIONS[schema[name].dtype]) if known else "{}"
        made[f"d{len(schema)}.{number}"] = text.format(_sql(name))
    return {"op": "derive", "columns": made}


def _sql(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'

"""Random valid sources, contracts and datasets."""

from __future__ import annotations

import random
from dataclasses import replace

from mlbuild.columns import DTYPES, Schema
from mlbuild.data import DATASET_STEPS, FOLDS, SPLITS
from mlbuild.data.contracts import COLUMN, CONTRACT, Contract
from mlbuild.data.formats import FORMATS
from mlbuild.data.rules import RULES
from mlbuild.data.rules.references import References
from mlbuild.data.splits.from_sources import FromSources
from mlbuild.data.steps.aggregates.aggregate import Aggregate
from mlbuild.data.steps.joins.asof_join import AsofJoin
from mlbuild.data.steps.step import DatasetStep
from mlbuild.data.table import Table
from mlbuild.diagnostics import Rejected
from mlbuild.params import Json, Object, params_of, read
from mlbuild.spec.language import DATASET_STEP, FOLD, SPLIT
from mlbuild.spec.root import SECTION_KEYS
from tests.data.drawn import Drawn
from tests.data.format_law import samples
from tests.spec.sampled import sampled

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
#: The columns of every dataset: for a time split, for joins, for a target.
_ALWAYS = ("seen", "key", "outcome")
_BY_TIME: Json = {"by": ["key"], "time": "seen", "their_time": "since"}  # fits many tables; random keys none


class Tables:
    """Builds the sections of a spec up to its datasets; `data` are the files of its sources.

    Each dataset has the columns `seen`, `key` and `outcome`, which is for a target, and others.
    """

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.spec: dict[str, Json] = {section: {} for section in SECTION_KEYS}
        self.data: list[str] = []
        self.tables: dict[str, Table] = {}
        self._source("rows", self._main_columns(), unique=self.maybe())
        for number in range(chance.randint(0, 2)):
            self._source(f"other{number}", self._other_columns(), unique=True)
        totals = self._totals()
        self._dataset("first", "rows")
        if self.maybe(0.4):
            self._dataset("second", chance.choice(["first", "rows"]))
        steps = [step for dataset in self.spec["datasets"].values() for step in dataset.get("steps", ())]
        if any(step.get("with") == "other_totals" for step in steps):
            self.spec["datasets"]["other_totals"] = {"from": "rows", "steps": [totals]}
        else:
            del self.tables["other_totals"]

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
        some = self.chance.sample(NAMES, self.chance.randint(1, 3))
        columns = {name: self._column(self.chance.choice([*DTYPES]), refers=True) for name in some}
        return (
            {"key": {"dtype": "int"}} | ({"since": {"dtype": "datetime"}} if self.maybe() else {}) | columns
        )

    def _column(self, dtype: str, refers: bool = False) -> Json:
        """Return a column of a contract, in its long form. If it `refers`, it can reference the source `rows`."""
        column: Json = {"dtype": dtype}
        if self.maybe():
            column["nullable"] = self.maybe(0.7)
        bounds = MOMENTS if dtype in ("date", "datetime") else [-1, 0.5, 1e3]
        if dtype not in ("string", "bool") and self.maybe(0.3):
            low, high = sorted(self.chance.sample(range(3), 2))
            column |= self.chance.choice([{"min": bounds[low]}, {"min": bounds[low], "max": bounds[high]}])
        elif dtype in ("string", "int") and self.maybe(0.4):
            column["categories"] = self.chance.sample(TEXTS[:9] if dtype == "string" else [0, 1, 2, 12], 3)
        for rule in self.chance.sample(RULES, len(RULES)):
            fitting = [one.column for one in rule.examples if one.column["dtype"] == dtype]
            if rule is References:
                key = {"references": {"source": "rows", "column": "key"}}
                fitting = [{"dtype": dtype, **key}] if refers and dtype == "int" else []
            if fitting and self.maybe(0.2):
                ruled = self._referring({**column, **self.chance.choice(fitting)})
                column = column if ruled is None or any(read(COLUMN, ruled).check()) else ruled
        if dtype == "string" and "categories" not in column and self.maybe(0.2):
            column |= {"empty_is_null": False, "null_token": "<missing>"}
        if dtype == "float" and self.maybe(0.2):
            column["finite"] = False
        if self.maybe(0.2):
            column |= {"description": self.chance.choice(TEXTS), "x-unit": {"of": [1, None]}, "private": True}
        return column

    def _referring(self, column: Json) -> Json | None:
        """Let a column that refers to another one refer to one of the sources so far; None if none is suitable."""
        if "references" not in column:
            return column
        there = [
            {"source": source, "column": name}
            for source, table in self.tables.items()
            for name, type_ in table.served.items()
            if type_.dtype == column["dtype"]
        ]
        return {**column, "references": self.chance.choice(there)} if there else None

    def _source(self, name: str, columns: Json, unique: bool) -> None:
        contract: Json = {"columns": columns} | ({"unique": ["key"]} if unique else {})
        contract |= {"rows": {"min": 0}} if len(columns) % 3 == 0 else {}
        where = {"c-1": {"where": '"key" >= 0', "severity": "warn"}, "c_2": {"table": 'SUM("key") > 1'}}
        contract |= {"checks": where} if len(columns) % 2 == 0 else {}
        made: Contract = Object(CONTRACT).read(contract)
        self.tables[name] = made.table(name, ("contracts", f"{name}_contract"))
        short = {key: c["dtype"] if len(c) == 1 and self.maybe(0.7) else c for key, c in columns.items()}
        self.spec["contracts"][f"{name}_contract"] = contract | {"columns": short}
        self.spec["sources"][name] = self._fetched(name) if self.maybe(0.1) else self._stored(name, columns)
        self.spec["sources"][name] |= {"contract": f"{name}_contract"}

    def _fetched(self, name: str) -> Json:
        """Return a source in a database or a lake."""
        if self.maybe(0.3):
            self.data.append(f"data/{name}.delta/_delta_log/0.json")
            source: Json = {"type": "delta", "path": f"data/{name}.delta"}
            return source | self.chance.choice([{"version": 0}, {"refresh": "1h"}, {}])
        path = f"data/{name}.db"
        self.data.append(path)
        if self.maybe(0.3):
            source = {"type": "iceberg", "connection": f"sqlite:///{path}", "table": f"shop.{name}"}
            return source | self.chance.choice([{"snapshot": 7}, {"refresh": "1h"}, {}])
        source = {"type": "sql", "connection": f"sqlite:///{path}"}
        source |= self.chance.choice([{"table": name}, {"query": f"SELECT * FROM {name}"}])
        source |= {"refresh": self.chance.choice(["always", "never", "90min"])} if self.maybe() else {}
        return source | ({"version_query": "PRAGMA user_version"} if self.maybe() else {})

    def _stored(self, name: str, columns: Json) -> Json:
        """Return a source in a file."""
        form = self.chance.choice(FORMATS)
        path = f"data/{name}" + self.chance.choice([*form.suffixes, ".rows"])
        self.data.append(path)
        source: Json = {"path": self._path(path)}
        if source["path"].endswith(".rows") or self.maybe(0.3):
            source["type"] = form.type
        for param in params_of(form).values():
            if self.maybe():
                drawn = self._readings(columns) if param.key == "read" else self.chance.choice(samples(param))
                source[param.key] = drawn
        return source

    def _readings(self, columns: Json) -> Json:
        """Return how to read some of the columns, with keys that have an effect on their dtypes."""
        names = self.chance.sample([*columns], self.chance.randint(1, min(3, len(columns))))
        return {name: self._reading(columns[name]["dtype"]) for name in names}

    def _reading(self, dtype: str) -> Json:
        every: list[Json] = [
            {"from": self.chance.choice(TEXTS)},
            {"null_values": ["-", "none"]},
            {"prefix": "$"},
            {"suffix": ["%", ""]},
        ]
        own: dict[str, list[Json]] = {
            "bool": [{"true": "yes", "false": ["no", ""]}],
            "date": [{"format": "%d.%m.%Y"}],
            "datetime": [{"format": "%d.%m.%Y %H:%M"}, {"time_zone": "Europe/Berlin", "ambiguous": "later"}],
            "int": [{"thousands": " "}],
            "float": [{"decimal": ","}, {"thousands": " "}],
        }
        usable = [*every, *own.get(dtype, [])]
        chosen = self.chance.sample(usable, self.chance.randint(0, len(usable)))
        return {key: value for one in chosen for key, value in one.items()}

    def _path(self, path: str) -> str:
        return path.replace("data/", "${MLBUILD_NO_SUCH_FOLDER:-data}/") if self.maybe(0.2) else path

    def _dataset(self, name: str, start: str) -> None:
        table, steps = self.tables[start], []
        for cls in self.chance.choices(DATASET_STEPS, k=self.chance.randint(0, 4)):
            made = self._step(cls, table)
            if made is not None:
                steps.append(made[0])
                table = made[1]
        dataset: Json = {"from": start, "split": self._split(start, table, steps)}
        chance = random.Random(repr(dataset))
        if chance.random() < 0.5:
            dataset["folds"] = _folds(table, chance)
        if chance.random() < 0.5:
            dataset["cluster"] = chance.choice([*table.trained])
        if dataset["split"]["type"] == "sources":
            # The rows of several sources are not unique in anything, except after steps that make them unique.
            table = replace(self.tables[start], unique=())
            for step in steps:
                table = DATASET_STEP.read(step).infer(table, self.tables)
        self.tables[name] = table
        self.spec["datasets"][name] = dataset | ({"steps": steps} if steps or self.maybe() else {})

    def _totals(self) -> Json:
        """Return a step that makes a table with one row for each key, which datasets can join."""
        table = self.tables["rows"]
        while True:
            draw = Drawn(table.served, (), self.chance).of
            made = sampled(Aggregate, self.chance, {"op": "aggregate", "by": ["key"]}, draw=draw)
            try:
                self.tables["other_totals"] = DATASET_STEP.read(made).infer(table, {})
                return made or {}
            except Rejected:
                continue

    def _step(self, cls: type[DatasetStep], table: Table) -> tuple[Json, Table] | None:
        """Return a random step that keeps the columns that all datasets have, and the table after it."""
        others = [name for name in self.tables if name.startswith("other")]
        alike = [name for name, one in self.tables.items() if {*one.columns} == {*table.columns}]
        draw = Drawn(table.served, others, self.chance, alike).of
        for _ in range(90):
            given = {"op": cls.op} | (_BY_TIME if cls is AsofJoin and self.maybe() else {})
            step = sampled(cls, self.chance, given, share=0.6, draw=draw)
            try:
                after = DATASET_STEP.read(step).infer(table, self.tables) if step else None
            except Rejected:
                continue
            kept = after and {*_ALWAYS} <= {*after.columns} and after.nodes(_ALWAYS) == table.nodes(_ALWAYS)
            if step and after and kept:
                return step, after
        return None

    def _split(self, start: str, table: Table, steps: list[Json]) -> Json:
        """Return a random split that is valid for the table."""
        while True:
            cls = self.chance.choice(SPLITS)
            if cls is FromSources:
                # The rows of several sources are not unique in anything, and none comes from only one of them.
                unlike = {"aggregate", "one_to_one"}
                together = any(unlike & {step["op"], step.get("cardinality")} for step in steps)
                if start == "rows" and not together and "later" not in self.spec["sources"]:
                    self.spec["sources"]["later"] = dict(self.spec["sources"]["rows"])
                    return {"type": "sources", self.chance.choice(["valid", "test"]): "later"}
                continue
            draw = Drawn(table.trained, (), self.chance).of
            for _ in range(30):
                split = sampled(cls, self.chance, {"type": cls.named_by()[1]}, share=0.5, draw=draw)
                try:
                    if split:
                        SPLIT.read(split).infer(table)
                        return split
                except Rejected:
                    continue


def _folds(table: Table, chance: random.Random) -> Json:
    """Return random folds that are valid for the table."""
    draw = Drawn(table.trained, (), chance).of
    while True:
        cls = chance.choice(FOLDS)
        folds = sampled(cls, chance, {"type": cls.named_by()[1], "count": 2}, share=0.5, draw=draw)
        try:
            if folds:
                FOLD.read(folds).infer(table)
                return folds
        except Rejected:
            continue


def derive(schema: Schema, chance: random.Random) -> Json:
    """Return an op that derives one or two columns."""
    made = [f"d{len(schema)}.{number}" for number in range(chance.randint(1, 2))]
    drawn = Drawn(schema, (), chance)
    return {"op": "derive", "columns": {name: drawn.expression() for name in made}}

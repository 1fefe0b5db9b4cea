"""Compares logged answers with those that the models give again, bit for bit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mlbuild.bundle.opened import Opened
from mlbuild.frozen import frozen
from mlbuild.kinds import Json
from mlbuild.monitoring.log import lines_of
from mlbuild.serving.outputs import Output
from mlbuild.serving.replay.answering import Answering, doubles, wrong_places

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

#: How many rows are answered at once, which limits the memory.
_AT_ONCE = 1 << 14
#: How many values that differ are kept.
_KEPT = 20
#: What a record must have, and of which types.
_KEYS: Mapping[str, type] = {"model": str, "id": str, "row": int, "inputs": dict, "outputs": dict}


@frozen
class Different:
    """A logged value that the model does not give again."""

    id: str
    row: int
    digest: str
    output: str
    logged: Any
    answered: Any

    def to_json(self) -> Json:
        told = {"id": self.id, "row": self.row, "model": self.digest, "output": self.output}
        return told | {"logged": self.logged, "answered": self.answered}


@frozen
class Skew:
    """What comes out if logged rows are answered again.

    `outputs` has the number of values that differ by column, and `largest` the largest difference of those that are finite
    numbers. `examples` are the first ones. The others could not be compared: `absent` has the rows of models that are not at
    hand by their digests; `withheld` rows lack the values of `columns`, which are not logged; and `unfit` rows have values that their model
    cannot have. `shares` are the shares of the requests that are logged, if not all are.
    """

    rows: int
    different: int
    outputs: Mapping[str, int]
    largest: Mapping[str, float]
    examples: tuple[Different, ...]
    absent: Mapping[str, int]
    withheld: int
    columns: tuple[str, ...]
    unfit: int
    shares: tuple[float, ...]

    def to_json(self, *, samples: bool) -> Json:
        outputs = [
            {"name": name, "rows": rows, "largest_difference": self.largest.get(name)}
            for name, rows in self.outputs.items()
        ]
        return {
            "rows": self.rows,
            "different": self.different,
            "outputs": outputs,
            "examples": [one.to_json() for one in self.examples] if samples else [],
            "not_compared": {
                "models_not_at_hand": dict(self.absent),
                "values_not_logged": {"rows": self.withheld, "columns": list(self.columns)},
                "values_that_do_not_fit": self.unfit,
            },
            "shares": list(self.shares),
        }


def skew_of(records: Iterable[Json], find: Callable[[str], Opened | None]) -> Skew:
    """Answer the records of a log again. `find` returns the model with a digest; None if it is not at hand.

    Raises:
        NotOurs: onnxruntime cannot run a model.
    """
    replay = _Replay(find)
    waiting: dict[str, list[Json]] = {}
    for record in records:
        rows = waiting.setdefault(record["model"], [])
        rows.append(record)
        if len(rows) == _AT_ONCE or not replay.has(record["model"]):
            replay.add(record["model"], waiting.pop(record["model"]))
    for digest, rows in waiting.items():
        replay.add(digest, rows)
    return replay.skew


def records_in(content: bytes) -> Iterator[Json]:
    """Yield the records in the lines of a log that can be read."""
    for record in lines_of(content):
        if record is not None and all(type(record.get(key)) is kind for key, kind in _KEYS.items()):
            yield record


class _Replay:
    """Compares rows, and keeps what it finds."""

    def __init__(self, find: Callable[[str], Opened | None]) -> None:
        self._find = find
        self._models: dict[str, Answering | None] = {}
        self._rows = self._different = self._withheld = self._unfit = 0
        self._outputs: Counter[str] = Counter()
        self._largest: dict[str, float] = {}
        self._examples: list[Different] = []
        self._absent: Counter[str] = Counter()
        self._columns: set[str] = set()
        self._shares: set[float] = set()

    @property
    def skew(self) -> Skew:
        return Skew(
            self._rows,
            self._different,
            dict(sorted(self._outputs.items())),
            self._largest,
            tuple(self._examples),
            dict(self._absent.most_common()),
            self._withheld,
            tuple(sorted(self._columns)),
            self._unfit,
            tuple(sorted(self._shares)),
        )

    def has(self, digest: str) -> bool:
        """Whether the model with a digest is at hand."""
        return self._model(digest) is not None

    def add(self, digest: str, records: Sequence[Json]) -> None:
        """Compare rows that a model answered."""
        self._shares |= {one["share"] for one in records if isinstance(one.get("share"), (int, float))}
        model = self._model(digest)
        if model is None:
            self._absent[digest] += len(records)
            return
        whole = [one for one in records if model.names <= one["inputs"].keys() and one["outputs"]]
        if len(whole) < len(records):
            self._withheld += len(records) - len(whole)
            self._columns |= {name for one in records for name in model.names - one["inputs"].keys()}
        fitting, values = model.read(whole)
        self._unfit += len(whole) - len(fitting)
        self._rows += len(fitting)
        self._different += self._compare(model, fitting, model.answers(values, len(fitting)))

    def _model(self, digest: str) -> Answering | None:
        if digest not in self._models:
            found = self._find(digest)
            self._models[digest] = Answering(found) if found else None
        return self._models[digest]

    def _compare(self, model: Answering, records: Sequence[Json], answers: Mapping[str, Array]) -> int:
        """Return how many rows differ."""
        import numpy as np

        differs = np.zeros(len(records), bool)
        for output in model.outputs:
            for place, name in enumerate(output.columns):
                logged = np.flatnonzero([name in one["outputs"] for one in records])
                wanted = [records[row]["outputs"][name] for row in logged.tolist()]
                got = answers[output.name][logged, place]
                wrong = wrong_places(output, got, wanted)
                differs[logged[wrong]] = True
                self._keep(model, output, name, [records[row] for row in logged[wrong].tolist()], got[wrong])
        return int(differs.sum())

    def _keep(
        self, model: Answering, output: Output, name: str, records: Sequence[Json], answers: Array
    ) -> None:
        if not records:
            return
        self._outputs[name] += len(records)
        values = [one["outputs"][name] for one in records]
        if output.element == "double":
            import numpy as np

            with np.errstate(invalid="ignore"):
                apart = np.abs(answers - doubles(values))
            apart = apart[np.isfinite(apart)]
            if len(apart):
                self._largest[name] = max(self._largest.get(name, 0.0), float(apart.max()))
        told = [None if value != value else value for value in output.logged(answers)]
        for record, value, answer in zip(records, values, told, strict=True):
            if len(self._examples) == _KEPT:
                return
            self._examples.append(Different(record["id"], record["row"], model.digest, name, value, answer))

"""The properties that every learner must have. Each test takes a class and raises AssertionError if it fails.

The tests use only what a learner declares: the features that it accepts, its answer, its parameters, and the
metrics that it watches.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from inspect import isfunction
from itertools import chain, combinations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import polars as pl

from mlbuild.columns import DTYPES, INTERNAL, ColumnType, Schema
from mlbuild.models.learner import Learner
from mlbuild.models.metrics import METRICS
from mlbuild.models.training import EarlyStopping, Rows
from mlbuild.params import Boolean, Param, params_of, read, write
from tests.budget import examples
from tests.models.artifacts import outputs_in_file
from tests.models.attempts import (
    at_most_data_failure,
    close,
    first_rows,
    no_failure,
    problems,
    same_in_the_file,
    typed,
    variants,
    widths,
)
from tests.models.ends import ends
from tests.models.requests import Asked, asked, columns, hard_rows, of_target, target_of
from tests.models.samples import MIXED, features

Law = Callable[[type[Learner]], None]
#: A number of rows that makes a second thread worthwhile.
_MANY = 20_001


def predicts_what_its_file_answers(cls: type[Learner]) -> None:
    for learner in (cls(), *variants(cls, examples(3, 100))):
        for one in asked(cls):
            with at_most_data_failure():
                same_in_the_file(learner, learner.fit(one.training), one, hard_rows(one.rows))


def learns(cls: type[Learner]) -> None:
    """On informative features it is better than any constant, and no class is forgotten.

    Of a learner of classes, this is about what it decides: probabilities need not be calibrated. Those of a naive
    Bayes classifier can be worse than a constant, although the classes are right.
    """
    for one in asked(cls, 400):
        scores = cls().predict(cls().fit(one.training), one.rows, 1)
        target, count, loss = one.training.target, one.training.classes, cls.answer.loss
        constants = [np.tile(row, (len(target), 1)) for row in cls.answer.constants(target, count)]
        usual = cls.answer.default_metrics(count) if cls.answer.decides else ()
        for metric in [name for name in usual if name != loss] or [loss]:
            measure = METRICS.named(metric)()
            found = [measure.value(target, some, count) for some in (scores, *constants)]
            distances = [measure.distance(value) for value in found if value is not None]
            assert len(distances) == len(found) and distances[0] < min(distances[1:]), f"{metric}: {found}"
        assert not count or {*scores.argmax(axis=1).tolist()} == {*range(count)}, "a class is never predicted"


def gives_the_outputs_of_its_answer(cls: type[Learner]) -> None:
    for one in asked(cls, 60):
        outputs = cls.answer.outputs(one.coding)
        given = cls.answer.apply(cls().predict(cls().fit(one.training), one.rows, 1), one.coding)
        assert [*given] == [output.name for output in outputs] == [*cls.answer.names()]
        for output in outputs:
            assert given[output.name].shape == (60, output.width), output.name
            assert (given[output.name].dtype.kind == "f") == (output.element == "double"), output.name
            if output.classes:
                assert ((given[output.name] >= 0) & (given[output.name] <= 1)).all(), output.name


def gives_the_same_outputs_in_the_file(cls: type[Learner]) -> None:
    """Also for equal scores, and for scores that are not numbers."""
    for one in asked(cls, 60):
        scores = cls().predict(cls().fit(one.training), one.rows, 1)
        odd = [np.full_like(scores[:1], value) for value in (0.5, 0.0, 1.0, np.nan)]
        scores = np.concatenate([scores, *odd])
        codings = [one.coding]
        if cls.answer.decides and len(one.coding.classes) == 2:
            codings.append(replace(one.coding, threshold=float(scores[0, 1])))
        for coding in codings:
            native, found = cls.answer.apply(scores, coding), outputs_in_file(cls.answer, scores, coding)
            assert [*native] == [*found]
            for name, values in native.items():
                same = np.array_equal if values.dtype.kind != "f" else close
                assert same(values, found[name].astype(values.dtype)), f"{name}: {values} {found[name]}"


def does_not_depend_on_threads(cls: type[Learner]) -> None:
    one = next(asked(cls, _MANY))
    fitted, again = (cls().fit(replace(one.training, threads=threads)) for threads in (1, 2))
    assert fitted == again, "what is learned depends on the number of threads"
    alone, shared = (cls().predict(fitted, one.rows, threads) for threads in (1, 2))
    assert np.array_equal(alone, shared), "predictions depend on the number of threads"


def repeats_itself(cls: type[Learner]) -> None:
    """The same rows give the same bytes, whatever their chunks and the other columns are."""
    for learner in (cls(), *variants(cls, examples(2, 20))):
        one = next(asked(cls, 120))
        first = learner.fit(one.training)
        frame = one.rows.features
        chunked = pl.concat([frame[:50], frame[50:]], rechunk=False).with_columns(other=pl.lit("text"))
        again = learner.fit(replace(one.training, rows=Rows(chunked, one.rows.schema)))
        assert first == again
        scores = learner.predict(first, one.rows, 1)
        assert np.array_equal(scores, learner.predict(first, Rows(chunked, one.rows.schema), 1))


def leaves_its_rows_alone(cls: type[Learner]) -> None:
    for one in asked(cls, 80):
        arrays = one.training.target.copy(), np.linspace(0.5, 1.5, 80)
        before = [array.copy() for array in arrays]
        frame = one.rows.features.clone()
        cls().predict(cls().fit(replace(one.training, target=arrays[0], weight=arrays[1])), one.rows, 1)
        assert all(np.array_equal(*both) for both in zip(before, arrays, strict=True))
        assert frame.equals(one.rows.features)


def says_that_there_are_no_rows(cls: type[Learner]) -> None:
    for one in asked(cls, 60):
        empty = replace(one.training, rows=first_rows(one.rows, 0), target=one.training.target[:0])
        with at_most_data_failure():
            cls().fit(empty)
            raise AssertionError("it learns from no row")
        fitted = cls().fit(one.training)
        assert cls().predict(fitted, first_rows(one.rows, 0), 1).shape == (0, one.width)


def answers_one_row_as_among_others(cls: type[Learner]) -> None:
    for one in asked(cls, 60):
        fitted = cls().fit(one.training)
        alone = cls().predict(fitted, Rows(one.rows.features[7:8], one.rows.schema), 1)
        assert np.array_equal(alone, cls().predict(fitted, one.rows, 1)[7:8])


def explains_its_scores(cls: type[Learner]) -> None:
    """The contributions of a row add up to what its scores follow from, alone and among others; those of no row, too."""
    for learner in (cls(), *variants(cls, examples(3, 100))):
        for one in asked(cls, 60):
            with at_most_data_failure():
                fitted = learner.fit(one.training)
                if not cls.explains:
                    continue
                for rows in (one.rows, hard_rows(one.rows), first_rows(one.rows, 1), first_rows(one.rows, 0)):
                    _adds_up(learner, fitted, rows)


def _adds_up(learner: Learner, fitted: bytes, rows: Rows) -> None:
    told = learner.contributions(fitted, rows)
    assert told.values.shape == (rows.features.height, len(told.expected), sum(widths(rows)))
    assert np.array_equal(told.expected, learner.contributions(fitted, first_rows(rows, 0)).expected)
    scores = learner.predict(fitted, rows, 1)
    with np.errstate(all="ignore"):
        sums, largest = told.sums, np.abs(told.values).max(axis=(1, 2), initial=1.0)
        # The scores of a model that diverges are much larger than what the features contribute to them.
        allowed = 1e-9 * np.maximum(largest[:, None], np.abs(scores))
        wrong = np.abs(learner.link(fitted, sums) - scores) > allowed
    assert not wrong[np.isfinite(sums).all(axis=1)].any()
    assert told.scale


def takes_one_row_and_targets_that_never_vary(cls: type[Learner]) -> None:
    """It learns a constant, or gives a clear reason why it cannot."""
    for one in asked(cls, 60):
        for count, target in ((1, one.training.target[:1]), (60, one.training.target[:1].repeat(60, axis=0))):
            rows = first_rows(one.rows, count)
            with at_most_data_failure():
                fitted = cls().fit(replace(one.training, rows=rows, target=target))
                same_in_the_file(cls(), fitted, one, rows)


def refuses_weights_that_cannot_be(cls: type[Learner]) -> None:
    one = next(asked(cls, 30))
    for wrong in (-1.0, np.nan, np.inf):
        weight = np.ones(30)
        weight[3] = wrong
        with at_most_data_failure():
            cls().fit(replace(one.training, weight=weight))
            raise AssertionError(f"it learns with a weight of {wrong}")


def foretells_what_it_learns_from(cls: type[Learner]) -> None:
    """`infer` accepts what the class declares and nothing else, and what it accepts can be learned from."""
    target = next(asked(cls, 80)).target
    for dtype in (*DTYPES, *INTERNAL):
        for nullable in (False, True):
            schema = Schema({"x": ColumnType(dtype, nullable)})
            plain = dtype in ("bool", "int", "float") or dtype in cls.accepts
            declared = plain and (not nullable or "null" in cls.accepts)
            refused = problems(cls(), schema, target)
            assert declared == (not refused), f"{schema}: {refused or 'taken'}"
            assert all(at[:2] == ("features", "x") for at, _ in refused)
            if declared:
                _learned_alone(cls, schema)
    for dtype in DTYPES:
        refused = problems(cls(), columns(cls), ColumnType(dtype))
        assert (dtype in cls.answer.dtypes) == (not refused), f"target {dtype}: {refused or 'taken'}"
        assert all(at[0] == "target" for at, _ in refused)


def trains_at_the_ends_of_its_parameters(cls: type[Learner]) -> None:
    """The bounds of a parameter are themselves valid values."""
    requests = [*asked(cls, 60)]
    for params, learner in ends(cls):
        for one in requests:
            if problems(learner, one.rows.schema, typed(one)):
                continue
            try:
                with at_most_data_failure():
                    fitted = learner.fit(replace(one.training, stopping=_soon(learner, one)))
                    same_in_the_file(learner, fitted, one, first_rows(one.rows, 20))
            except AssertionError as error:
                raise AssertionError(f"{params}: {error}") from error


def _soon(learner: Learner, one: Asked) -> EarlyStopping | None:
    """Return early stopping on uninformative rows, so that any number of rounds ends soon."""
    if not learner.iterative:
        return None
    metric = next(iter(learner.watches(one.training.classes)))
    chance = np.random.default_rng(0).permutation(one.training.target)
    return EarlyStopping(one.rows, chance, 1, metric)


def refuses_parameters_with_a_way_out(cls: type[Learner]) -> None:
    """Another spelling leads to a parameter. If the reason for a refusal names parameters, these can be set."""
    own = params_of(cls)
    assert {*cls.aliases.values()} <= {*own} and not {*cls.aliases, *cls.refused} & {*own}
    for refused, why in cls.refused.items():
        told = [part.partition(": ") for part in re.findall(r"'([^']+)'", why)]
        named = {key: value for key, _, value in told if key in own}
        if not named:
            continue
        for one in asked(cls, 30):
            ways = chain.from_iterable(combinations(named.items(), size + 1) for size in range(len(named)))
            assert any(_open(cls, dict(way), one) for way in ways), f"{refused}: {why}, with {one.coding}"


def _open(cls: type[Learner], way: Mapping[str, str], one: Asked) -> bool:
    """Whether parameters can be set together: to the given values, or else to other values than the default."""
    values = {key: value or _other(params_of(cls)[key]) for key, value in way.items()}
    learner = read(cls, values)
    return not [*learner.check(), *problems(learner, one.rows.schema, typed(one))]


def _other(param: Param) -> Any:
    return not param.default if isinstance(param.kind, Boolean) else 2 * (param.default or 1)


def survives_being_written(cls: type[Learner]) -> None:
    """Parameters and fitted bytes are complete: another instance makes the same predictions."""
    for learner in (cls(), *variants(cls, examples(3, 100))):
        written = json.loads(json.dumps(write(learner)))
        assert written["type"] == cls.type
        again = read(cls, written)
        assert again == learner and write(again) == write(learner)
        first, second = (next(asked(cls, 60, seed)) for seed in (0, 1))
        with at_most_data_failure():  # some parameters do not accept every target
            fitted = learner.fit(first.training)
            assert isinstance(fitted, bytes)
            scores = learner.predict(fitted, first.rows, 1)
            again.predict(again.fit(second.training), second.rows, 1)
            assert np.array_equal(again.predict(fitted, first.rows, 1), scores)
            columns = [f"c{place}" for place in range(sum(widths(first.rows)))]
            told = learner.describe(fitted, columns, first.coding)
            assert json.loads(json.dumps(told)) == told


def learns_the_same_from_bins(cls: type[Learner]) -> None:
    one = next(asked(cls, 120))
    if cls().binning() is None:
        return
    with TemporaryDirectory() as folder:
        bins = Path(folder) / "bins"
        cls().bin(one.rows, 0, 1, bins)
        blind = replace(one.training, rows=Rows(pl.DataFrame(), one.rows.schema), bins=bins)
        assert cls().fit(blind) == cls().fit(one.training)


def watches_metrics_of_its_answer(cls: type[Learner]) -> None:
    """The metrics that it watches are in the catalogue, match the number of classes, and end training."""
    assert bool(cls.watches(None)) == cls().iterative
    for one in asked(cls, 120):
        count = one.training.classes
        assert {*cls.watches(count)} <= {*cls.watches(None)}
        for name in cls.watches(count):
            assert METRICS.named(name)().applies(cls.answer, count), name
            held_out = replace(one.training, stopping=EarlyStopping(one.rows, one.training.target, 2, name))
            cls().fit(held_out)


def probes_itself(cls: type[Learner]) -> None:
    one = next(asked(cls, 120))
    fitted = cls().fit(one.training)
    width = sum(widths(one.rows))
    probe, again = (cls().probe(fitted, one.rows.schema, width) for _ in range(2))
    assert probe.rows.shape == (len(probe.rows), width) and probe.rows.dtype == np.float64
    assert np.array_equal(probe.rows, again.rows, equal_nan=True)
    assert 0 < probe.asked <= probe.places


def _learned_alone(cls: type[Learner], schema: Schema) -> None:
    """Learn from a single column of this type, with missing values if it can have them."""
    (type_,) = schema.values()
    frame = features(80)
    name = next(name for name, one in MIXED.items() if one.dtype == type_.dtype)
    column = frame[name].alias("x")
    if not isinstance(column.dtype, pl.Array):
        filled = column.fill_null(strategy="forward").fill_null(strategy="backward")
        column = filled.set(pl.Series(range(80)) % 5 == 0, None) if type_.nullable else filled
    rows = Rows(pl.DataFrame({"x": column}), schema)
    dtype = cls.answer.dtypes[0]
    one = of_target(cls, rows, target_of(frame, dtype))
    assert not problems(cls(), schema, one.target)
    with no_failure():
        same_in_the_file(cls(), cls().fit(one.training), one, rows)


#: The tests by name: all functions above without an underscore.
LAWS: dict[str, Law] = {
    name: law
    for name, law in globals().items()
    if isfunction(law) and law.__module__ == __name__ and name[0] != "_"
}

"""`mlbuild monitor`: the log of a model, compared with its training rows."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import log_loss, roc_auc_score

from tests.cli.running import Command
from tests.monitoring.logs import START, records, write_log
from tests.projects import built as build
from tests.reports.pages import Page

#: A thousand customers with the number of their orders, half of whom stay.
SPEC = """\
mlbuild: 1
project: stays
sources: {customers: {path: customers.csv, contract: customer}}
contracts:
  customer:
    columns:
      country: {dtype: string, categories: [AT, CH, DE]}
      orders: {dtype: int, min: 0}
      spent: {dtype: float, nullable: true}
      stays: bool
datasets: {all: {from: customers, split: {type: random, test: 0.2}}}
models:
  stays: {type: sklearn.logistic_regression, dataset: all, features: [country, orders, spent], preprocessing: [
    {op: one_hot, columns: country}, {op: impute, columns: spent, strategy: mean}, {op: standard, columns: [orders, spent]}], target: stays}
outputs: {stays: {model: stays}}
"""


def customers(count: int, seed: int) -> list[dict[str, Any]]:
    rng = np.random.default_rng(seed)
    orders = rng.poisson(6, count)
    spent = rng.lognormal(3, 1, count).round(2)
    countries = rng.choice(["AT", "CH", "DE"], count, p=[0.2, 0.1, 0.7])
    return [
        {"country": str(country), "orders": int(number), "spent": None if empty else float(amount)}
        for country, number, amount, empty in zip(
            countries, orders, spent, rng.uniform(size=count) < 0.05, strict=True
        )
    ]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("monitor")
    rng = np.random.default_rng(99)  # not the numbers of the random split
    lines = ["country,orders,spent,stays"]
    for one in customers(5_000, 1):
        stays = rng.uniform() < 1 / (1 + np.exp(6 - one["orders"]))
        lines.append(f"{one['country']},{one['orders']},{one['spent'] or ''},{str(stays).lower()}")
    (folder / "customers.csv").write_text("\n".join(lines) + "\n")
    file = folder / "mlbuild.yaml"
    file.write_text(SPEC)
    assert build(file).ok
    return folder


@pytest.fixture
def mlbuild(built: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    return Command(built, capsys, monkeypatch)


def log_of(built: Path, folder: Path, rows: list[dict[str, Any]], **options: Any) -> Path:
    return write_log(folder / "log/a.jsonl", records(built / "dist/stays", rows, **options))


def test_rows_like_those_of_training_are_calm(mlbuild: Command, built: Path, tmp_path: Path) -> None:
    log = log_of(built, tmp_path, customers(1_000, 2))
    done = mlbuild("monitor", "stays", "--log", str(log.parent), "--check")
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    assert lines[0] == "2026-03-01 00:00 to 2026-03-01 16:39: 1,000 rows, compared with 4,000 training rows"
    assert [line.split()[0] for line in lines[2:7]] != []
    assert {line.split()[0] for line in lines[2:7]} == {
        "country",
        "orders",
        "spent",
        "label",
        "probability_true",
    }
    assert lines[-3:] == [
        "rule: 1% false discoveries among the columns and a psi above the limit; assumes independent rows",
        "time of a request: median 0.10 ms, 95% 0.11 ms, 99% 0.11 ms",
        "verdict: calm: no column has drifted",
    ]


def test_a_column_that_drifted_is_named_first(mlbuild: Command, built: Path, tmp_path: Path) -> None:
    rows = customers(1_000, 3)
    for one in rows:
        one["spent"] = None if one["country"] == "DE" else one["spent"]
    log = log_of(built, tmp_path, rows)
    done = mlbuild("monitor", "stays", "--log", str(log), "--check")
    assert done.code == 10
    lines = done.out.splitlines()
    assert lines[2].startswith("spent             *  input")
    assert "% -> " in lines[2]
    assert lines[-1].startswith("verdict: drift: ") and lines[-1].split(": ")[-1].startswith("'spent'")
    assert mlbuild("monitor", "stays", "--log", str(log)).code == 0
    assert mlbuild("monitor", "stays", "--log", str(log), "--check", "--psi", "900").code == 0


def test_each_window_is_compared_and_the_last_whole_one_decides(
    mlbuild: Command, built: Path, tmp_path: Path
) -> None:
    rows = customers(3_000, 4)
    for one in rows[1_440:]:
        one["orders"] *= 3
    log = log_of(built, tmp_path, rows)
    done = mlbuild("monitor", "stays", "--log", str(log), "--window", "12h", "--check")
    assert done.code == 10
    lines = done.out.splitlines()
    assert [line.split() for line in lines[1:6]] == [
        ["2026-03-01", "00:00", "720", "calm"],
        ["2026-03-01", "12:00", "720", "calm"],
        ["2026-03-02", "00:00", "720", "drift", *"orders, label, probability_true".split()],
        ["2026-03-02", "12:00", "720", "drift", *"orders, label, probability_true".split()],
        ["2026-03-03", "00:00", "120", "not", "enough", "rows"],
    ]
    assert lines[7].startswith("2026-03-02 12:00 to 2026-03-03 00:00: 720 rows")


def test_few_rows_decide_nothing(mlbuild: Command, built: Path, tmp_path: Path) -> None:
    log = log_of(built, tmp_path, customers(100, 5))
    done = mlbuild("monitor", "stays", "--log", str(log), "--check")
    assert done.code == 11
    assert done.out.splitlines()[-1] == "verdict: not enough rows: 100, but at least 600 are needed"
    assert "rule: none, because fewer than 600 rows differ too much by chance" in done.out


def test_what_else_the_log_contains_is_told(mlbuild: Command, built: Path, tmp_path: Path) -> None:
    violated = {"violations": [{"column": "orders", "rule": "min"}]}
    lines = records(built / "dist/stays", customers(700, 6), every=timedelta(seconds=1))
    others = [lines[0] | {"model": "f" * 64}] * 2
    file = write_log(tmp_path / "a.jsonl", [*lines[:-1], lines[-1] | violated, *others])
    with file.open("a") as stream:
        stream.write('{"ts": "2026')
    done = mlbuild("monitor", "stays", "--log", str(file))
    assert done.err.splitlines() == ["1 line could not be read", "2 rows of other models are left out"]
    assert "violations: 1 row of 'orders' (min)" in done.out.splitlines()


def test_values_that_are_not_logged_are_not_compared(mlbuild: Command, built: Path, tmp_path: Path) -> None:
    """As if the contract had said 'pii: hash' later: the profile still has the column."""
    lines = records(built / "dist/stays", customers(700, 2), left_out=["country"], hashes={"country": "0f"})
    for one in lines:
        del one["inputs"]["country"]
    log = write_log(tmp_path / "a.jsonl", lines)
    done = mlbuild("monitor", "stays", "--log", str(log), "--check")
    assert (done.code, done.err) == (0, "values that are not logged are not compared: 'country'\n")
    told = json.loads(mlbuild("monitor", "stays", "--log", str(log), "--json").out)
    assert told["columns_not_logged"] == ["country"]
    assert "country" not in {one["name"] for one in told["windows"][0]["columns"]}


def test_the_document(mlbuild: Command, built: Path, tmp_path: Path) -> None:
    log = log_of(built, tmp_path, customers(1_000, 2), every=timedelta(minutes=2))
    done = mlbuild("monitor", "stays", "--log", str(log), "--window", "1d", "--json", "--check")
    told = json.loads(done.out)
    assert (told["exit_code"], told["ok"], told["verdict"], told["rows"]) == (0, True, "calm", 1_000)
    assert (told["model"], told["broken_lines"], told["rows_of_other_models"]) == ("stays", 0, 0)
    assert told["judged"] == 0 and [one["rows"] for one in told["windows"]] == [720, 280]
    first = told["windows"][0]
    assert (
        first["start"] == int(START.timestamp()) * 1_000_000
        and first["end"] - first["start"] == 86_400_000_000
    )
    assert first["rule"] == "independent rows" and first["threshold"] is None
    assert {one["name"] for one in first["columns"]} == {
        "country",
        "orders",
        "spent",
        "label",
        "probability_true",
    }
    for one in first["columns"]:
        assert one["psi"] >= 0 and 0 <= one["chance"] <= 1 and one["ratio"] is None


@pytest.mark.parametrize(
    ("words", "message", "help_"),
    [
        (["none", "--log", "x"], "there is no output, folder or channel 'none'", "available: stays"),
        (["stays", "--log", "x"], "there is no file or folder 'x'", None),
        (["stays", "--log", "."], "there is no file *.jsonl or *.parquet in '.'", None),
        (["stays", "--log", "x", "--psi", "-1"], "argument --psi: '-1' is not a number of at least 0", None),
        (["stays"], "the following arguments are required: --log", None),
    ],
)
def test_what_cannot_be_monitored(
    mlbuild: Command, words: list[str], message: str, help_: str | None
) -> None:
    done = mlbuild("monitor", *words)
    assert done.code == 2
    assert done.err.splitlines()[0] == f"mlbuild: {message}"
    assert help_ is None or done.err.splitlines()[1] == f"  help: {help_}"


def test_a_window_must_be_a_duration(mlbuild: Command, built: Path, tmp_path: Path) -> None:
    log = log_of(built, tmp_path, customers(10, 7))
    for wrong in ("soon", "0d", "1.5h"):
        done = mlbuild("monitor", "stays", "--log", str(log), "--window", wrong)
        assert (done.code, done.err) == (
            2,
            "mlbuild: --window must be a duration such as 7d, with the unit s, min, h, d or w\n",
        )


def test_a_log_without_rows_of_the_model(mlbuild: Command, built: Path) -> None:
    log_of(built, built / "foreign", customers(3, 7), model="f" * 64)
    done = mlbuild("monitor", "stays", "--log", "foreign/log")
    assert (done.code, done.err) == (
        3,
        "mlbuild: there are no rows of this model in 'foreign/log'; 3 rows of other models\n",
    )
    assert mlbuild("monitor", "stays", "--log", "foreign/log", "--check").code == 11


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"model": 1, "rows": 1, "columns": [{}]}'])
def test_a_damaged_profile(mlbuild: Command, built: Path, content: str) -> None:
    folder = built / "damaged"
    folder.mkdir(exist_ok=True)
    (folder / "model.onnx").write_bytes((built / "dist/stays/model.onnx").read_bytes())
    (folder / "profile.json").unlink(missing_ok=True)
    done = mlbuild("monitor", "damaged", "--log", ".")
    assert done.err.startswith("mlbuild: there is no file 'damaged/profile.json'\n")
    (folder / "profile.json").write_text(content)
    done = mlbuild("monitor", "damaged", "--log", ".")
    assert (done.code, done.err) == (
        2,
        "mlbuild: 'damaged/profile.json' cannot be read\n  help: build the output again\n",
    )


# What really happened


def outcomes(rows: list[dict[str, Any]], seed: int, effect: float = 1.0) -> list[bool]:
    rng = np.random.default_rng([seed, 1])  # not the numbers that made the rows
    return [bool(rng.uniform() < 1 / (1 + np.exp(effect * (6 - one["orders"])))) for one in rows]


def labelled(
    built: Path, folder: Path, seed: int, effect: float = 1.0, each: int = 1
) -> tuple[Path, Path, list[bool]]:
    """Write a log of requests with `each` rows, and their labels; return both files and the labels."""
    rows = customers(1_200, seed)
    lines = records(built / "dist/stays", rows)
    for place, line in enumerate(lines):
        line |= {"id": f"q{place // each}", "row": place % each}
    log, stays = write_log(folder / "log/a.jsonl", lines), outcomes(rows, seed, effect)
    text = "id,row,stays\n" if each > 1 else "id,stays\n"
    for place, (line, stay) in enumerate(zip(lines, stays, strict=True)):
        if place % 3:
            number = f",{line['row']}" if each > 1 else ""
            text += f"{line['id']}{number},{str(stay).lower()}\n"
    labels = folder / "labels.csv"
    labels.write_text(text)
    return log, labels, stays


@pytest.mark.parametrize("each", [1, 5])
def test_labels_give_the_metrics_of_the_logged_rows(
    mlbuild: Command, built: Path, tmp_path: Path, each: int
) -> None:
    log, labels, stays = labelled(built, tmp_path, 8, each=each)
    done = mlbuild("monitor", "stays", "--log", str(log), "--labels", str(labels), "--json", "--check")
    told = json.loads(done.out)["performance"]
    assert (done.code, told["rows"], told["unlabelled_rows"], told["unknown_classes"]) == (0, 800, 400, 0)
    used = [place for place in range(1_200) if place % 3]
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    scores = np.array([lines[place]["outputs"]["probability_true"] for place in used])
    wanted = np.array([stays[place] for place in used])
    assert told["metrics"]["roc_auc"] == pytest.approx(roc_auc_score(wanted, scores), abs=1e-9)
    assert told["metrics"]["log_loss"] == pytest.approx(log_loss(wanted, scores), abs=1e-9)
    assert told["worse"] == [] and told["split"] == "test"
    low, high = told["intervals"]["roc_auc"]
    assert low < told["metrics"]["roc_auc"] < high
    known = json.loads((built / "dist/stays/metrics.json").read_text())["metrics"]["test"]
    assert told["reference"] == {name: known[name] for name in told["metrics"]}


def test_worse_predictions_are_told(mlbuild: Command, built: Path, tmp_path: Path) -> None:
    log, labels, _ = labelled(built, tmp_path, 9, effect=-1.0)
    done = mlbuild("monitor", "stays", "--log", str(log), "--labels", str(labels), "--check")
    assert done.code == 12
    lines = done.out.splitlines()
    assert "labels: 800 rows with a label, 400 without" in lines
    start = lines.index("labels: 800 rows with a label, 400 without") + 1
    assert lines[start].split() == "metric logged rows test rows of the build".split()
    assert {line.split()[0]: line.split()[1] for line in lines[start + 1 : start + 4]} == dict.fromkeys(
        ("roc_auc", "log_loss", "accuracy"), "worse"
    )
    assert lines[start + 4] == "the intervals assume independent rows"


def test_labels_of_unknown_requests_and_classes_do_not_count(
    mlbuild: Command, built: Path, tmp_path: Path
) -> None:
    log, labels, _ = labelled(built, tmp_path, 8)
    labels.write_text("id,stays\nnobody,true\nq1,true\nq2,\n")
    done = mlbuild("monitor", "stays", "--log", str(log), "--labels", str(labels))
    assert (done.code, done.out.splitlines()[-6]) == (0, "labels: 1 row with a label, 1,199 without")


def test_a_request_with_several_rows_needs_the_number_of_the_row(
    mlbuild: Command, built: Path, tmp_path: Path
) -> None:
    log, labels, _ = labelled(built, tmp_path, 8, each=5)
    labels.write_text("id,stays\nq0,true\n")
    done = mlbuild("monitor", "stays", "--log", str(log), "--labels", str(labels))
    assert done.out.splitlines()[-1] == "labels: 0 rows with a label, 1,200 without"


@pytest.mark.parametrize(
    ("text", "words", "code", "message"),
    [
        ("id,stays\nq1,true\nq1,false\n", [], 3, "'labels.csv' has several labels for one row, such as 'q1'"),
        ("id,stays\nq1,true\nq1,true\n", ["--no-samples"], 3, "'labels.csv' has several labels for one row"),
        ("key,stays\nq1,true\n", [], 3, "'labels.csv' does not have the labels"),
        ("id,stays\nq1,maybe\n", [], 3, "'labels.csv' does not have the labels"),
        (None, [], 2, "there is no file 'labels.csv'"),
        (
            "id,stays\nq1,true\n",
            ["--id", "stays"],
            2,
            "'stays' is the target, so it cannot be the id of a request",
        ),
    ],
)
def test_labels_that_cannot_be_used(
    mlbuild: Command,
    built: Path,
    tmp_path: Path,
    text: str | None,
    words: list[str],
    code: int,
    message: str,
) -> None:
    log, labels, _ = labelled(built, tmp_path, 8)
    labels.unlink()
    here = built / "labels.csv"
    here.unlink(missing_ok=True)
    if text is not None:
        here.write_text(text)
    done = mlbuild("monitor", "stays", "--log", str(log), "--labels", "labels.csv", *words)
    assert (done.code, done.err.splitlines()[0]) == (code, f"mlbuild: {message}")


def test_metrics_that_the_build_did_not_measure_are_left_out(
    mlbuild: Command, built: Path, tmp_path: Path
) -> None:
    log, labels, _ = labelled(built, tmp_path, 8)
    words = ("--log", str(log), "--labels", str(labels), "--json")
    done = mlbuild("monitor", "stays", *words, "--set", "models.stays.metrics=[brier_score, accuracy]")
    assert [*json.loads(done.out)["performance"]["metrics"]] == ["accuracy"]
    done = mlbuild("monitor", "stays", *words[:-1], "--set", "models.stays.metrics=brier_score")
    assert done.out.splitlines()[-1] == "the build measured none of the metrics of the spec: build again"


# Whether the models give the logged answers again


def test_the_logged_answers_are_given_again(mlbuild: Command, built: Path, tmp_path: Path) -> None:
    log = log_of(built, tmp_path, customers(700, 2))
    done = mlbuild("monitor", "stays", "--log", str(log), "--skew", "--check")
    assert (done.code, done.out.splitlines()[-1]) == (
        0,
        "skew: 700 rows answered again, 0 with another answer",
    )


def skewed(built: Path, folder: Path) -> Path:
    """Write a log with three wrong answers, three rows of another model, and two without all inputs."""
    lines = records(built / "dist/stays", customers(705, 2))
    for place in (3, 5, 9):
        lines[place]["outputs"] |= {"label": not lines[place]["outputs"]["label"]}
    lines[9]["outputs"]["probability_true"] += 0.125
    for place in (20, 21):
        del lines[place]["inputs"]["spent"]
    for place in (30, 31, 32):
        lines[place]["model"] = "f" * 64
    lines[40]["inputs"]["orders"] = 1.5
    return write_log(folder / "log/a.jsonl", [one | {"share": 0.5} for one in lines])


def test_other_answers_are_told_with_their_rows(mlbuild: Command, built: Path, tmp_path: Path) -> None:
    log = skewed(built, tmp_path)
    done = mlbuild("monitor", "stays", "--log", str(log), "--skew", "--check")
    assert done.code == 12
    lines = done.out.splitlines()
    start = lines.index("skew: 699 rows answered again, 3 with another answer")
    told = [json.loads(line) for line in log.read_text().splitlines()]
    again = records(built / "dist/stays", customers(705, 2))[9]["outputs"]["probability_true"]
    assert lines[start + 1 : start + 3] == [
        "'label' differs in 3 rows",
        "'probability_true' differs in 1 row, by at most 0.125",
    ]
    assert [line.split() for line in lines[start + 3 : start + 8]] == [
        ["id", "row", "output", "logged", "again"],
        *(
            [f"r{place}", "0", "label", *(str(one).lower() for one in (value, not value))]
            for place in (3, 5, 9)
            for value in [told[place]["outputs"]["label"]]
        ),
        ["r9", "0", "probability_true", repr(told[9]["outputs"]["probability_true"]), repr(again)],
    ]
    assert lines[start + 8 :] == [
        "not compared: 3 rows of model ffffffffffff, which is not at hand",
        "not compared: 2 rows, because the values of 'spent' are not logged",
        "not compared: 1 row with values that the model cannot have",
        "the log has 50.000% of the requests, and all that violate a rule",
    ]
    assert mlbuild("monitor", "stays", "--log", str(log), "--skew").code == 0
    quiet = mlbuild("monitor", "stays", "--log", str(log), "--skew", "--no-samples").out
    assert "'label' differs in 3 rows" in quiet and "r9" not in quiet


def test_the_document_of_other_answers(mlbuild: Command, built: Path, tmp_path: Path) -> None:
    log = skewed(built, tmp_path)
    told = json.loads(mlbuild("monitor", "stays", "--log", str(log), "--skew", "--json").out)["skew"]
    assert (told["rows"], told["different"], told["shares"]) == (699, 3, [0.5])
    assert told["outputs"] == [
        {"name": "label", "rows": 3, "largest_difference": None},
        {"name": "probability_true", "rows": 1, "largest_difference": pytest.approx(0.125)},
    ]
    assert [(one["id"], one["output"]) for one in told["examples"][:2]] == [("r3", "label"), ("r5", "label")]
    assert told["not_compared"] == {
        "models_not_at_hand": {"f" * 64: 3},
        "values_not_logged": {"rows": 2, "columns": ["spent"]},
        "values_that_do_not_fit": 1,
    }


def test_rows_of_a_former_model_are_answered_by_it(mlbuild: Command, tmp_path: Path) -> None:
    """The former one is only in the store, and then in a channel."""
    (tmp_path / "mlbuild.yaml").write_text(SPEC)
    lines = ["country,orders,spent,stays"]
    lines += [
        f"{one['country']},{one['orders']},{one['spent'] or ''},{str(one['orders'] > 6).lower()}"
        for one in customers(300, 1)
    ]
    (tmp_path / "customers.csv").write_text("\n".join(lines) + "\n")
    assert build(tmp_path / "mlbuild.yaml").ok
    before = records(tmp_path / "dist/stays", customers(40, 2))
    (tmp_path / "mlbuild.yaml").write_text(
        SPEC.replace("target: stays}", "target: stays, params: {C: 0.01}}")
    )
    assert build(tmp_path / "mlbuild.yaml").ok
    now = records(tmp_path / "dist/stays", customers(30, 3))
    assert before[0]["model"] != now[0]["model"]
    log = write_log(tmp_path / "a.jsonl", [*before, *now])
    words = ("-C", str(tmp_path), "monitor", "stays", "--log", str(log), "--skew", "--json")
    told = json.loads(mlbuild(*words).out)["skew"]
    assert (told["rows"], told["different"], told["not_compared"]["models_not_at_hand"]) == (70, 0, {})


# Pages


def drifted(built: Path, folder: Path) -> Path:
    """Write a log of a little more than two days, the second of which has other countries, with an odd id and a wrong answer."""
    rows = customers(2_900, 11)
    for one in rows[1_440:]:
        one["country"] = "AT"
    lines = records(built / "dist/stays", rows)
    lines[1_500]["outputs"]["label"] = not lines[1_500]["outputs"]["label"]
    lines[1_500]["id"] = "<b>secret</b>"
    lines[1_501]["violations"] = [{"column": "orders", "rule": "min"}]
    return write_log(folder / "log/a.jsonl", lines)


def test_a_page_has_every_number(mlbuild: Command, built: Path, tmp_path: Path) -> None:
    log = drifted(built, tmp_path)
    words = ("monitor", "stays", "--log", str(log), "--window", "1d", "--skew")
    file = tmp_path / "page.html"
    done = mlbuild(*words, "--html", str(file), "--check")
    assert (done.code, done.out) == (12, f"{file}\n")
    page = Page(file.read_text())
    told = json.loads(mlbuild(*words, "--json").out)
    values = {value for value, _ in page.data}
    judged = told["windows"][told["judged"]]
    drawn = [one["name"] for one in judged["columns"] if one["alarm"]]
    assert "country" in drawn
    for one in judged["columns"]:
        for key in ("psi", "bias", "groups", "largest", "shift", "chance"):
            assert one[key] is None or repr(one[key]) in values, (one["name"], key)
    for number in (
        judged["rows"],
        judged["reference_rows"],
        told["skew"]["rows"],
        told["windows"][0]["rows"],
    ):
        assert repr(number) in values
    texts = " ".join(text for _, text in page.texts)
    assert (
        "1% false discoveries among the columns and a psi above the limit; assumes independent rows" in texts
    )
    assert "The limit of the psi is 0.1." in texts and "<b>secret</b>" in texts and "AT" in texts
    assert [one["id"] for one in page.of("h2")] == ["columns", "windows", "requests", "skew"]
    assert page.of("script", "img", "link") == []
    assert [one["class"] for one in page.of("svg")].count("chart") == 3 + len(drawn)


def test_a_page_without_samples_has_no_value_of_the_data(
    mlbuild: Command, built: Path, tmp_path: Path
) -> None:
    log = drifted(built, tmp_path)
    file = tmp_path / "page.html"
    done = mlbuild("monitor", "stays", "--log", str(log), "--skew", "--html", str(file), "--no-samples")
    assert done.code == 0
    text = file.read_text()
    assert "secret" not in text and ">AT<" not in text and "value 2" in text


def test_markdown_has_the_same_parts(mlbuild: Command, built: Path, tmp_path: Path) -> None:
    log, labels, _ = labelled(built, tmp_path, 9, effect=-1.0)
    done = mlbuild("monitor", "stays", "--log", str(log), "--labels", str(labels), "--md", "--check")
    assert done.code == 12
    lines = done.out.splitlines()
    assert lines[0] == "## Monitoring of stays" and "**worse than in the build**" in lines[2]
    assert [line for line in lines if line.startswith("### ")] == [
        "### Columns",
        "### Requests",
        "### What really happened",
    ]
    row = next(line for line in lines if line.startswith("| `roc_auc`"))
    assert row.split(" | ")[1] == "**worse**"


def test_one_format_at_a_time(mlbuild: Command, built: Path) -> None:
    for words in (["--md", "--json"], ["--html", "a.html", "--md"]):
        done = mlbuild("monitor", "stays", "--log", ".", *words)
        assert (done.code, "only one of --md, --html and --json can be used" in done.err + done.out) == (
            2,
            True,
        )
    done = mlbuild(
        "monitor",
        "stays",
        "--log",
        str(log_of(built, built / "elsewhere", customers(9, 1))),
        "--html",
        "none/a.html",
    )
    assert (done.code, done.err) == (7, "mlbuild: cannot write 'none/a.html': no such file or directory\n")


# Compacted logs


def test_a_compacted_log_shows_the_same(mlbuild: Command, built: Path, tmp_path: Path) -> None:
    log = skewed(built, tmp_path)
    with log.open("a") as stream:
        stream.write('{"ts": "2026')
    target = tmp_path / "log.parquet"
    done = mlbuild("log", "compact", str(log.parent), "-o", str(target))
    assert (done.code, done.err) == (0, "1 line could not be read\n")
    assert done.out == f"{target}: 705 rows of 1 file\n"
    told = json.loads(mlbuild("log", "compact", str(log), "-o", str(target), "--json").out)
    assert (told["rows"], told["files"], told["broken_lines"]) == (705, 1, 1)
    assert target.stat().st_size < log.stat().st_size / 4
    words = ("--skew", "--json")
    one, other = (
        json.loads(mlbuild("monitor", "stays", "--log", str(file), *words).out) for file in (log, target)
    )
    assert (one.pop("broken_lines"), other.pop("broken_lines")) == (1, 0)
    # A value that is missing in the log is null in the file, which a model is given as missing.
    for document in (one, other):
        document["skew"]["not_compared"].pop("values_not_logged")
        for key in ("rows", "different", "outputs", "examples"):
            document["skew"].pop(key)
    assert one == other


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["nowhere", "-o", "x.parquet"], 2, "there is no file or folder 'nowhere'"),
        (["dist", "-o", "x.parquet"], 2, "there is no file *.jsonl in 'dist'"),
        (["customers.csv", "-o", "x.csv"], 2, "'x.csv' does not end with .parquet"),
        (["customers.csv", "-o", "x.parquet"], 3, "there are no rows in 'customers.csv'"),
    ],
)
def test_what_cannot_be_compacted(mlbuild: Command, words: list[str], code: int, message: str) -> None:
    done = mlbuild("log", "compact", *words)
    assert (done.code, done.err.splitlines()[0]) == (code, f"mlbuild: {message}")


def test_a_parquet_file_that_is_no_log(mlbuild: Command, tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    done = mlbuild("monitor", "stays", "--log", str(tmp_path))
    assert (done.code, done.err) == (
        3,
        f"mlbuild: a .parquet file in '{tmp_path}' is damaged, or no Parquet file\n",
    )

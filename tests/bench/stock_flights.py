"""Makes the model of specs/flights in the usual way: pandas, a scikit-learn Pipeline, LightGBM, skl2onnx and
onnxmltools.

    python -m tests.bench.stock_flights --threads 1 --out /tmp/stock.onnx --evaluate

reads the same files and uses the same rows, split, features and hyperparameters. It prints one line of JSON. With
`--check` it also
does what mlbuild does at the end of a build: metrics for each split, and a comparison of the file with the Pipeline
on 20,000 rows.
With `--evaluate`, the file is compared on every test row and timed, after the costs were measured. There are three
differences, as in
practice:

- The parts of `sched_dep` and the age of the plane are computed in pandas before the Pipeline, because skl2onnx has
  no converter for
  them. Whoever serves the file must compute them again, in whatever language.
- The graph computes in float32, which the converters are made for.
- A missing manufacturer is a category, because a string input of ONNX has no missing value.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from tests.bench.measure import Stopwatch, open_session, peak_megabytes, row_microseconds, single_rows

DATA = Path(__file__).parents[2] / "specs" / "flights" / "data"

IMPUTED = ["temp", "humid", "wind_speed", "precip", "visib"]
NUMBERS = ["distance", "wind_dir", "pressure", "plane_age", "plane_seats"]
PARTS = ["sched_dep_hour", "sched_dep_minute", "sched_dep_weekday"]
TEXTS = ["carrier", "origin", "dest", "plane_manufacturer"]
NUMERIC = [*IMPUTED, *NUMBERS, *PARTS]
FEATURES = [*NUMERIC, *TEXTS]


def read_joined(data: Path) -> Any:
    """Return the flights that arrived, with their weather and plane: one row each, in the order of the file."""
    import pandas as pd

    flights = pd.read_parquet(data / "flights.parquet")
    weather = pd.read_csv(data / "weather.csv", parse_dates=["time_hour"])
    weather["time_hour"] = weather["time_hour"].dt.tz_localize(None).astype(flights["time_hour"].dtype)
    planes = pd.read_csv(data / "planes.csv").set_index("tailnum").add_prefix("plane_").reset_index()
    rows = flights.merge(weather, on=["origin", "time_hour"], how="left", validate="many_to_one")
    rows = rows.merge(planes, on="tailnum", how="left", validate="many_to_one")
    return rows[rows["arr_delay"].notna()].reset_index(drop=True)


def with_features(rows: Any) -> Any:
    """Compute what skl2onnx cannot convert. Every client of the model must do this, too."""
    return rows.assign(
        late=(rows["arr_delay"] > 15).astype("int64"),
        plane_age=2013 - rows["plane_year"],
        plane_manufacturer=rows["plane_manufacturer"].fillna("missing"),
        sched_dep_hour=rows["sched_dep"].dt.hour,
        sched_dep_minute=rows["sched_dep"].dt.minute,
        sched_dep_weekday=rows["sched_dep"].dt.day_of_week + 1,
    )


def split(rows: Any) -> dict[str, Any]:
    """Return the train, validation and test rows, split by time."""
    import pandas as pd

    time, valid_from, test_from = rows["time_hour"], pd.Timestamp("2013-10-01"), pd.Timestamp("2013-11-01")
    return {
        "train": rows[time < valid_from],
        "valid": rows[(time >= valid_from) & (time < test_from)],
        "test": rows[time >= test_from],
    }


def fit(splits: dict[str, Any], threads: int) -> Any:
    """Fit a Pipeline. Early stopping needs the transformed validation rows, so the steps are fitted one by one."""
    from lightgbm import LGBMClassifier, early_stopping
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import OrdinalEncoder

    preprocessing = ColumnTransformer(
        [
            ("imputed", SimpleImputer(strategy="median"), IMPUTED),
            ("numbers", "passthrough", [*NUMBERS, *PARTS]),
            ("texts", OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), TEXTS),
        ]
    )
    model = LGBMClassifier(
        n_estimators=300,
        learning_rate=0.05,
        num_leaves=63,
        min_child_samples=200,
        metric="auc",
        n_jobs=threads,
        random_state=0,
        verbosity=-1,
    )
    train, valid = splits["train"], splits["valid"]
    model.fit(
        preprocessing.fit_transform(train[FEATURES]),
        train["late"],
        eval_X=preprocessing.transform(valid[FEATURES]),
        eval_y=valid["late"],
        categorical_feature=list(range(len(NUMERIC), len(FEATURES))),
        callbacks=[early_stopping(20, verbose=False)],
    )
    return Pipeline([("preprocessing", preprocessing), ("model", model)])


def export(pipeline: Any) -> bytes:
    """Export the Pipeline as one ONNX file. Each column is an input [N, 1]."""
    from lightgbm import LGBMClassifier
    from onnxmltools.convert.lightgbm.operator_converters.LightGbm import convert_lightgbm
    from skl2onnx import convert_sklearn, update_registered_converter
    from skl2onnx.common.data_types import FloatTensorType, StringTensorType
    from skl2onnx.common.shape_calculator import calculate_linear_classifier_output_shapes

    update_registered_converter(
        LGBMClassifier,
        "LightGbmLGBMClassifier",
        calculate_linear_classifier_output_shapes,
        convert_lightgbm,
        options={"nocl": [True, False], "zipmap": [True, False, "columns"]},
    )
    inputs = [(name, FloatTensorType([None, 1])) for name in NUMERIC]
    inputs += [(name, StringTensorType([None, 1])) for name in TEXTS]
    options = {id(pipeline.named_steps["model"]): {"zipmap": False}}
    opsets = {"": 21, "ai.onnx.ml": 3}
    model = convert_sklearn(pipeline, "flights", inputs, target_opset=opsets, options=options)
    return bytes(model.SerializeToString())


def feed_of(rows: Any) -> dict[str, Any]:
    """Convert rows to the inputs of the exported file."""
    numbers = {name: rows[[name]].to_numpy("float32") for name in NUMERIC}
    return numbers | {name: rows[[name]].to_numpy(object) for name in TEXTS}


def metrics(target: Any, scores: Any) -> dict[str, float]:
    from sklearn.metrics import log_loss, roc_auc_score

    return {
        "roc_auc": round(float(roc_auc_score(target, scores)), 6),
        "log_loss": round(float(log_loss(target, scores)), 6),
    }


def compare(session: Any, rows: Any, native: Any) -> dict[str, Any]:
    """Compare the predictions of the file with those of the Pipeline."""
    import numpy as np

    labels, probabilities = session.run(None, feed_of(rows))
    return {
        "compared": len(rows),
        "max_score_difference": float(np.abs(probabilities - native).max()),
        "label_flips": int((labels.ravel() != native.argmax(axis=1)).sum()),
    }


def check(pipeline: Any, splits: dict[str, Any], session: Any) -> dict[str, Any]:
    """Compute metrics for each split, and compare 20,000 rows from all splits."""
    import numpy as np
    import pandas as pd

    native = {name: pipeline.predict_proba(rows[FEATURES]) for name, rows in splits.items()}
    told: dict[str, Any] = {name: metrics(rows["late"], native[name][:, 1]) for name, rows in splits.items()}
    rows, scores = pd.concat(splits.values()), np.concatenate(list(native.values()))
    some = np.linspace(0, len(rows) - 1, 20_000).astype(int)
    return told | compare(session, rows.iloc[some], scores[some])


def evaluate(pipeline: Any, test: Any, session: Any) -> dict[str, Any]:
    """Measure quality, agreement and latency on the test rows."""
    native = pipeline.predict_proba(test[FEATURES])
    told = metrics(test["late"], native[:, 1]) | compare(session, test, native)
    return told | {"row_us": row_microseconds(session, single_rows(feed_of(test.head(500)), 500))}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA, help="the folder with the three files")
    parser.add_argument("--out", type=Path, required=True, help="where the ONNX file goes")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument(
        "--check", action="store_true", help="metrics, and a comparison, as part of the build"
    )
    parser.add_argument(
        "--evaluate", action="store_true", help="compare every test row and time one, afterwards"
    )
    options = parser.parse_args()

    watch = Stopwatch()
    with watch.phase("import"):
        import lightgbm  # noqa: F401 - imported here, so that the cost counts as import and not as fit
        import onnxmltools  # noqa: F401 - the same
        import pandas  # noqa: F401 - the same
        import skl2onnx  # noqa: F401 - the same
        import sklearn.compose  # noqa: F401 - the same
    with watch.phase("read_join"):
        splits = split(with_features(read_joined(options.data)))
    with watch.phase("fit"):
        pipeline = fit(splits, options.threads)
    with watch.phase("export"):
        content = export(pipeline)
        options.out.write_bytes(content)
    checked: dict[str, Any] = {}
    if options.check:
        with watch.phase("check"):
            checked = check(pipeline, splits, open_session(options.out, options.threads))
    report: dict[str, Any] = {
        "cpu_s": watch.rounded(),
        "total_cpu_s": round(sum(watch.seconds.values()), 3),
        "peak_mb": peak_megabytes(),
        "onnx_bytes": len(content),
        "trees": pipeline.named_steps["model"].best_iteration_,
        "checked": checked,
    }
    if options.evaluate:
        report["test"] = evaluate(pipeline, splits["test"], open_session(options.out, options.threads))
    print(json.dumps(report))


if __name__ == "__main__":
    main()

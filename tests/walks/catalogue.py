"""The walks, in the order of the page."""

from __future__ import annotations

from tests.walks.walk import Edit, Entry, Walk, all_of

_LEVEL = """\
    vague_name: str = field(
        Choice(LEVELS), "The name of an output does not say what it is.", default="warn", key="vague-name"
    )
"""
_WARN = """\
        if name in ("out", "output", "model"):
            findings.add(Problem("vague-name", f"'{name}' does not say what the output is", ("outputs", name), on="key"))
"""

WALKS = (
    Walk(
        "Add an op",
        files={"ops/numbers/limit.py": "limit.py"},
        changes=[Entry("ops/__init__.py", "OPS", '"limit": "mlbuild.ops.numbers.limit.Limit"')],
        settings={"models.one.preprocessing": [{"op": "limit", "columns": "x"}, {"op": "impute", "columns": "x", "strategy": "median"}]},
        # The rows for training are in range, so what the learner gets does not change.
        then=all_of("fit", "features"),
        onward=all_of("artifact"),
        laws=["tests/ops/test_law.py::test_every_op_keeps_every_law[limit"],
        schema="Replace numbers outside the range of the training rows",
    ),
    Walk(
        "Add a learner",
        files={"models/sklearn/lasso.py": "lasso.py"},
        changes=[
            Entry("models/__init__.py", "LEARNERS", '"sklearn.lasso": "mlbuild.models.sklearn.lasso.Lasso"')
        ],
        settings={"models.one.type": "sklearn.lasso", "models.one.params": {"alpha": 0.01}},
        onward=all_of("train"),
        laws=["tests/models/test_law.py::test_every_learner_keeps_every_law[sklearn.lasso"],
        schema="sklearn.lasso",
    ),
    Walk(
        "Add a metric",
        files={"models/metrics/explained_variance.py": "explained_variance.py"},
        changes=[
            Entry(
                "models/metrics/__init__.py",
                "METRICS",
                '"explained_variance": "mlbuild.models.metrics.explained_variance.ExplainedVariance"',
            )
        ],
        settings={"models.one.metrics": ["r2", "explained_variance"]},
        onward=all_of("evaluate"),
        laws=["tests/models/test_metrics.py::test_every_metric_keeps_every_law[explained_variance"],
        schema="explained_variance",
    ),
    Walk(
        "Add a kind of answer",
        files={"models/answers/count.py": "count.py", "models/sklearn/poisson.py": "poisson.py"},
        changes=[
            Entry("models/__init__.py", "ANSWERS", "Count", "from mlbuild.models.answers.count import Count"),
            Entry("models/__init__.py", "LEARNERS", '"sklearn.poisson": "mlbuild.models.sklearn.poisson.Poisson"'),
        ],
        settings={"models.one.type": "sklearn.poisson", "models.one.features": ["x"], "models.one.target": "n"},
        # The description of a dataset says what determines the targets of its models.
        then=frozenset({"describe:all", "drift:all", "examples:one", "glimpse:one"}),
        onward=all_of("target", "fit"),
        laws=["tests/models/test_law.py::test_every_learner_keeps_every_law[sklearn.poisson"],
        schema="sklearn.poisson",
    ),
    Walk(
        "Add a dataset step",
        files={"data/steps/head.py": "head.py"},
        changes=[
            Entry("data/__init__.py", "DATASET_STEPS", '"head": "mlbuild.data.steps.head.Head"')
        ],
        settings={"datasets.all.steps": [{"op": "head", "count": 50}]},
        onward=frozenset({"dataset:all"}),
        laws=["tests/data/test_step_law.py::test_what_is_foretold_is_what_is_made[head"],
        schema="Keep the first rows",
    ),
    Walk(
        "Add a split",
        files={"data/splits/every.py": "every.py"},
        changes=[Entry("data/__init__.py", "SPLITS", '"every": "mlbuild.data.splits.every.Every"')],
        settings={"datasets.all.split": {"type": "every", "n": 4}},
        onward=frozenset({"dataset:all"}),
        laws=["tests/data/test_split_law.py::test_every_row_has_one_part[every"],
        schema="every n-th row",
    ),
    Walk(
        "Add a kind of folds",
        files={"data/folds/blocks.py": "blocks.py"},
        changes=[
            Entry("data/__init__.py", "FOLDS", '"blocks": "mlbuild.data.folds.blocks.BlockFolds"')
        ],
        settings={"datasets.all.folds": {"type": "blocks", "count": 2}, "models.one.cross_validation": True},
        onward=frozenset({"folds:all"}),
        laws=["tests/data/test_fold_law.py::test_every_class_of_folds_keeps_the_law[blocks"],
        schema="blocks of consecutive rows",
        makes=["dist/one/cross_validation.json"],
    ),
    Walk(
        "Add a format",
        files={"data/formats/arrow_stream.py": "arrow_stream.py"},
        changes=[
            Entry(
                "data/formats/__init__.py",
                "FORMATS",
                '"arrow_stream": "mlbuild.data.formats.arrow_stream.ArrowStream"',
            ),
        ],
        settings={"sources.rows.path": "rows.arrows"},
        then=frozenset({"source:rows"}),
        laws=["tests/data/test_format_law.py::test_every_format_keeps_the_law[arrow_stream"],
        schema="An Arrow IPC stream",
    ),
    Walk(
        "Add a locator",
        files={"data/locators/dated.py": "dated.py"},
        changes=[
            Entry("data/__init__.py", "SOURCES", '**of_every_format("mlbuild.data.locators.dated.Dated", "dated")')
        ],
        settings={"sources.rows": {"type": "dated.csv", "folder": "days", "day": "monday", "contract": "row"}},
        schema="dated.csv",
    ),
    Walk(
        "Add a contract rule",
        files={"data/rules/multiple_of.py": "multiple_of.py"},
        changes=[
            Entry(
                "data/rules/__init__.py",
                "RULES",
                "MultipleOf",
                "from mlbuild.data.rules.multiple_of import MultipleOf",
            )
        ],
        settings={"contracts.row.columns.n": {"dtype": "int", "multiple_of": 1}},
        then=frozenset({"contract:rows"}),
        laws=["tests/data/test_rule_law.py::test_every_rule_keeps_every_law[multiple_of"],
        schema="multiple_of",
    ),
    Walk(
        "Add a section",
        files={"spec/sections/goals.py": "goals.py"},
        changes=[
            Entry("spec/sections/__init__.py", "SECTIONS", "Goals()", "from mlbuild.spec.sections.goals import Goals")
        ],
        settings={"goals": {"good": {"model": "one", "metric": "r2", "at_least": 0.5}}},
        # The last walk adds this task.
        then=frozenset({"goal:good"}),
        schema="Goals by name",
        shows="1 goal",
    ),
    Walk(
        "Add a task",
        files={"pipeline/tasks/sizes.py": "sizes.py"},
        changes=[
            Entry("pipeline/plan.py", "TASKS", "sizes", "from mlbuild.pipeline.tasks import sizes", key="datasets")
        ],
        at_once=frozenset({"sizes:all"}),
    ),
    Walk(
        "Add a side file",
        files={"pipeline/tasks/glimpse.py": "glimpse.py"},
        changes=[
            Entry("pipeline/plan.py", "TASKS", "glimpse", "from mlbuild.pipeline.tasks import glimpse", key="outputs")
        ],
        at_once=all_of("glimpse", "publish"),
        makes=["dist/one/glimpse.json"],
    ),
    Walk(
        "Add a diagnostic",
        changes=[
            Entry("diagnostics.py", "CODES", '"vague-name": "an output whose name does not say what it is"'),
            Entry("diagnostics.py", "WARNINGS", '"vague-name"'),
            Edit("spec/warnings.py", 'preprocessing list or model is not used.")\n', _LEVEL),
            Edit("spec/meaning/outputs.py", "    for name, output in definitions.outputs.items():\n", _WARN),
        ],
        settings={"outputs.model": {"model": "one"}},
        # The other tasks of an output with the same model are the same, whatever its name.
        then=frozenset({"report:model", "publish:model"}),
        makes=["dist/model/parity.json"],
        schema="vague-name",
        shows="'model' does not say what the output is",
    ),
)  # fmt: skip

#: The walks, and one that follows another: a task for the new section.
ALL = (
    *WALKS,
    Walk(
        "Add a task for the section",
        after=["Add a section"],
        files={"pipeline/tasks/goal.py": "goal.py"},
        changes=[Entry("pipeline/plan.py", "TASKS", '"goals": (goal,)', "from mlbuild.pipeline.tasks import goal")],
    ),
)  # fmt: skip

#: Tests of all code, the schema and the codes: prefixes of the names that pytest gives them.
GENERAL_LAWS = (
    "tests/pipeline/test_code.py::test_importing_a_module_does_nothing",
    "tests/pipeline/test_code.py::test_nothing_counts_as_a_whole_file",
    "tests/spec/test_schema.py::test_definitions_are_closed_but_for_what_is_the_users_own",
    "tests/spec/test_schema.py::test_every_key_is_described_and_says_its_default",
    "tests/test_codes.py::test_codes_in_use_are_those_of_the_catalogue",
)

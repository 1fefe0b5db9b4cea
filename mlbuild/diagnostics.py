"""Errors and where they are: problems, diagnostics with a place, and failures of tasks.

The messages of diagnostics and failures are stored as they are shown, whatever values they quote.
"""

from __future__ import annotations

import errno
from collections.abc import Hashable, Mapping
from dataclasses import field
from typing import Any, Literal

from mlbuild.frozen import frozen
from mlbuild.shown import told

Severity = Literal["error", "warning"]
Path = tuple[str | int, ...]
#: A text that explains a problem, and the path in the spec that it is about: "'x' is defined here".
Note = tuple[str, Path]


@frozen(slots=True, order=True)
class Span:
    """A range of characters in a file. Lines and columns count from 1, and the end is exclusive."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int


@frozen(slots=True)
class Problem:
    """A mistake, found by code that does not know files: what is wrong, and at which path of the checked value.

    `at` is relative to the checked value: `("params", "num_leaves")`. `on` says whether the key or the value is
    wrong. `offset` narrows it to the characters `(start, end)` of a text value. `notes` are other places in the
    spec that explain the problem. `meant` is the key or value that was clearly meant, with which the rest of the
    spec can be checked.
    """

    code: str
    message: str
    at: Path = ()
    help: str | None = None
    on: Literal["key", "value"] = "value"
    offset: tuple[int, int] | None = None
    notes: tuple[Note, ...] = ()
    meant: str | None = None

    @property
    def severity(self) -> Severity:
        """The default severity of the code. A spec can silence warnings or turn them into errors."""
        return "warning" if self.code in WARNINGS else "error"

    def under(self, *prefix: str | int) -> Problem:
        """Return the same problem as seen from a value that contains the checked value at `prefix`."""
        at = (*prefix, *self.at)
        return Problem(self.code, self.message, at, self.help, self.on, self.offset, self.notes, self.meant)

    @property
    def said(self) -> tuple[Hashable, ...]:
        """The identity of a problem that is found twice: everything that is not only help."""
        return self.code, self.message, self.at, self.on, self.offset


class Rejected(Exception):
    """Raised by checks that need no data. Contains every problem found."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(told("; ".join(problem.message for problem in problems)))
        self.problems = problems


@frozen(slots=True)
class Related:
    """Another place that explains a diagnostic: "first defined here"."""

    message: str
    span: Span

    def __post_init__(self) -> None:
        object.__setattr__(self, "message", told(self.message))


@frozen(slots=True)
class Diagnostic:
    """A problem with its place in a file. `lines` contains additional lines, if one sentence is not enough."""

    code: str
    message: str
    span: Span
    help: str | None = None
    related: tuple[Related, ...] = ()
    severity: Severity = "error"
    lines: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "message", told(self.message))
        object.__setattr__(self, "help", self.help and told(self.help))
        object.__setattr__(self, "lines", tuple(map(told, self.lines)))


FailureKind = Literal["data", "gate", "parity", "store", "task"]


@frozen(slots=True)
class Failure:
    """Why a task ended without a result. `message` is one sentence, `details` is JSON for reports.

    Values of the data are only in the details, so that they can be left out: under `violations`, in the form of
    `Fault`, or under `values`. If the message quotes a library, which could say anything, `unquoted` is the message
    without the quote.
    """

    kind: FailureKind
    message: str
    details: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "message", told(self.message))


class Failed(Exception):
    """Carries a `Failure` out of the function of a task."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


class Unwritable(OSError):
    """Something that must be stored cannot be: the disk is full, or a folder is read-only or belongs to someone
    else.
    """

    _verb = "write"

    def __init__(self, what: str, error: OSError, help: str = "finished tasks are kept") -> None:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        self.help = help + ("; 'mlbuild gc' lists what can be removed" if full else "")
        why = error.strerror or "unknown error"
        super().__init__(told(f"cannot {self._verb} '{what}': {why[0].casefold()}{why[1:]}"))


class Unreadable(Unwritable):
    """Something that is stored cannot even be read."""

    _verb = "read"


class Unusable(Unwritable):
    """A folder for stored things is not as mlbuild makes it."""

    _verb = "use"

    def __init__(self, what: str, why: str, help: str) -> None:
        super().__init__(what, OSError(errno.EINVAL, why), help)


def data_failure(message: str, **details: Any) -> Failed:
    """Create the failure for data that cannot be used, to be raised."""
    return Failed(Failure("data", message, details))


#: Every code that a problem can have, and what it means. Codes are stable, because specs silence them and users search for them.
CODES = {
    # the file
    "missing-file": "a file does not exist or cannot be read",
    "outside-project": "a spec, or a file that it includes or reads, is outside the project",
    "missing-library": "a library that the spec needs is not installed",
    "written-password": "a spec contains a password",
    "bad-encoding": "the file is not valid UTF-8",
    "bad-character": "a character that YAML does not allow",
    "bad-yaml": "the file is not valid YAML",
    "empty-spec": "the file is empty",
    "several-documents": "a second YAML document in one file",
    "too-deep": "maps and lists are nested too deeply",
    "too-large": "more keys and values (with aliases expanded) than a spec can have",
    "duplicate-key": "a map has the same key twice",
    "bad-key": "a key that is not a string",
    "bad-merge": "'<<' refers to something that is not a map",
    "yaml-tag": "a YAML tag, which specs do not support",
    "unknown-alias": "an alias without an anchor above it",
    "recursive-alias": "an alias inside the value that it refers to",
    "bad-setting": "a `--set` that is not PATH=VALUE, or whose path does not exist",
    # the shape
    "unknown-key": "a key that does not exist here",
    "missing-key": "a required key is missing",
    "refused-key": "a parameter of the library that cannot be set here",
    "unknown-op": "there is no op with this name",
    "unknown-type": "there is no type of source, split or folds, and no learner, with this name",
    "wrong-type": "a value of the wrong type",
    "not-allowed": "a value that is not one of the options",
    "out-of-range": "a number outside the allowed range, or too large for a float64",
    "bad-name": "a name that is too long or has characters that are not allowed",
    "bad-format": "a string that does not have the required format",
    "duplicate-item": "a list contains the same item twice",
    "empty": "a list or map is empty but needs at least one entry",
    # names
    "unknown-table": "there is no source or dataset with this name",
    "unknown-contract": "there is no contract with this name",
    "unknown-dataset": "there is no dataset with this name",
    "unknown-preprocessing": "there is no preprocessing list with this name",
    "unknown-model": "there is no model with this name",
    "unknown-output": "there is no output with this name",
    "unknown-test": "there is no test with this name",
    "unknown-column": "there is no column with this name at this point",
    "unknown-target": "there is no task or definition with this name, or there are several",
    "unknown-time-zone": "there is no time zone with this name",
    "undefined-variable": "an environment variable that is not set",
    "unknown-profile": "there is no profile with this name",
    "duplicate-name": "two definitions have the same name",
    "reserved-name": "a column has a name that the artifact uses for an output",
    "cycle": "datasets, tasks or included files depend on each other in a cycle",
    "unused": "a definition that is never used",
    "bad-query": "a query that cannot be parsed",
    # columns
    "duplicate-column": "two columns would have the same name",
    "empty-selection": "a selector that matches no column",
    "wrong-dtype": "a column whose dtype is not supported here",
    "wrong-value": "a value that does not match the dtype or the categories of its column",
    "missing-null-token": "a missing string cannot be represented",
    # parameters
    "no-effect": "a setting that has no effect",
    "contradiction": "settings that contradict each other",
    # expressions
    "bad-expression": "an expression that is not valid SQL",
    "unsupported-expression": "SQL that is not supported",
    "type-mismatch": "incompatible types in an expression, a join or a concat",
    # tables
    "not-unique": "a join that could match several rows",
    # models
    "missing-split": "a dataset without a split that a model or `folds` needs",
    "missing-folds": "a model with cross-validation on a dataset without folds",
    "no-valid-rows": "early stopping without validation rows",
    "metric-mismatch": "a metric that does not fit the model",
    "nullable-target": "a target that can have missing values in the training data",
    "unsupported-target": "a target that the learner cannot predict",
    "unsupported-feature": "a feature that the learner does not support",
    "not-serving": "a feature that depends on a column that is unknown at prediction time",
    "target-leak": "a feature that depends on the target",
    "shared-with-target": "a feature and the target are computed from the same column",
    # tests
    "unlisted-category": "a test with a value that is not one of the categories of its column",
    # what a build finds
    "contract-violation": "rows violate a rule of a contract with severity 'warn'",
    "constant-model": "a model that makes the same prediction for every row",
    "unmatched-join": "a join that finds no match for many rows",
    "empty-part": "a split that leaves no rows for validation or testing",
    "split-overlap": "a split with equal rows, or rows of the same key, in several parts or folds",
    "absent-class": "a class of the target without rows for validation or testing, or in a fold",
    "too-good": "a model whose predictions are almost exact on rows that it has not seen",
    "no-skill": "a model that is no better than a constant prediction",
    "overfit": "a model that is much better on the rows that it was trained on",
    "miscalibrated": "a model whose probabilities differ from observed frequencies",
    "drifted-split": "inputs that are distributed differently in the rows for testing",
    "useless-column": "an input that the model would be as good without",
    "harmful-column": "an input that the model may be better without",
    "failed-test": "a test with severity 'warn' that fails",
    "failed-gate": "a gate with severity 'warn' that fails",
}

#: The warnings that need data and are found by a build.
FOUND_IN_BUILDS = (
    "contract-violation",
    "unmatched-join",
    "empty-part",
    "split-overlap",
    "absent-class",
    "constant-model",
    "no-skill",
    "too-good",
    "overfit",
    "miscalibrated",
    "drifted-split",
    "useless-column",
    "harmful-column",
    "failed-test",
    "failed-gate",
)
#: The codes of warnings, which a spec can silence or turn into errors. All others are always errors.
WARNINGS = ("unused", "shared-with-target", "unlisted-category", *FOUND_IN_BUILDS)

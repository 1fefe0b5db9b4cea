"""What can go wrong and where: problems, diagnostics with a place, failures of tasks.

What is for people, diagnostics and failures, holds its messages as they are shown, whatever values stand in them.
"""

from __future__ import annotations

import errno
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from mlbuild.shown import told

Severity = Literal["error", "warning"]
Path = tuple[str | int, ...]
#: A text that explains a problem, and the path in the spec that it is about: "'x' is defined here".
Note = tuple[str, Path]


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A range of characters in a file; lines and columns count from 1, the end is exclusive."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Problem:
    """A mistake as a room sees it that knows no file: what is wrong, and at which path of its own value.

    `at` is relative to the value that was checked: `("params", "num_leaves")`. `on` says whether the key or
    the value is to blame. `offset` narrows it to characters `(start, end)` inside that text value. `notes` are
    other places of the spec that explain it.
    """

    code: str
    message: str
    at: Path = ()
    help: str | None = None
    on: Literal["key", "value"] = "value"
    offset: tuple[int, int] | None = None
    notes: tuple[Note, ...] = ()

    @property
    def severity(self) -> Severity:
        """What the code is by itself; a spec can silence its warnings or raise them."""
        return "warning" if self.code in WARNINGS else "error"

    def under(self, *prefix: str | int) -> Problem:
        """The same problem, seen from a value that holds this one at `prefix`."""
        at = (*prefix, *self.at)
        return Problem(self.code, self.message, at, self.help, self.on, self.offset, self.notes)

    @property
    def said(self) -> tuple[Hashable, ...]:
        """Identity of a problem that is found twice: everything but the help and the notes."""
        return self.code, self.message, self.at, self.on, self.offset


class Rejected(Exception):
    """Raised by checks that need no data; carries every problem found."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(told("; ".join(problem.message for problem in problems)))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that explains a diagnostic: "first defined here"."""

    message: str
    span: Span

    def __post_init__(self) -> None:
        object.__setattr__(self, "message", told(self.message))


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A problem with its place in a file. `lines` say more of it, where one sentence is not enough."""

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


@dataclass(frozen=True, slots=True)
class Failure:
    """How a task ended without a result: `message` is one sentence, `details` is JSON, for reports.

    So that a failure can be told without values, these stand in the details: under `violations`, as `Fault` has them, or
    `values`. Where the message quotes what a library says, which can be anything, there is one that does not: `unquoted`.
    """

    kind: FailureKind
    message: str
    details: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "message", told(self.message))


class Failed(Exception):
    """Carries a `Failure` out of a task's function."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


class Unwritable(OSError):
    """Something that has to be kept cannot be: the disk is full, a folder is read-only or not ours."""

    _verb = "write"

    def __init__(self, what: str, error: OSError, help: str = "what was finished is kept") -> None:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        self.help = help + ("; 'mlbuild gc' says what can go" if full else "")
        why = error.strerror or "unknown error"
        super().__init__(told(f"cannot {self._verb} '{what}': {why[0].lower()}{why[1:]}"))


class Unreadable(Unwritable):
    """What is kept cannot even be read."""

    _verb = "read"


class Unusable(Unwritable):
    """A folder in which something is kept, or should be, is not as mlbuild makes it."""

    _verb = "use"

    def __init__(self, what: str, why: str, help: str) -> None:
        super().__init__(what, OSError(errno.EINVAL, why), help)


def data_failure(message: str, **details: Any) -> Failed:
    """The data cannot be used: raise it."""
    return Failed(Failure("data", message, details))


#: Every code that a problem can have, and what it means. Codes are stable: people silence and search them.
CODES = {
    # the file
    "missing-file": "a file is not there, or cannot be read",
    "outside-project": "a spec, or a file that it includes, lies outside of the project",
    "bad-encoding": "the file is not UTF-8",
    "bad-character": "a character that YAML forbids",
    "bad-yaml": "the text is not YAML",
    "empty-spec": "the file holds nothing",
    "several-documents": "a second YAML document in one file",
    "too-deep": "maps and lists nest too deep",
    "too-large": "more keys and values than a spec may have, aliases written out",
    "duplicate-key": "a map has the same key twice",
    "bad-key": "a key that is not a text",
    "bad-merge": "'<<' names something that is not a map",
    "yaml-tag": "YAML tags have no meaning here",
    "unknown-alias": "an alias without an anchor before it",
    "recursive-alias": "an alias inside the value that it repeats",
    "bad-setting": "a `--set` that is not PATH=VALUE, or whose path leads nowhere",
    # the shape
    "unknown-key": "a key that has no meaning where it stands",
    "missing-key": "a key that is required is not there",
    "refused-key": "a parameter of the library that cannot be set here",
    "unknown-op": "no op has this name",
    "unknown-type": "no source, split or learner has this name",
    "wrong-type": "a value of another type than the key takes",
    "not-allowed": "a value that is not among the options",
    "out-of-range": "a number beyond the bounds of the key, or of float64",
    "bad-name": "a name that is too long, or has characters that such names cannot have",
    "bad-format": "a text of another form than the key takes",
    "duplicate-item": "a list holds the same item twice",
    "empty": "a list or map that needs at least one entry has none",
    # names
    "unknown-table": "no source or dataset has this name",
    "unknown-contract": "no contract has this name",
    "unknown-dataset": "no dataset has this name",
    "unknown-preprocessing": "no preprocessing has this name",
    "unknown-model": "no model has this name",
    "unknown-column": "no column has this name at this point",
    "unknown-target": "no task or definition has this name",
    "unknown-time-zone": "no time zone has this name",
    "undefined-variable": "a variable of the environment that is not set",
    "unknown-profile": "no profile has this name",
    "duplicate-name": "a name is given twice, in two files or to a source and a dataset",
    "reserved-name": "a column has a name that the artifact uses itself",
    "cycle": "datasets, tasks or included files depend on each other in a circle",
    "unused": "a definition that nothing uses",
    "bad-query": "a query that cannot be read",
    # columns
    "duplicate-column": "a second column would get the same name",
    "empty-selection": "a selector that no column matches",
    "wrong-dtype": "a column of a dtype that is not taken here",
    "wrong-value": "a value that is not of the dtype of its column, or none of its categories",
    "missing-null-token": "nothing stands for a missing text",
    # parameters
    "no-effect": "something that changes nothing",
    "contradiction": "values that exclude each other",
    # expressions
    "bad-expression": "a text that is not a SQL expression",
    "unsupported-expression": "SQL that is not supported",
    "type-mismatch": "types that do not go together, in an expression or in a join",
    # tables
    "not-unique": "a join with a table that promises no unique rows",
    # models
    "missing-split": "a model on a dataset without a split",
    "no-valid-rows": "early stopping without valid rows",
    "metric-mismatch": "a metric that does not suit the model",
    "nullable-target": "a target that can be missing in the rows that are learned from",
    "unsupported-target": "a target that the learner cannot predict",
    "unsupported-feature": "a column that the learner cannot take",
    "not-serving": "a feature that depends on a column known only afterwards",
    "target-leak": "a feature that depends on the target",
    "shared-with-target": "a feature and the target are computed from the same column",
    # what a build finds
    "constant-model": "a model that answers the same for every row",
    "no-skill": "a model that is no better than a constant answer",
}

#: The codes of warnings; a spec can silence or raise them. All others are errors, always.
WARNINGS = ("unused", "shared-with-target", "constant-model", "no-skill")
#: Those that need data, which a build finds.
FOUND_IN_BUILDS = ("constant-model", "no-skill")

"""The verbs: a spec file is checked, loaded, planned and built."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mlbuild.diagnostics import Diagnostic
from mlbuild.engine.graph import Plan
from mlbuild.pipeline.plan import make_plan
from mlbuild.spec.check import check as check_spec
from mlbuild.spec.spec import Spec


class SpecError(Exception):
    """A spec has errors; `diagnostics` holds all of them, each with its place."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        first = diagnostics[0]
        more = f" (and {len(diagnostics) - 1} more)" if len(diagnostics) > 1 else ""
        super().__init__(f"{first.span.file}:{first.span.line}:{first.span.column}: {first.message}{more}")
        self.diagnostics = tuple(diagnostics)


def check(file: str | Path) -> tuple[Spec | None, list[Diagnostic]]:
    """Check a spec file without reading data: the spec, None where it has errors, and all errors and warnings."""
    return check_spec(Path(file))


def load(file: str | Path) -> Spec:
    """The checked spec of a file.

    Raises:
        SpecError: it has errors.
    """
    spec, diagnostics = check(file)
    if spec is None:
        raise SpecError([one for one in diagnostics if one.severity == "error"])
    return spec


def plan(spec: Spec) -> Plan:
    """The tasks of a project; `plan(spec).graph` is the networkx DAG."""
    return make_plan(spec)

"""What tasks find that a person should know: each is a warning, unless the spec makes it an error."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mlbuild.diagnostics import Failed, Failure, FailureKind
from mlbuild.engine.graph import Job
from mlbuild.params import Json
from mlbuild.spec.meaning.levels import level_of
from mlbuild.spec.spec import Spec


def raised(spec: Spec, codes: Iterable[str]) -> list[str]:
    """Return the codes of warnings that a spec makes errors, for the parameter `refused` of a task."""
    return sorted(code for code in codes if level_of(code, spec.document.value) == "error")


def refuse(job: Job, kind: FailureKind, found: Sequence[Json]) -> None:
    """Fail a task that has found something which the spec makes an error.

    Raises:
        Failed: Of that kind, with what was found.
    """
    for one in found:
        if one["code"] in job.params["refused"]:
            raise Failed(Failure(kind, one["message"], one.get("details", {})))

"""Task `fetch:S`: brings a table from outside into the store, if its source is not a file."""

from __future__ import annotations

import json
from collections.abc import Iterator

from mlbuild.data.locators.remote import Wanted
from mlbuild.data.rules.unique import UniqueTogether
from mlbuild.engine.canonical import canonical, digest
from mlbuild.engine.graph import FORMER, Input, Job, Task
from mlbuild.params import Json
from mlbuild.pipeline.origins import SOURCES
from mlbuild.pipeline.scope import Scope
from mlbuild.spec.spec import SourceSpec

KIND = "fetch"
#: The parts: what was fetched, and facts about it.
CONTENT, FACTS = "content", "facts.json"


def plan(scope: Scope[SourceSpec]) -> Iterator[Task]:
    item = scope.item
    remote = item.located.remote
    if remote is None:
        return
    yield scope.task(
        KIND,
        {("fetch",): item.at},
        rank=SOURCES,
        run=run,
        params={"fetch": remote.request(_wanted(item))},
        outside=remote,
        parts=(CONTENT, FACTS),
        reported=(FACTS,),  # the lock file needs them
        uses=remote.uses(),
        libraries=remote.libraries,
    )


def content(item: SourceSpec, slot: str) -> Input:
    """Return what was fetched as an input: one file."""
    return Input(slot, f"{KIND}:{item.name}", (CONTENT,))


def facts(rows: int | None, token: str | None) -> bytes:
    """Return the content of the part with the facts. The token is a digest of the version, which could quote values."""
    return canonical({"rows": rows, "token": token})


def _wanted(item: SourceSpec) -> Wanted:
    """Return what a source needs, with the names that its columns have outside."""
    # The order of the columns in a contract, which is a map, has no meaning.
    columns = dict(sorted(item.contract.columns.items()))
    named = {name: item.source.format.name_in_file(name) for name in columns}
    dtypes = {named[name]: column.dtype for name, column in columns.items()}
    rules = item.contract.rules().table
    together = [[*one.rule.columns] for one in rules if isinstance(one.rule, UniqueTogether)]
    alone = [[name] for name, column in columns.items() if column.is_unique]
    unique = next(iter([*together, *alone]), [])
    return Wanted(dtypes, [named[name] for name in unique])


def run(job: Job) -> None:
    with job.outside.opened(job.params["fetch"]) as opened:
        version = opened.version()
        token = None if version is None else digest(version.encode("utf-8", "surrogatepass"))
        former: Json = json.loads(job.read(FORMER, FACTS)) if job.parts(FORMER) else {}
        if token is not None and former.get("token") == token:
            job.reuse(CONTENT, FORMER)
            rows = former["rows"]
        else:
            rows = opened.write(job.target(CONTENT), job.progress)
    job.write(FACTS, facts(rows, token))

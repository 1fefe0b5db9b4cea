"""`mlbuild contract diff`: what changes between the contracts of two specs, and whether it breaks something."""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from mlbuild.cli.exits import DATA, OK, UsageError
from mlbuild.cli.output.document import document
from mlbuild.cli.output.printing import counted, show, show_document
from mlbuild.cli.project import bounds_of, find_file
from mlbuild.cli.reading.names import unknown
from mlbuild.data.contract_changes import Change, contract_changes
from mlbuild.data.contracts import Contract
from mlbuild.pipeline.builds.revision import specs_at
from mlbuild.regular import is_regular
from mlbuild.shown import shown, told
from mlbuild.spec.contracts_of import contracts_of
from mlbuild.spec.layers.bounds import Bounds


def run_diff(args: argparse.Namespace) -> int:
    named = [args.first, args.second or str(find_file(args.file))]
    old, new = (_contracts(args, name) for name in named)
    if args.name is not None:
        known = {**old, **new}
        if args.name not in known:
            raise unknown("contract", args.name, known)
        old, new = ({name: one for name, one in some.items() if name == args.name} for some in (old, new))
    changes = contract_changes(old, new)
    breaking = [change for change in changes if change.breaking]
    code = DATA if breaking else OK
    if args.json:
        content = {
            "old": named[0],
            "new": named[1],
            "compatible": not breaking,
            "changes": [*map(_json, changes)],
        }
        show_document(document(args.command, code, content))
        return code
    show(_lines(changes))
    return code


def _lines(changes: list[Change]) -> list[str]:
    # Breaking changes first.
    ordered = sorted(changes, key=lambda change: not change.breaking)
    lines = [told(f"{'breaking' if one.breaking else 'compatible':<10}  {one}") for one in ordered]
    count = sum(change.breaking for change in changes)
    if count:
        return [*lines, f"breaking: {count} of {counted(len(changes), 'change')}"]
    return [*lines, f"compatible: {counted(len(changes), 'change')}" if changes else "no changes"]


def _json(change: Change) -> dict[str, object]:
    return {
        "contract": change.contract,
        "column": change.column,
        "what": change.what,
        "old": change.before,
        "new": change.after,
        "compatible": not change.breaking,
    }


def _contracts(args: argparse.Namespace, name: str) -> Mapping[str, Contract]:
    """Return the contracts of a spec: a file, a revision, or a file in a revision.

    Raises:
        UsageError: There is no such spec, or its contracts have errors.
    """
    file = Path(name)
    if is_regular(file):
        return _read(args, name, file, bounds_of(args, file))
    with tempfile.TemporaryDirectory() as folder:
        revision, colon, path = name.partition(":")
        # By default, it is the path of this spec.
        here = find_file(args.file) if args.file or not colon else Path.cwd() / "mlbuild.yaml"
        found = specs_at(here, revision, path if colon else None, Path(os.path.realpath(folder)))
        if found is None:
            help_ = "name a file, a git revision of this spec (HEAD~1), or a file in a revision (main:mlbuild.yaml)"
            raise UsageError(f"there is no spec '{shown(name)}'", help_)
        return _read(args, name, found, Bounds(os.path.realpath(folder)))


def _read(args: argparse.Namespace, name: str, file: Path, bounds: Bounds) -> Mapping[str, Contract]:
    found, errors = contracts_of(file, args.profiles, args.settings, bounds)
    if errors:
        first, *others = errors
        more = f", and {counted(len(others), 'other error')}" if others else ""
        place = f"{shown(name)}:{first.span.line}:{first.span.column}"
        raise UsageError(f"{place}: {first.message}{more}", first.help or "run mlbuild check")
    return found

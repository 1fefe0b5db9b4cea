"""`mlbuild explain CODE`: what the code of a diagnostic means, and what to do."""

from __future__ import annotations

import argparse
from typing import Any

from mlbuild.cli.exits import OK, UsageError
from mlbuild.cli.output.document import document
from mlbuild.cli.output.printing import show, show_document
from mlbuild.cli.output.problems.explanations import as_text, explanations
from mlbuild.diagnostics import CODES, WARNINGS
from mlbuild.hints import did_you_mean

FORMATS = ("text", "json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "code",
        nargs="?",
        metavar="CODE",
        help="the code of an error, as in error[CODE] (default: list all codes)",
    )


def run(args: argparse.Namespace) -> int:
    if args.code is not None and args.code not in CODES:
        near = did_you_mean(args.code, CODES)
        raise UsageError(f"unknown code '{args.code}'", near or "'mlbuild explain' lists all codes")
    if args.json:
        codes = [args.code] if args.code else [*CODES]
        show_document(document("explain", OK, {"codes": [_json(code) for code in codes]}))
    elif args.code:
        head = f"{_severity(args.code)}[{args.code}]: {CODES[args.code]}"
        show([head, "", *as_text(explanations()[args.code]).split("\n")])
    else:
        width = max(map(len, CODES))
        show(f"{_severity(code):<7}  {code:<{width}}  {text}" for code, text in CODES.items())
    return OK


def _severity(code: str) -> str:
    return "warning" if code in WARNINGS else "error"


def _json(code: str) -> dict[str, Any]:
    return {
        "code": code,
        "severity": _severity(code),
        "meaning": CODES[code],
        "explanation": explanations()[code],
    }

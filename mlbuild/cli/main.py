"""The command line: shared options, the table of commands, and how errors are reported.

Only what is necessary is imported here, so that `--help` costs little more than argparse.
"""

from __future__ import annotations

import argparse
import importlib
import io
import os
import sys

from mlbuild import __version__
from mlbuild.cli.commands import THEME, VERBS
from mlbuild.cli.exits import CUT_OFF, INTERNAL, INTERRUPTED, OK, UNREACHABLE, USAGE, Stopped, UsageError
from mlbuild.cli.interrupt import SAID, telling
from mlbuild.cli.output.printing import page, put
from mlbuild.cli.unchanged import tell, write
from mlbuild.cli.words import ALIASES, asked_format, verb_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any, NoReturn, TextIO, TypeVar

    T = TypeVar("T")

_EPILOG = """exit codes:
  0 success, 1 task failed, 2 wrong usage or spec, 3 data or contract error, 4 gate failed, 5 parity failed,
  6 stale (status, plan --exit-code), 7 lock file would change (--locked), or store, database or server not available,
  70 internal error, 130 interrupted"""


def main(argv: list[str]) -> int:
    """Run one command and return its exit code. A JSON or SARIF document is printed however the command ends."""
    stdout, held, format_ = sys.stdout, io.StringIO(), asked_format(argv)
    sys.stdout = held if format_ in ("json", "sarif") else _Results(stdout)
    try:
        code, told = _ended(argv)
    finally:
        broken = getattr(sys.stdout, "broken", False)
        sys.stdout = None if broken else stdout
    pieces = [(sys.stdout, held.getvalue())]
    if told is not None:
        pieces = [_told(told, code, "text" if broken else format_, verb_of(argv))]
    telling()
    return tell(pieces) or code


def _project() -> ModuleType:
    return importlib.import_module("mlbuild.cli.project")


def _module(verb: str) -> ModuleType:
    return importlib.import_module(f"mlbuild.cli.commands.{THEME[verb]}.{verb}")


def _told(told: Stopped, code: int, format_: str, verb: str | None) -> tuple[TextIO | None, str]:
    """Return how the end of a command is reported in the requested format, and where."""
    if format_ == "json":
        document = importlib.import_module("mlbuild.cli.output.document").document
        text = document(verb if verb in VERBS else None, code, told.content())
    elif format_ in ("github", "sarif"):
        text = importlib.import_module("mlbuild.cli.output.problems.notices").of_end(told, code, format_)
    else:
        return sys.stderr, page(told.text())
    return sys.stdout, f"{text}\n"


class _Results(io.TextIOBase):
    """Standard output. If it cannot be written, the command ends."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream  # None if it is closed
        self.broken = False

    def write(self, text: str) -> int:
        return self._done(lambda stream: write(stream, text)) or len(text)

    def flush(self) -> None:
        self._done(lambda stream: stream.flush())

    def close(self) -> None:
        """Do nothing, because others use the stream, too. Otherwise, it would be flushed when nobody handles errors."""

    def _done(self, action: Callable[[TextIO], T]) -> T | None:
        try:
            return None if self._stream is None else action(self._stream)
        except BrokenPipeError:
            raise
        except OSError as error:
            self.broken = True
            raise Stopped(f"cannot write the results: {error.strerror}", code=UNREACHABLE) from None

    def isatty(self) -> bool:
        return self._stream is not None and self._stream.isatty()


def _ended(argv: list[str]) -> tuple[int, Stopped | None]:
    """Run one command. Return its exit code, and what is still to be reported about how it ended."""
    try:
        args = _parse(argv)  # first, because --help ends here
        return importlib.import_module("mlbuild.cli.running").run_command(args, argv, _project), None
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else USAGE, None
    except Stopped as stopped:
        return stopped.code, stopped
    except KeyboardInterrupt:
        return INTERRUPTED, Stopped(SAID)
    except BrokenPipeError:  # nobody reads its progress any more
        return CUT_OFF, None
    except BaseException as error:  # any bug, in compiled libraries too, is reported with its own exit code
        missing: Stopped | None = importlib.import_module("mlbuild.cli.surroundings").missing(error)
        if missing is not None:
            return missing.code, missing
        import traceback

        put(sys.stderr, page(traceback.format_exc().splitlines()))
        help_ = "please report it with the output on standard error"
        return INTERNAL, Stopped(f"internal error (version {__version__})", help_)


def _parse(argv: list[str]) -> argparse.Namespace:
    verb = verb_of(argv)
    if verb is not None and verb not in VERBS:
        near = importlib.import_module("mlbuild.hints").did_you_mean(verb, [*VERBS, *ALIASES])
        raise UsageError(f"unknown command '{verb}'", near or f"available commands: {', '.join(VERBS)}")
    parser = _parser(verb)
    args, unknown = parser.parse_known_args(argv)
    if unknown:
        prog = f"mlbuild {verb}" if verb else "mlbuild"
        raise UsageError(f"unrecognized arguments: {' '.join(unknown)}", f"run '{prog} --help' for usage")
    if args.command is None:
        if argv:
            raise UsageError("no command given", f"available commands: {', '.join(VERBS)}")
        parser.print_help()
        raise SystemExit(OK)
    args.command = ALIASES.get(args.command, args.command)
    args.json = args.format == "json"
    args.logged, args.noted, args.bounds = [], [], []
    for name in ("profiles", "settings"):
        setattr(args, name, getattr(args, f"{name}_before") + getattr(args, f"{name}_behind", []))
    if args.directory:
        try:
            os.chdir(args.directory)
        except OSError as error:
            raise UsageError(f"cannot change to '{args.directory}': {error.strerror}") from None
    args.module = _module(args.command)
    return args


class _Parser(argparse.ArgumentParser):
    """A parser that does not accept abbreviated options, and reports errors like the rest of mlbuild."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, f"run '{self.prog} --help' for usage")


def _parser(verb: str | None) -> argparse.ArgumentParser:
    """Return the parser. Only the used command defines its arguments, because that imports its module."""
    parser = _Parser(
        prog="mlbuild",
        description="Build machine-learning models from a YAML spec. Each output is one verified ONNX file.",
        epilog=_EPILOG,
        formatter_class=_help_formatter,
    )
    parser.add_argument("--version", action="version", version=f"mlbuild {__version__}")
    _add_shared(parser, default=None)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for name, text in VERBS.items():
        aliases = [alias for alias, meant in ALIASES.items() if meant == name]
        command = commands.add_parser(
            name,
            help=text,
            description=text[0].upper() + text[1:] + ".",
            aliases=aliases,
            formatter_class=_help_formatter,
        )
        if verb == name:
            _add_shared(command, default=argparse.SUPPRESS)
            _module(name).add_arguments(command)
    return parser


def _help_formatter(prog: str) -> argparse.HelpFormatter:
    """Use lines as wide as the terminal, without importing shutil as argparse would."""
    wanted = os.environ.get("COLUMNS", "")
    try:
        columns = int(wanted) if wanted.isdecimal() and len(wanted) < 6 else os.get_terminal_size().columns
    except OSError:  # not a terminal
        columns = 80
    return argparse.RawDescriptionHelpFormatter(prog, width=columns - 2)


def _add_shared(parser: argparse.ArgumentParser, default: Any) -> None:
    """Add options that can be before or after the command.

    The parser of the command must not overwrite those before it.
    """

    def unless(value: Any) -> Any:
        return value if default is None else default

    parser.add_argument(
        "-C", "--directory", metavar="DIR", default=unless(None), help="change to this folder first"
    )
    parser.add_argument(
        "-f",
        "--file",
        metavar="FILE",
        default=unless(None),
        help="spec file (default: mlbuild.yaml, or the only *.mlbuild.yaml)",
    )
    where = "before" if default is None else "behind"
    parser.add_argument(
        "--profile",
        dest=f"profiles_{where}",
        metavar="NAME",
        action="append",
        default=unless([]),
        help="apply a profile of the spec (repeatable; default: $MLBUILD_PROFILE)",
    )
    parser.add_argument(
        "--set",
        dest=f"settings_{where}",
        metavar="PATH=VALUE",
        action="append",
        default=unless([]),
        help="set a value of the spec, such as models.late.params.num_leaves=31 (repeatable)",
    )
    parser.add_argument(
        "--format",
        choices=["text", "json", "github", "sarif"],
        default=unless("text"),
        help="output format (default: text)",
    )
    parser.add_argument(
        "--json",
        dest="format",
        action="store_const",
        const="json",
        default=default or argparse.SUPPRESS,
        help="same as --format json",
    )
    parser.add_argument(
        "--no-samples",
        action="store_true",
        default=unless(False),
        help="do not quote data values in messages, only counts and row numbers",
    )
    parser.add_argument(
        "--allow-outside",
        action="store_true",
        default=unless(False),
        help="allow specs, included files and sources outside the git repository of the spec, or outside its folder if there is no repository (MLBUILD_ALLOW_OUTSIDE)",
    )
    parser.add_argument(
        "-q", "--quiet", action="store_true", default=unless(False), help="do not print progress and warnings"
    )
    parser.add_argument("--no-color", action="store_true", default=unless(False), help="do not use colors")

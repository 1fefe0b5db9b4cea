"""Answers `build`, `plan` and `status` for a project that has not changed since it was found up to date.

A snapshot contains the answers, and the facts that they depend on: times, sizes and inodes of every file and folder
that was looked at. If there is any doubt, there is no answer, and the command runs normally. All of this runs
before anything else, so it imports only modules that every Python process has already loaded.
"""

import _imp
import gc
import os
import sys
import time

from mlbuild.cli.request import Request, find_spec, read_request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TextIO

    Snapshot = dict[str, list[str]]

#: The results of `look`: nothing is certain; everything still holds; or files of the project were touched.
UNKNOWN, UNCHANGED, TOUCHED = range(3)

#: The folder of the snapshots in `.mlbuild`.
FOLDER = "snapshots"

#: The fields of a snapshot, in order. Each is a list of texts: `variables` and their traces, when something was last
#: `fetched`, when it is due and on which CPU something was measured, paths that are `absent`, everything that is `installed` and its trace, `specs` and
#: their facts, what each of these has `said`, files that are `named` by variables and their facts, other files and
#: folders of the `project` and their trace; and for each command what it prints: warnings without and with colors,
#: results without and with colors, and the rest.
FIELDS = (
    "variables",
    "fetched",
    "absent",
    "installed",
    "specs",
    "said",
    "named",
    "project",
    "build",
    "plan",
    "status",
)

#: Separates paths, and surrounds the name of a variable in one. In a text it surrounds a time in seconds since
#: 1970, which is printed as an age; without a time, the duration of the command is printed.
MARK = "\0"

_HEAD = b"mlbuild snapshot 3\n"
#: Separators between fields, and after each text of a field. UTF-8 does not contain these bytes.
_FIELD, _TEXT = b"\xff", b"\xfe"
#: A snapshot is never a link or a pipe.
_PLAIN = (
    os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
)
_HASH_KEY = 0x6D6C6275696C64
_HASH_BYTES = 8
_STARTED = time.perf_counter()
#: When this process started, by the clock of the file system.
BEGAN_NS = time.time_ns()


class FoundSnapshot:
    """A snapshot that was found for a request."""

    def __init__(self, request: Request, snapshot: "Snapshot") -> None:
        self.request, self.snapshot = request, snapshot

    def pieces(self) -> "list[tuple[TextIO | None, str]]":
        """Return what is to be printed, in order."""
        asked = self.request
        *texts, told = self.snapshot[asked.verb]
        result = texts[2 + (not asked.plain and colored(sys.stdout))]
        if asked.quiet:
            return [(sys.stdout, dated(result))]
        warning = texts[not asked.plain and colored(sys.stderr)]
        return [(sys.stderr, warning), (sys.stdout, dated(result)), (sys.stderr, dated(told))]


def look(argv: list[str]) -> "tuple[int, FoundSnapshot | None]":
    """Return whether what is known about a project still holds, and the snapshot for a command line, if it may hold."""
    request = read_request(argv)
    collecting = gc.isenabled()
    gc.disable()  # nothing that is loaded here is garbage
    try:
        if request is None or not find_spec(request):
            return UNKNOWN, None
        snapshot = read_snapshot(request)
        state = _compared(request.root, snapshot)
        return (state, FoundSnapshot(request, snapshot)) if state else (UNKNOWN, None)
    except (OSError, ValueError):
        return UNKNOWN, None
    finally:
        if collecting:
            gc.enable()


def snapshot_name(selection: str) -> str:
    """Return the file name of a snapshot."""
    return hashed(selection.encode()).hex()


def read_snapshot(request: Request) -> "Snapshot":
    """Return the snapshot for a request.

    Raises:
        OSError, ValueError: There is none, or it is damaged.
    """
    selection = request.selection()
    file = os.open(f"{request.root}.mlbuild/{FOLDER}/{snapshot_name(selection)}", _PLAIN)
    try:
        return unsealed(os.read(file, os.fstat(file).st_size), selection)
    finally:
        os.close(file)


def sealed(snapshot: "Snapshot", selection: str) -> bytes:
    """Serialize a snapshot, so that it is valid only for this selection."""
    fields = (
        b"".join(text.encode("utf-8", "surrogatepass") + _TEXT for text in snapshot[name]) for name in FIELDS
    )
    body = _FIELD.join(fields)
    return _HEAD + hashed(selection.encode() + body) + body


def unsealed(content: bytes, selection: str) -> "Snapshot":
    """Read a snapshot from sealed bytes.

    Raises:
        ValueError: They were not sealed for this selection.
    """
    start = len(_HEAD) + _HASH_BYTES
    head, seal, body = content[: len(_HEAD)], content[len(_HEAD) : start], content[start:]
    if head != _HEAD or seal != hashed(selection.encode() + body):
        raise ValueError("not a snapshot of this command")
    fields = [
        [text.decode("utf-8", "surrogatepass") for text in field.split(_TEXT)[:-1]]
        for field in body.split(_FIELD)
    ]
    return dict(zip(FIELDS, fields, strict=True))


def hashed(content: bytes) -> bytes:
    """Return the hash that Python uses to check its bytecode, which is available without any import."""
    return _imp.source_hash(_HASH_KEY, content)


def facts(path: str) -> tuple[int, int, int, int]:
    """Return facts that change when a file or folder does.

    Raises:
        OSError: It does not exist.
    """
    found = os.stat(path)
    return found.st_mtime_ns, found.st_size, found.st_ino, found.st_ctime_ns


def told(found: "Iterable[int]") -> str:
    """Format facts as text."""
    return " ".join(map(str, found))


def variable(name: str) -> str:
    """Return a trace of an environment variable, which does not reveal its value."""
    return hashed(repr(os.environ.get(name)).encode()).hex()


def expanded(path: str) -> str:
    """Replace the names of variables between marks in a path by their values."""
    parts = path.split(MARK)
    parts[1::2] = [os.environ[name] for name in parts[1::2]]
    return "".join(parts)


def _compared(root: str, snapshot: "Snapshot") -> int:
    """Return how much of a snapshot still holds.

    Raises:
        OSError: Something that was looked at no longer exists.
    """
    if any(variable(name) != known for name, known in pairs(snapshot["variables"])):
        return UNKNOWN
    if is_due(*snapshot["fetched"]):
        return UNKNOWN
    if any(os.path.lexists(path) for path in snapshot["absent"]):
        return UNKNOWN
    named = pairs(snapshot["named"])
    if any(told(facts(os.path.join(root, expanded(path)))) != known for path, known in named):
        return UNKNOWN
    if not _same("", *snapshot["installed"]):
        return UNKNOWN
    specs = [told(facts(root + name)) for name in snapshot["specs"][::2]]
    return UNCHANGED if _same(root, *snapshot["project"]) and specs == snapshot["specs"][1::2] else TOUCHED


def is_due(since: str = "0", due: str = "inf", machine: str = "") -> bool:
    """Whether something must be fetched again, which was fetched `since` and is `due` at these times, or measured again,
    because it was measured on another machine.
    """
    if machine:
        import importlib  # few projects measure anything

        if importlib.import_module("mlbuild.process.machine").cpu() != machine:
            return True
    return not float(since) <= time.time() < float(due)


def pairs(texts: list[str]) -> "Iterable[tuple[str, str]]":
    """Yield names and what is known about each, which alternate in the list."""
    return zip(texts[::2], texts[1::2], strict=True)


def _same(folder: str, paths: str, known: str) -> bool:
    """Whether the facts of all paths in a folder have a known trace.

    Raises:
        OSError: One of them no longer exists.
    """
    stats = [os.stat(folder + path) for path in paths.split(MARK)]
    now = [fact for stat in stats for fact in (stat.st_mtime_ns, stat.st_size, stat.st_ino, stat.st_ctime_ns)]
    return trace(now) == known


def trace(found: list[int]) -> str:
    """Return one number for the facts of many files, which is much smaller and also reveals differences."""
    return str(hash(tuple(found)))


def dated(text: str) -> str:
    """Replace the times in a text by their ages."""
    parts = text.split(MARK)
    for index in range(1, len(parts), 2):
        parts[index] = age(int(parts[index])) if parts[index] else f"{time.perf_counter() - _STARTED:.2f}"
    return "".join(parts)


def age(since: int) -> str:
    """Format how long ago a time in seconds since 1970 is."""
    seconds = max(0, int(time.time()) - since)
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= length:
            count = seconds // length
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return "just now"


def colored(stream: "TextIO | None") -> bool:
    """Whether a stream is a terminal, and the user has not disabled colors."""
    return stream is not None and stream.isatty() and not os.environ.get("NO_COLOR")


def tell(pieces: "Iterable[tuple[TextIO | None, str]]") -> int:
    """Print texts, and what is still buffered. Return 0, or the exit code if results cannot be printed."""
    for stream, text in (*pieces, (sys.stdout, ""), (sys.stderr, "")):
        try:
            if stream is not None:  # closed before the command started
                write(stream, text) if text else None  # a full disk refuses even an empty text
                stream.flush()
        except BrokenPipeError:  # the reader has gone, as with `| head`
            return 141
        except OSError as error:
            if stream is sys.stdout:
                return _untold(error)
    return 0


def write(stream: "TextIO", text: str) -> int:
    """Write a text, as UTF-8 if its characters do not exist in the encoding of the stream."""
    try:
        return stream.write(text)
    except UnicodeEncodeError:
        stream.flush()
        stream.buffer.write(text.encode("utf-8", "surrogateescape"))
        return len(text)


def _untold(error: OSError) -> int:
    """Report why results cannot be printed, if that is possible."""
    try:  # noqa: SIM105  # contextlib would have to be loaded
        os.write(2, f"mlbuild: cannot write the results: {error.strerror}\n".encode())
    except OSError:
        pass
    return 7

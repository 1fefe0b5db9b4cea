"""Answers `build`, `plan` and `status` of a project in which nothing has changed since it was found up to date.

A snapshot holds the answers, and the facts that they rest on: times, size and inode of every file and folder that was
looked at. Any doubt is no answer, and the command goes its full way. All of this runs before anything else, so it
imports only what every Python process holds already.
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

#: What `look` finds: nothing that is known surely holds; everything does; files of the project were touched.
UNKNOWN, UNCHANGED, TOUCHED = range(3)

#: The folder of the snapshots in `.mlbuild`.
FOLDER = "snapshots"

#: What a snapshot consists of, in order, each a list of texts: `variables` and their traces, paths that are `absent`, all
#: that is `installed` and its trace, `specs` and their facts, what is `said` in each of these, files that are `named` by
#: variables and their facts, other files and folders of the `project` and their trace; and by verb what is told: warnings
#: without and with colours, results without and with colours, and the rest.
FIELDS = ("variables", "absent", "installed", "specs", "said", "named", "project", "build", "plan", "status")

#: Stands between paths, and around the name of a variable in one; in a text around a time, in seconds since 1970, that
#: is told as an age. Without a time the seconds that the command took are told.
MARK = "\0"

_HEAD = b"mlbuild snapshot 2\n"
#: Between fields, and behind each text of one: no UTF-8 has these bytes.
_FIELD, _TEXT = b"\xff", b"\xfe"
#: No link and no pipe is a snapshot.
_PLAIN = (
    os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
)
_HASH_KEY = 0x6D6C6275696C64
_HASH_BYTES = 8
_STARTED = time.perf_counter()
#: When this process began, by the clock of files.
BEGAN_NS = time.time_ns()


class Answer:
    """A snapshot that was found for a request."""

    def __init__(self, request: Request, snapshot: "Snapshot") -> None:
        self.request, self.snapshot = request, snapshot

    def pieces(self) -> "list[tuple[TextIO | None, str]]":
        """What is to be told, in order."""
        asked = self.request
        *texts, told = self.snapshot[asked.verb]
        result = texts[2 + (not asked.plain and colored(sys.stdout))]
        if asked.quiet:
            return [(sys.stdout, dated(result))]
        warning = texts[not asked.plain and colored(sys.stderr)]
        return [(sys.stderr, warning), (sys.stdout, dated(result)), (sys.stderr, dated(told))]


def look(argv: list[str]) -> "tuple[int, Answer | None]":
    """Whether what is known about a project still holds, and the answer to a command line if there may be one."""
    request = read_request(argv)
    collecting = gc.isenabled()
    gc.disable()  # of what is loaded here, nothing is garbage
    try:
        if request is None or not find_spec(request):
            return UNKNOWN, None
        snapshot = read_snapshot(request)
        state = _compared(request.root, snapshot)
        return (state, Answer(request, snapshot)) if state else (UNKNOWN, None)
    except (OSError, ValueError):
        return UNKNOWN, None
    finally:
        if collecting:
            gc.enable()


def snapshot_name(selection: str) -> str:
    """The name of the file of a snapshot."""
    return hashed(selection.encode()).hex()


def read_snapshot(request: Request) -> "Snapshot":
    """The snapshot for a request.

    Raises:
        OSError, ValueError: there is none that is whole.
    """
    selection = request.selection()
    file = os.open(f"{request.root}.mlbuild/{FOLDER}/{snapshot_name(selection)}", _PLAIN)
    try:
        return unsealed(os.read(file, os.fstat(file).st_size), selection)
    finally:
        os.close(file)


def sealed(snapshot: "Snapshot", selection: str) -> bytes:
    """A snapshot as bytes that are good for this selection only."""
    fields = (
        b"".join(text.encode("utf-8", "surrogatepass") + _TEXT for text in snapshot[name]) for name in FIELDS
    )
    body = _FIELD.join(fields)
    return _HEAD + hashed(selection.encode() + body) + body


def unsealed(content: bytes, selection: str) -> "Snapshot":
    """The snapshot in sealed bytes.

    Raises:
        ValueError: they are not what was sealed for this selection.
    """
    start = len(_HEAD) + _HASH_BYTES
    head, seal, body = content[: len(_HEAD)], content[len(_HEAD) : start], content[start:]
    if head != _HEAD or seal != hashed(selection.encode() + body):
        raise ValueError("this is no snapshot for it")
    fields = [
        [text.decode("utf-8", "surrogatepass") for text in field.split(_TEXT)[:-1]]
        for field in body.split(_FIELD)
    ]
    return dict(zip(FIELDS, fields, strict=True))


def hashed(content: bytes) -> bytes:
    """The hash that Python checks its own bytecode with: it is at hand without any import."""
    return _imp.source_hash(_HASH_KEY, content)


def facts(path: str) -> tuple[int, int, int, int]:
    """What changes when a file or folder does.

    Raises:
        OSError: it is not there.
    """
    found = os.stat(path)
    return found.st_mtime_ns, found.st_size, found.st_ino, found.st_ctime_ns


def told(found: "Iterable[int]") -> str:
    """Facts as a text."""
    return " ".join(map(str, found))


def variable(name: str) -> str:
    """A trace of a variable of the environment, whose value is nobody's business."""
    return hashed(repr(os.environ.get(name)).encode()).hex()


def expanded(path: str) -> str:
    """A path in which the names of variables stand between marks, with their values."""
    parts = path.split(MARK)
    parts[1::2] = [os.environ[name] for name in parts[1::2]]
    return "".join(parts)


def _compared(root: str, snapshot: "Snapshot") -> int:
    """How much of a snapshot still holds.

    Raises:
        OSError: something that was looked at is gone.
    """
    if any(variable(name) != known for name, known in pairs(snapshot["variables"])):
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


def pairs(texts: list[str]) -> "Iterable[tuple[str, str]]":
    """Names and what is known of each, which stand in turn."""
    return zip(texts[::2], texts[1::2], strict=True)


def _same(folder: str, paths: str, known: str) -> bool:
    """Whether the facts of all paths in a folder leave a known trace.

    Raises:
        OSError: one of them is gone.
    """
    stats = [os.stat(folder + path) for path in paths.split(MARK)]
    now = [fact for stat in stats for fact in (stat.st_mtime_ns, stat.st_size, stat.st_ino, stat.st_ctime_ns)]
    return trace(now) == known


def trace(found: list[int]) -> str:
    """One number for the facts of many files: much smaller than these, and as good to see a difference."""
    return str(hash(tuple(found)))


def dated(text: str) -> str:
    """A text with the ages of its times."""
    parts = text.split(MARK)
    for index in range(1, len(parts), 2):
        parts[index] = age(int(parts[index])) if parts[index] else f"{time.perf_counter() - _STARTED:.2f}"
    return "".join(parts)


def age(since: int) -> str:
    """How long ago a time in seconds since 1970 is."""
    seconds = max(0, int(time.time()) - since)
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= length:
            count = seconds // length
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return "just now"


def colored(stream: "TextIO | None") -> bool:
    """Whether a person looks at a stream, and has not asked for no colours."""
    return stream is not None and stream.isatty() and not os.environ.get("NO_COLOR")


def tell(pieces: "Iterable[tuple[TextIO | None, str]]") -> int:
    """Print texts and what is still to be written; returns 0, or the exit code where results cannot be told."""
    for stream, text in (*pieces, (sys.stdout, ""), (sys.stderr, "")):
        try:
            if stream is not None:  # closed before the command began
                stream.write(text) if text else None  # a full disk does not even take nothing
                stream.flush()
        except BrokenPipeError:  # the reader has gone, as `| head` does
            return 141
        except OSError as error:
            if stream is sys.stdout:
                return _untold(error)
    return 0


def _untold(error: OSError) -> int:
    """Say why results cannot be told, if that can be."""
    try:  # noqa: SIM105  # contextlib would have to be loaded
        os.write(2, f"mlbuild: the results cannot be written: {error.strerror}\n".encode())
    except OSError:
        pass
    return 7

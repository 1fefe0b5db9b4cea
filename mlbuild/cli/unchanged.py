"""Answers `build`, `plan` and `status` of a project in which nothing has changed since it was found up to date.

A snapshot holds the answers, and the facts that they rest on: times, size and inode of every file and folder that was
looked at. Any doubt is no answer, and the command goes its full way. All of this runs before anything else, so it
imports only what every Python process holds already.
"""

import _imp
import gc
import marshal
import os
import sys
import time

from mlbuild import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, TextIO

#: What `look` finds: nothing that is known surely holds; everything does; files of the project were touched.
UNKNOWN, UNCHANGED, TOUCHED = range(3)

#: The folder of the snapshots in `.mlbuild`.
FOLDER = "snapshots"

#: Stands between paths, and around the name of a variable in one; in a text around a time, in seconds since 1970, that
#: is told as an age. Without a time the seconds that the command took are told.
MARK = "\0"

_HEAD = b"mlbuild snapshot 1\n"
_HASH_KEY = 0x6D6C6275696C64
_HASH_BYTES = 8
_STARTED = time.perf_counter()
#: When this process began, by the clock of files.
BEGAN_NS = time.time_ns()

_DEFAULT = "mlbuild.yaml"
_VALUED = {
    "-C": "directory",
    "--directory": "directory",
    "-f": "file",
    "--file": "file",
    "--profile": "profiles",
    "--set": "settings",
}
_SWITCHES = {"-q": "quiet", "--quiet": "quiet", "--no-color": "plain"}
_SWITCHES |= {"--allow-outside": "outside", "--no-samples": "private"}
#: Options of a command that change nothing where there is nothing to do.
_IDLE = {
    "build": ("-k", "--keep-going", "-n", "--dry-run"),
    "plan": ("-k", "--keep-going", "--exit-code"),
    "status": (),
}
_COUNTED = ("-j", "--jobs", "--threads")


class Request:
    """What a command line asks for, as far as an answer depends on it."""

    def __init__(self, file: str = "") -> None:
        self.verb = self.directory = ""
        self.file = file
        self.profiles: list[str] = []
        self.settings: list[str] = []
        self.targets: list[str] = []
        self.quiet = self.plain = self.outside = self.private = False

    @property
    def root(self) -> str:
        """The folder of the spec, from here: empty, or with a slash at its end."""
        return os.path.join(self.directory, os.path.dirname(self.file), "")

    def selection(self) -> str:
        """All that is known before anything is read, and which snapshot is meant by it."""
        ours = [(name, os.environ[name]) for name in sorted(os.environ) if name.startswith("MLBUILD_")]
        words = (self.file, self.profiles, self.settings, self.targets, self.outside)
        return repr((__version__, sys.version, sys.path, *words, ours))


class Answer:
    """A snapshot that was found for a request."""

    def __init__(self, request: Request, snapshot: "dict[str, Any]") -> None:
        self.request, self.snapshot = request, snapshot

    def pieces(self) -> "list[tuple[TextIO | None, str]]":
        """What is to be told, in order."""
        asked = self.request
        warnings, results, told = self.snapshot["texts"][asked.verb]
        result = results[not asked.plain and colored(sys.stdout)]
        if asked.quiet:
            return [(sys.stdout, dated(result))]
        warning = warnings[not asked.plain and colored(sys.stderr)]
        return [(sys.stderr, warning), (sys.stdout, dated(result)), (sys.stderr, dated(told))]


def look(argv: list[str]) -> "tuple[int, Answer | None]":
    """Whether what is known about a project still holds, and the answer to a command line if there may be one."""
    request = read_request(argv)
    collecting = gc.isenabled()
    gc.disable()  # of what is loaded here, nothing is garbage
    try:
        if request is None or not _find_spec(request):
            return UNKNOWN, None
        snapshot = read_snapshot(request)
        state = _compared(request.root, snapshot)
        return (state, Answer(request, snapshot)) if state else (UNKNOWN, None)
    except (OSError, EOFError, TypeError, ValueError):
        return UNKNOWN, None
    finally:
        if collecting:
            gc.enable()


def read_request(argv: list[str]) -> "Request | None":
    """What a command line asks for; None for every word that is not surely understood."""
    request = Request()
    words = iter(argv)
    typed = former = ""
    for word in words:
        if word in _VALUED:
            value = next(words, "")
            if not value or value.startswith("-"):
                return None
            former = ""
            given = getattr(request, _VALUED[word])
            setattr(request, _VALUED[word], value if isinstance(given, str) else [*given, value])
        elif word in _SWITCHES:
            setattr(request, _SWITCHES[word], True)
            former = ""
        elif not typed and word in _IDLE:
            typed = request.verb = word
        elif typed and word in _IDLE[typed]:
            request.verb, former = "plan" if word in ("-n", "--dry-run") else request.verb, ""
        elif typed == "build" and word in _COUNTED:
            value, former = next(words, ""), ""
            if not value.isdecimal() or int(value) < 1:
                return None
        elif not typed or word.startswith("-") or (request.targets and not former):
            return None
        else:
            request.targets.append(word)
            former = word
    return request if typed else None


def _find_spec(request: Request) -> bool:
    """Name the spec that is meant; False where that is not clear."""
    if not request.file and os.path.isfile(os.path.join(request.directory, _DEFAULT)):
        request.file = _DEFAULT
    elif not request.file:
        names = [name for name in os.listdir(request.directory or ".") if name.endswith(f".{_DEFAULT}")]
        request.file = names[0] if len(names) == 1 else ""
    return bool(request.file)


def snapshot_name(selection: str) -> str:
    """The name of the file of a snapshot."""
    return hashed(selection.encode()).hex()


def read_snapshot(request: Request) -> "dict[str, Any]":
    """The snapshot for a request.

    Raises:
        OSError, EOFError, TypeError, ValueError: there is none that is whole.
    """
    selection = request.selection()
    with open(f"{request.root}.mlbuild/{FOLDER}/{snapshot_name(selection)}", "rb", 0) as file:
        return unsealed(file.read(), selection)


def sealed(snapshot: "dict[str, Any]", selection: str) -> bytes:
    """A snapshot as bytes that are good for this selection only."""
    body = marshal.dumps(snapshot)
    return _HEAD + hashed(selection.encode() + body) + body


def unsealed(content: bytes, selection: str) -> "dict[str, Any]":
    """The snapshot in sealed bytes.

    Raises:
        EOFError, TypeError, ValueError: they are not what was sealed for this selection.
    """
    start = len(_HEAD) + _HASH_BYTES
    head, seal, body = content[: len(_HEAD)], content[len(_HEAD) : start], content[start:]
    if head != _HEAD or seal != hashed(selection.encode() + body):
        raise ValueError("this is no snapshot for it")
    snapshot: dict[str, Any] = marshal.loads(body)
    return snapshot


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


def variable(name: str) -> bytes:
    """A trace of a variable of the environment, whose value is nobody's business."""
    return hashed(repr(os.environ.get(name)).encode())


def expanded(path: str) -> str:
    """A path in which the names of variables stand between marks, with their values."""
    parts = path.split(MARK)
    parts[1::2] = [os.environ[name] for name in parts[1::2]]
    return "".join(parts)


def _compared(root: str, snapshot: "dict[str, Any]") -> int:
    """How much of a snapshot still holds.

    Raises:
        OSError: something that was looked at is gone.
    """
    if any(variable(name) != known for name, known in snapshot["variables"]):
        return UNKNOWN
    if any(os.path.lexists(path) for path in snapshot["absent"]):
        return UNKNOWN
    if any(facts(os.path.join(root, expanded(path))) != known for path, known in snapshot["named"]):
        return UNKNOWN
    if not _same("", *snapshot["installed"]):
        return UNKNOWN
    specs = {name: facts(root + name) for name in snapshot["specs"]}
    return UNCHANGED if _same(root, *snapshot["project"]) and specs == snapshot["specs"] else TOUCHED


def _same(folder: str, paths: str, known: int) -> bool:
    """Whether the facts of all paths in a folder leave a known trace.

    Raises:
        OSError: one of them is gone.
    """
    stats = [os.stat(folder + path) for path in paths.split(MARK)]
    now = [fact for stat in stats for fact in (stat.st_mtime_ns, stat.st_size, stat.st_ino, stat.st_ctime_ns)]
    return trace(now) == known


def trace(found: list[int]) -> int:
    """One number for the facts of many files: much smaller than these, and as good to see a difference."""
    return hash(tuple(found))


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

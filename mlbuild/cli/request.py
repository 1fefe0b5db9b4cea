"""Parses the command line, if it may be answered from a snapshot.

This runs before anything else, so it imports only modules that every Python process has already loaded.
"""

import os
import sys

from mlbuild import __version__

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
#: Options of a command that change nothing if there is nothing to do.
_IDLE = {
    "build": ("-k", "--keep-going", "-n", "--dry-run"),
    "plan": ("-k", "--keep-going", "--exit-code"),
    "status": (),
}
_COUNTED = ("-j", "--jobs", "--threads")


class Request:
    """The parts of a command line that the answer depends on."""

    def __init__(self, file: str = "") -> None:
        self.verb = self.directory = ""
        self.file = file
        self.profiles: list[str] = []
        self.settings: list[str] = []
        self.targets: list[str] = []
        self.quiet = self.plain = self.outside = self.private = False

    @property
    def root(self) -> str:
        """The folder of the spec, relative to the current one: empty, or ending with a slash."""
        return os.path.join(self.directory, os.path.dirname(self.file), "")

    def selection(self) -> str:
        """Everything that is known before anything is read. It identifies the snapshot.

        It includes the inode and time of a file in the store, which someone who sends us a folder cannot choose.
        The name and the seal of a snapshot therefore belong to this very folder.

        Raises:
            OSError: There is no store.
        """
        here = os.lstat(f"{self.root}.mlbuild/here")
        ours = [(name, os.environ[name]) for name in sorted(os.environ) if name.startswith("MLBUILD_")]
        words = (self.file, self.profiles, self.settings, self.targets, self.outside, self.private)
        place = (here.st_ino, here.st_ctime_ns)
        return repr((__version__, sys.version, sys.path, *words, ours, place))


def read_request(argv: list[str]) -> "Request | None":
    """Parse a command line; None if any word is not certainly understood."""
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
            if not value.isdecimal() or len(value) > 18 or int(value) < 1:
                return None
        elif not typed or word.startswith("-") or (request.targets and not former):
            return None
        else:
            request.targets.append(word)
            former = word
    return request if typed else None


def find_spec(request: Request) -> bool:
    """Find the spec and add it to the request; False if it is not clear which one is meant."""
    if not request.file and os.path.isfile(os.path.join(request.directory, _DEFAULT)):
        request.file = _DEFAULT
    elif not request.file:
        names = [name for name in os.listdir(request.directory or ".") if name.endswith(f".{_DEFAULT}")]
        request.file = names[0] if len(names) == 1 else ""
    return bool(request.file)

"""What a command line asks for, if it is one that may be answered from a snapshot.

This runs before anything else, so it imports only what every Python process holds already.
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
        """All that is known before anything is read, and which snapshot is meant by it.

        A file of the store is part of it that nobody can make who sends us a folder: by its inode and time, the name and
        the seal of a snapshot are those of this very folder.

        Raises:
            OSError: there is no store.
        """
        here = os.lstat(f"{self.root}.mlbuild/here")
        ours = [(name, os.environ[name]) for name in sorted(os.environ) if name.startswith("MLBUILD_")]
        words = (self.file, self.profiles, self.settings, self.targets, self.outside)
        place = (here.st_ino, here.st_ctime_ns)
        return repr((__version__, sys.version, sys.path, *words, ours, place))


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


def find_spec(request: Request) -> bool:
    """Name the spec that is meant; False where that is not clear."""
    if not request.file and os.path.isfile(os.path.join(request.directory, _DEFAULT)):
        request.file = _DEFAULT
    elif not request.file:
        names = [name for name in os.listdir(request.directory or ".") if name.endswith(f".{_DEFAULT}")]
        request.file = names[0] if len(names) == 1 else ""
    return bool(request.file)

"""A table in several files that servers keep: a list of URLs, and patterns of those whose servers list their files.

What is fetched is one content, an uncompressed zip file: its members are numbered, and `files.json` says what people
call each of them, and what its path says.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from mlbuild.data.file_tables import Member
from mlbuild.data.locators.locator import Located
from mlbuild.data.locators.patterns import different, partitions, path_fits, start
from mlbuild.data.locators.remote import Remote, Wanted, seconds_of
from mlbuild.data.locators.url import LARGEST, called_in_messages, is_url, mistake_in, trace, unreadable
from mlbuild.data.locators.variables import Expanded
from mlbuild.data.servers import SERVERS
from mlbuild.data.servers.address import Address, Entry
from mlbuild.data.servers.server import CHANGED, Listed, Server, absent, unreachable
from mlbuild.diagnostics import Path as At
from mlbuild.diagnostics import Problem, data_failure
from mlbuild.engine.canonical import canonical
from mlbuild.frozen import frozen
from mlbuild.params import Json
from mlbuild.progress import Report

if TYPE_CHECKING:
    from zipfile import ZipFile, ZipInfo

_INDEX = "files.json"
#: The most files that are searched: a list can have no end.
_MOST = 1_000_000


def locate_urls(
    written: Sequence[str],
    paths: Sequence[Expanded],
    places: Sequence[At],
    refresh: str,
    environment: Mapping[str, str],
) -> Located:
    """Locate the files at several URLs, or those that match a pattern, after variables were replaced."""
    called = ", ".join(map(called_in_messages, written))
    problems: list[Problem] = []
    items: list[Item] = []
    servers: dict[type[Server], At] = {}
    for text, path, at in zip(written, paths, places, strict=True):
        if not is_url(path.text):
            message = f"'{text}' is a local file, but other files of the source are on servers"
            help_ = "define a source for each, and combine them with a 'concat' step"
            problems.append(Problem("contradiction", message, at, help_))
            continue
        address = Address(path.text, called_in_messages(text))
        problem = mistake_in(text, address, SERVERS, environment, at, several=True)
        if problem is not None:
            problems.append(problem)
            continue
        server = SERVERS.named(address.scheme)
        servers.setdefault(server, at)
        items.append(Item(server, address, bool(path.names)))
    problems += (problem for server, at in servers.items() for problem in unreadable(server, at))
    place = "\0".join(item.server.place(item.address, environment) for item in items)
    names = [*(name for path in paths for name in path.names), *(n for s in servers for n in s.variables)]
    return Located(
        called=called,
        externals={},
        place=place,
        remote=RemoteFiles(called, trace(place), seconds_of(refresh), tuple(items)) if items else None,
        variables=tuple(dict.fromkeys(names)),
        partitions=(),
        problems=tuple(problems),
    )


@frozen
class Item:
    """One path of a source: the URL of a file, or a pattern. `hidden` says that a variable decides about it."""

    server: type[Server]
    address: Address
    hidden: bool

    def found(self) -> Iterator[Kept]:
        """Yield the files that match, sorted by name, with their versions.

        Raises:
            Failed: There is none, or the server is out of reach.
        """
        server, address = self.server, self.address
        if not server.is_pattern(address):
            with server.asked(address) as answer:
                version = answer.version
            yield Kept(server, address, address.called, version)
            return
        folder, listed = start(address.key), list[Listed]()
        for one in server.listed(address, folder):
            listed.append(one)
            if len(listed) > _MOST:
                raise data_failure(f"'{address.called}' searches more than {_MOST:,} files")
        # Programs that show buckets as folders write empty files as folders. Here they lack the slash at their end.
        marks = {one.key for one in listed if not one.size}
        if marks:
            marks &= {str(above) for one in listed for above in PurePosixPath(one.key).parents}
        files = {one.key: one for one in listed if one.key not in marks}
        matching = sorted(key for key in files if path_fits(key, address.key))
        if not matching:
            raise absent(address, "no file matches the pattern")
        for key in matching:
            called = key.removeprefix(folder) if self.hidden else f"{address.scheme}://{address.host}/{key}"
            yield Kept(server, Entry(address.url, called, key), called, files[key].version)


@frozen
class Kept:
    """A file that a server keeps, and its version, if the server knows one."""

    server: type[Server]
    address: Address
    called: str
    version: str | None

    @property
    def place(self) -> tuple[str, str, str, str]:
        address = self.address
        return address.scheme, address.host, address.key, address.query


@frozen
class RemoteFiles(Remote):
    """Files that servers keep, all of the same format and with the same columns."""

    items: tuple[Item, ...]

    def request(self, wanted: Wanted) -> Json:
        return {"paths": [item.address.called for item in self.items]}

    def uses(self) -> tuple[type, ...]:
        return (type(self), *dict.fromkeys(item.server for item in self.items))

    @contextmanager
    def opened(self, request: Json) -> Iterator[OpenedFiles]:
        yield OpenedFiles(self.items, self._found())

    def _found(self) -> list[Kept]:
        found: dict[tuple[str, str, str, str], Kept] = {}
        for item in self.items:
            for kept in item.found():
                if kept.place in found:
                    raise data_failure(f"'{kept.called}' is one of the files of an earlier path")
                found[kept.place] = kept
        files = [*found.values()]
        parts = [(one.called, partitions(one.address.key)) for one in files]
        other = next((one for one in parts if one[1].keys() != parts[0][1].keys()), None)
        if other is not None:
            raise data_failure(different(*parts[0], *other))
        return files


class OpenedFiles:
    """Files that are about to be read, as they were found."""

    def __init__(self, items: Sequence[Item], files: Sequence[Kept]) -> None:
        self._items, self._files = items, files

    def version(self) -> str | None:
        told = [[*one.place, one.version] for one in self._files]
        return None if any(one.version is None for one in self._files) else canonical(told).decode()

    def write(self, file: Path, progress: Report) -> None:
        """Write all contents into one new file. How many rows they have is known when they have been read.

        Raises:
            Failed: Of kind `store`: a file changed or was added meanwhile. Of kind `data`: one is gone, or they are too
                large.
        """
        from zipfile import ZipFile

        index = [[one.called, partitions(one.address.key)] for one in self._files]
        done = 0
        with ZipFile(file, "w") as whole:
            whole.writestr(_member(_INDEX), canonical(index))
            for number, one in enumerate(self._files):
                done += _copy(one, whole, number, done)
                progress(number + 1, len(self._files), "files")
        for item in self._items:
            if item.server.is_pattern(item.address) and not {*item.found()} <= {*self._files}:
                raise unreachable(item.address, CHANGED)


def _copy(kept: Kept, whole: ZipFile, number: int, before: int) -> int:
    """Fetch a file into a zip file, and return its size."""
    size = 0
    with kept.server.asked(kept.address) as answer:
        # A list can say less of a file than its own answer does, so `write` compares files in lists with a new list.
        alone = not isinstance(kept.address, Entry)
        if alone and kept.version is not None and answer.version != kept.version:
            raise unreachable(kept.address, CHANGED)
        with whole.open(_member(str(number)), "w", force_zip64=True) as out:
            for chunk in answer.chunks():
                size += len(chunk)
                if before + size > LARGEST:
                    raise data_failure(f"the files are larger than {LARGEST / 10**9:.0f} GB")
                out.write(chunk)
    return size


def _member(name: str) -> ZipInfo:
    """Return a member that has no time and no system: equal files are equal bytes."""
    from zipfile import ZipInfo

    member = ZipInfo(name)
    member.create_system = 3
    return member


@contextmanager
def unpacked(content: Path) -> Iterator[list[Member]]:
    """Return the files in what was fetched, in a folder that is removed afterwards."""
    import shutil
    import tempfile
    from zipfile import ZipFile

    with ZipFile(content) as whole, tempfile.TemporaryDirectory(prefix="mlbuild-") as folder:
        index = json.loads(whole.read(_INDEX))
        members = []
        for number, (called, known) in enumerate(index):
            file = Path(folder, str(number))
            with whole.open(str(number)) as one, file.open("wb") as out:
                shutil.copyfileobj(one, out, 1 << 20)
            members.append(Member(called, file, known))
        yield members

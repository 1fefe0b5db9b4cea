"""Joins a spec with the files that it includes into one tree, in which every key knows its file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path as FilePath

from mlbuild.data.locators.missing import missing
from mlbuild.diagnostics import Diagnostic, Path, Problem, Related, Span
from mlbuild.regular import SPEC_LIMIT
from mlbuild.spec.layers.bounds import HELP, Bounds
from mlbuild.spec.layers.files import read_spec
from mlbuild.spec.layers.overlay import map_like
from mlbuild.spec.sections import SECTIONS
from mlbuild.spec.shape.structure import included_problems
from mlbuild.spec.text.builder import MAX_DEPTH
from mlbuild.spec.text.tree import Document, Node


@dataclass
class Joined:
    """A spec with everything that it includes.

    `parts` are the individual files. `whole` is true if all could be read.
    """

    document: Document
    parts: list[Document]
    found: list[Diagnostic] = field(default_factory=list)
    whole: bool = True


def join(main: Document, bounds: Bounds) -> Joined:
    """Read what a spec includes, directly or indirectly, within its bounds, and join the sections with its own."""
    joined = Joined(main, [main])
    _IncludeReader(joined, bounds).below(main, (_identity(main.file),))
    parts = joined.parts
    if len(parts) > 1:
        mistakes = tuple(one for part in parts for one in part.mistakes)
        mistaken = tuple(path for part in parts for path in part.mistaken)
        joined.document = Document(_root(parts, joined.found), mistakes, mistaken)
    return joined


class _IncludeReader:
    """Reads included files, depth first, each once."""

    def __init__(self, joined: Joined, bounds: Bounds) -> None:
        self.joined, self.bounds = joined, bounds
        self.places: dict[str, Span] = {}
        self.left = SPEC_LIMIT

    def below(self, document: Document, chain: tuple[str, ...]) -> None:
        """Read what a file includes. `chain` are the files that lead to it, ending with itself."""
        for at, named in _included(document):
            file = FilePath(os.path.normpath(FilePath(document.file).parent / named))
            if problem := self._unreadable(file, named, at) or _too_deep(chain, at):
                self.joined.found.append(document.diagnostic(problem))
                self.joined.whole = False
                continue
            identity = _identity(str(file))
            if problem := self._repeated(identity, chain, named, at):
                self._tell(document, problem, identity)
                continue
            self.places[identity] = document.span(at)
            if part := self._read(file):
                self.joined.parts.append(part)
                self.below(part, (*chain, identity))

    def _unreadable(self, file: FilePath, named: str, at: Path) -> Problem | None:
        """Return why a file cannot be read, on its own or together with those before it.

        For a file outside the project, do not even reveal whether it exists.
        """
        if not self.bounds.hold(file):
            return Problem("outside-project", f"'{named}' is outside this project", at, HELP)
        if problem := missing(file, named, at, "the folder of this file"):
            return problem
        self.left -= file.stat().st_size
        if self.left < 0:
            message = f"cannot include '{named}': with it, the included files are larger than {SPEC_LIMIT // 1_000_000} MB"
            return Problem("missing-file", message, at)
        return None

    def _read(self, file: FilePath) -> Document | None:
        part = read_spec(file)
        if isinstance(part, Document):
            self.joined.found += [part.diagnostic(problem) for problem in included_problems(part.value)]
            return part
        self.joined.found += map(_of_included, part)
        self.joined.whole = False
        return None

    def _repeated(self, identity: str, chain: tuple[str, ...], named: str, at: Path) -> Problem | None:
        if identity in chain:
            names = [FilePath(one).name for one in (*chain[chain.index(identity) :], identity)]
            message = f"files include each other in a cycle: {' -> '.join(names)}"
            return Problem("cycle", message, at, "remove one of these includes")
        if identity in self.places:
            return Problem("duplicate-item", f"'{named}' is already included", at, "remove this line")
        return None

    def _tell(self, document: Document, problem: Problem, identity: str) -> None:
        """Report a file that is named again, with the place that named it first."""
        first = self.places.get(identity)
        related = (Related("first included here", first),) if first else ()
        self.joined.found.append(replace(document.diagnostic(problem), related=related))


def _of_included(diagnostic: Diagnostic) -> Diagnostic:
    """Reword an error about an included file that cannot be read. It does not have to start like a spec."""
    if diagnostic.code != "empty-spec":
        return diagnostic
    help_ = "define something in it, or remove it from 'include'"
    return replace(diagnostic, message="the included file is empty", help=help_)


def _included(document: Document) -> Iterator[tuple[Path, str]]:
    """Yield the files under `include`, each once with its place. Items that are not text are reported elsewhere."""
    node = document.root.children.get("include")
    items = {} if node is None else node.children if node.style == "[" else {None: node}
    seen: set[str] = set()
    for index, item in items.items():
        if isinstance(item.value, str) and item.value not in seen:
            seen.add(item.value)
            yield ("include",) if index is None else ("include", index), item.value


def _too_deep(chain: tuple[str, ...], at: Path) -> Problem | None:
    if len(chain) < MAX_DEPTH:
        return None
    return Problem("too-deep", f"includes are nested more than {MAX_DEPTH} levels deep", at)


def _identity(file: str) -> str:
    """Return the identity of a file, however it is named."""
    return os.path.realpath(file)


def _root(parts: list[Document], found: list[Diagnostic]) -> Node:
    """Return the root of the first file, with the sections of all files. Duplicate names are reported.

    If several files have the same `x-*` key, the first one is used.
    """
    root = parts[0].root
    children, keys = dict(root.children), dict(root.keys)
    for section in SECTIONS:
        key = section.key
        given = [part.root for part in parts if key in part.root.children]
        maps = [one for one in given if one.children[key].style == "{" or one is root]
        if maps and maps != [root]:
            keys[key] = maps[0].keys[key]
            children[key] = _section(section.one, [one.children[key] for one in maps], found)
    for part in (one.root for one in parts[1:]):
        own = [str(name) for name in part.children if str(name).startswith("x-") and name not in children]
        children |= {name: part.children[name] for name in own}
        keys |= {name: part.keys[name] for name in own}
    return map_like(root, children, keys)


def _section(noun: str, maps: list[Node], found: list[Diagnostic]) -> Node:
    first = maps[0]
    children, keys = dict(first.children), dict(first.keys)
    for one in maps[1:] if first.style == "{" else ():
        for name, child in one.children.items():
            if name in children:
                found.append(_twice(noun, str(name), (one, child), (keys[str(name)], children[name])))
            else:
                children[name], keys[str(name)] = child, one.keys[str(name)]
    return map_like(first, children, keys) if first.style == "{" else first


def _twice(
    noun: str, name: str, second: tuple[Node, Node], first: tuple[tuple[int, int], Node]
) -> Diagnostic:
    """Return the error for the second definition of a name, with a note on the first."""
    one, child = second
    place, defined = first
    message = f"{noun} '{name}' is defined twice"
    related = (Related("first defined here", defined.text.span(*place)),)
    here = child.text.span(*one.keys[name])
    return Diagnostic("duplicate-name", message, here, "remove or rename one of them", related)

"""Combines the files, profiles and settings of a spec into one tree, and reports what is wrong with the
combination.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path as FilePath

from mlbuild.diagnostics import Diagnostic, Problem
from mlbuild.hints import did_you_mean, listed
from mlbuild.spec.layers.bounds import Bounds
from mlbuild.spec.layers.includes import join
from mlbuild.spec.layers.overlay import map_like, overlaid
from mlbuild.spec.layers.settings import Setting, read_settings
from mlbuild.spec.root import OVERLAID
from mlbuild.spec.shape.structure import overlay_problems
from mlbuild.spec.text.tree import Document, Node


@dataclass
class Composed:
    """A spec with its includes: `base`; and with the profiles and settings merged into it: `document`.

    `layers` are what was merged, in order, each as a tree. `others` are the profiles that were not chosen, by name.
    `whole` is true if nothing is left out, so that names can be looked up. `parts` are the individual files.
    `profiles` and `settings` are the names and texts of what was to be merged.
    """

    base: Document
    document: Document
    parts: list[Document]
    found: list[Diagnostic]
    whole: bool
    profiles: tuple[str, ...]
    settings: tuple[str, ...]
    layers: list[Document] = field(default_factory=list)
    others: dict[str, Document] = field(default_factory=dict)


def compose(
    main: Document,
    profiles: Sequence[str] = (),
    settings: Sequence[str] = (),
    *,
    bounds: Bounds | None = None,
) -> Composed:
    """Join the files of a spec, and merge the named profiles and then the settings (`PATH=VALUE`) into it.

    Only files within `bounds` are read (default: those of the project).
    """
    joined = join(main, bounds or Bounds.of(FilePath(main.file)))
    composed = Composed(
        joined.document,
        joined.document,
        joined.parts,
        joined.found,
        joined.whole,
        tuple(dict.fromkeys(profiles)),
        tuple(settings),
    )
    _lay_profiles(composed, profiles)
    read, found = read_settings(settings)
    composed.found += found
    composed.whole = composed.whole and not found
    for setting in read:
        _lay_setting(composed, setting)
    return composed


def _lay_profiles(composed: Composed, wanted: Sequence[str]) -> None:
    overlays = dict(_overlays(composed))
    for name in wanted:
        if name not in overlays:
            composed.found.append(_unknown(composed.base, name, overlays))
            composed.whole = False
    for name in dict.fromkeys(name for name in wanted if name in overlays):
        layer = overlays[name]
        root = overlaid(composed.document.root, layer.root)
        mistaken = (*composed.document.mistaken, *layer.mistaken)
        composed.document = Document(root, composed.document.mistakes, mistaken)
        composed.layers.append(layer)
    composed.others = {name: layer for name, layer in overlays.items() if name not in wanted}


def _overlays(composed: Composed) -> Iterator[tuple[str, Document]]:
    """Yield the overlays of all profiles that are maps, with only the keys that a profile can change."""
    base = composed.base
    profiles = base.root.children.get("profiles")
    for name, node in profiles.children.items() if profiles and profiles.style == "{" else ():
        if node.style != "{":
            continue
        problems = overlay_problems(node.value, str(name))
        composed.found += map(base.diagnostic, problems)
        known = [key for key in node.children if key in OVERLAID or str(key).startswith("x-")]
        root = _only(node, known)
        mistaken = (at[2:] for at in base.mistaken if at[:2] == ("profiles", name))
        yield str(name), Document(root, (), tuple(mistaken))


def _only(node: Node, names: Sequence[str | int]) -> Node:
    children = {name: node.children[name] for name in names}
    return map_like(node, children, {str(name): node.keys[str(name)] for name in names})


def _unknown(base: Document, name: str, known: Iterable[str]) -> Diagnostic:
    """Return the error for a profile that the spec does not have, placed at its profiles."""
    help_ = did_you_mean(name, known) or f"available profiles: {listed(known) or 'none'}"
    message = f"unknown profile '{name}'"
    return base.diagnostic(Problem("unknown-profile", message, ("profiles",), help_, on="key"))


def _lay_setting(composed: Composed, setting: Setting) -> None:
    root = setting.applied(composed.document.root)
    if isinstance(root, Diagnostic):
        composed.found.append(root)
        composed.whole = False
        return
    mistaken = (*composed.document.mistaken, *setting.mistaken)
    composed.document = Document(root, composed.document.mistakes, mistaken)
    composed.layers.append(setting.layer)

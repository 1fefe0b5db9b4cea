"""The properties that every section of the spec language must have.

Each law takes a section and a folder. It knows only the section's flags and keys, and takes definitions from the
small spec of `tests.editor.examples`, to which a new section adds one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from random import Random
from typing import Any

import yaml

from mlbuild.cli.commands.specs.check import contents
from mlbuild.diagnostics import Diagnostic
from mlbuild.pipeline.plan import TASKS, make_plan
from mlbuild.spec.check import check
from mlbuild.spec.meaning.findings import Findings
from mlbuild.spec.meaning.resolve import read_definitions
from mlbuild.spec.sections import SECTIONS, Section
from mlbuild.spec.shape.schema import root_schema
from mlbuild.spec.spec import Spec
from tests.budget import examples, seed
from tests.editor.examples import BASE, FILES

AnySection = Section[Any, Any]
Json = dict[str, Any]
Law = Callable[[AnySection, Path], None]
#: A value that no key accepts.
_WRONG = {"\u2400": [[None]]}


def has_a_key_and_a_noun_of_its_own(section: AnySection, folder: Path) -> None:
    others = [one for one in SECTIONS if one.key != section.key]
    assert len(others) == len(SECTIONS) - 1
    assert section.one not in [other.one for other in others]
    described = root_schema()["properties"][section.key]
    assert described["description"].startswith(section.doc) and section.doc.endswith(".")


def checks_each_of_its_definitions(section: AnySection, folder: Path) -> None:
    """A section that has checked definitions has one for each name, which knows its name and its place.

    There can be more of a definition, such as the trials `NAME@num_leaves=3` of a model.
    """
    spec = _valid(folder, BASE)
    checked = spec.of(section.key)
    assert {name for name in checked if "@" not in name} in ({*BASE[section.key]}, set()), (
        "a definition is forgotten"
    )
    for name, one in checked.items():
        place = (section.key, name.partition("@")[0])
        assert (one.name, one.at) == (name, place), "a definition with another name or place"
    assert bool(checked) >= section.counted, "what is counted is checked"


def reports_an_invalid_definition_once(section: AnySection, folder: Path) -> None:
    """Whatever else uses it: one mistake is one error, at its place, and ends nothing."""
    for name in BASE[section.key]:
        for wrong in (17, "word"):
            found = _errors(folder, _with(BASE, section.key, name, wrong))
            assert len(found) == 1, f"{name}: {[one.message for one in found]}"
            assert _is_at(found[0], _with(BASE, section.key, name, wrong), section.key, name), found[0]


def leaves_out_only_what_cannot_be_read(section: AnySection, folder: Path) -> None:
    """An invalid value inside a definition is reported inside it. The part to leave out contains the value."""
    paths = [(name, *inside) for name, one in BASE[section.key].items() for inside in _paths(one)]
    for path in paths:
        at = (section.key, *path)
        left_out = section.unreadable(at)
        assert at[: len(left_out)] == left_out and len(left_out) >= 2, f"{left_out} is left out for {at}"
    inside_of_one = [path for path in paths if len(path) > 1]
    for path in Random(seed()).sample(inside_of_one, min(len(inside_of_one), examples(6, 1_000))):
        damaged = deepcopy(BASE)
        _put(damaged[section.key], path, _WRONG)
        found = _errors(folder, damaged)
        assert found and _is_at(found[0], damaged, section.key, path[0]), path


def knows_what_it_uses(section: AnySection, folder: Path) -> None:
    """A definition uses exactly those others without which it is wrong."""
    for other in SECTIONS:
        for name in BASE[other.key]:
            without = deepcopy(BASE)
            del without[other.key][name]
            lines = _lines(without, section.key)
            wrong = {
                definition
                for one in _errors(folder, without)
                for definition, (first, last) in lines.items()
                if first <= one.span.line <= last and f"'{name}'" in one.message
            }
            using = {
                definition for definition, uses in _uses(section).items() if (other.key, name) in uses
            } - ({name} if other.key == section.key else set())
            assert wrong == using, f"without {other.one} '{name}', {wrong} are wrong, but {using} use it"


def warns_about_a_definition_that_nothing_uses(section: AnySection, folder: Path) -> None:
    """Except if it is an end of its own. What is used is not reported, and has a name that others can refer to."""
    referred = {key for other in SECTIONS for uses in _uses(other).values() for key, _ in uses}
    assert section.bears or section.key not in referred, "others refer to names that it does not bear"
    spare = deepcopy(BASE)
    spare["warnings"] = {"unused": "warn"}
    spare[section.key]["spare"] = deepcopy(next(iter(BASE[section.key].values())))
    spec, found = _checked(folder, spare)
    assert spec is not None, found
    warned = {one.message for one in found if one.code == "unused"}
    assert (f"nothing uses the {section.one} 'spare'" in warned) == bool(
        section.bears and not section.optional
    )
    for name in BASE[section.key]:
        without = deepcopy(BASE)
        del without[section.key][name]
        used = any(f"'{name}'" in one.message for one in _errors(folder, without))
        assert not used or f"nothing uses the {section.one} '{name}'" not in warned, f"'{name}' is used"


def says_the_same_in_any_order(section: AnySection, folder: Path) -> None:
    turned = deepcopy(BASE)
    turned[section.key] = dict(reversed(BASE[section.key].items()))
    assert _tasks(_valid(folder, turned)) == _tasks(_valid(folder, BASE))


def can_be_written_elsewhere(section: AnySection, folder: Path) -> None:
    """In a file that is included, in a profile, and in a setting, a definition means the same."""
    spec = _valid(folder, BASE)
    for name, definition in BASE[section.key].items():
        without = deepcopy(BASE)
        del without[section.key][name]
        (folder / "part.yaml").write_text(yaml.safe_dump({section.key: {name: definition}}, sort_keys=False))
        ways: list[tuple[Json, list[str], list[str]]] = [
            ({**without, "include": ["part.yaml"]}, [], []),
            ({**without, "profiles": {"whole": {section.key: {name: definition}}}}, ["whole"], []),
            (
                without,
                [],
                [f"{section.key}.{name}={yaml.safe_dump(definition, default_flow_style=True, width=10**6)}"],
            ),
        ]
        for written, profiles, settings in ways:
            found, told = _checked(folder, written, profiles, settings)
            assert found is not None, told
            assert {*found.of(section.key)} == {*spec.of(section.key)}
            assert _tasks(found) == _tasks(spec), f"'{name}' has other tasks"


def gives_its_tasks_their_place(section: AnySection, folder: Path) -> None:
    """Each definition of a section with tasks has one, and whatever leads to a section leads to a definition."""
    led = {task.at[:2] for task in make_plan(_valid(folder, BASE)).tasks.values()}
    there = {(section.key, name) for name in BASE[section.key]}
    assert {at for at in led if at[0] == section.key} <= there, "a task leads nowhere"
    assert section.key not in TASKS or there <= led, "a definition has no task"


def is_counted_if_it_says_so(section: AnySection, folder: Path) -> None:
    spec = _valid(folder, BASE)
    without = deepcopy(BASE)
    del without[section.key]
    told, count = contents(spec), len(BASE[section.key])
    words = f"{count} {section.one}" + ("s" if count > 1 else "")
    assert (words in told.split(", ")) == section.counted, told
    if section.rare:
        assert section.one not in contents(_valid(folder, without))


#: The laws by name: all functions above without an underscore.
LAWS: Mapping[str, Law] = {
    name: law
    for name, law in [*globals().items()]
    if callable(law) and getattr(law, "__module__", "") == __name__ and name[0] != "_"
}


def _checked(
    folder: Path, value: Json, profiles: list[str] | None = None, settings: list[str] | None = None
) -> tuple[Spec | None, list[Diagnostic]]:
    for name, content in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    file = folder / "mlbuild.yaml"
    file.write_text(_text(value))
    return check(file, profiles or [], settings or [])


def _text(value: Json) -> str:
    return yaml.safe_dump(value, sort_keys=False)


def _valid(folder: Path, value: Json) -> Spec:
    spec, found = _checked(folder, value)
    assert spec is not None, [one.message for one in found]
    return spec


def _errors(folder: Path, value: Json) -> list[Diagnostic]:
    return [one for one in _checked(folder, value)[1] if one.severity == "error"]


def _with(value: Json, section: str, name: str, definition: Any) -> Json:
    return {**value, section: {**value[section], name: definition}}


def _put(value: Any, at: tuple[Any, ...], new: Any) -> None:
    for key in at[:-1]:
        value = value[key]
    value[at[-1]] = new


def _paths(value: Any) -> Iterator[tuple[Any, ...]]:
    """Yield the paths of all values inside a definition, and that of the definition itself."""
    yield ()
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from ((key, *path) for path in _paths(item))


def _lines(value: Json, section: str) -> dict[str, tuple[int, int]]:
    """Return the first and last line of each definition of a section in the text of a spec."""
    node = yaml.compose(_text(value))
    assert node is not None
    sections = {key.value: of for key, of in node.value}
    return {
        key.value: (key.start_mark.line + 1, max(of.end_mark.line, key.start_mark.line + 1))
        for key, of in (sections[section].value if section in sections else ())
    }


def _is_at(found: Diagnostic, value: Json, section: str, name: str) -> bool:
    first, last = _lines(value, section)[name]
    return first <= found.span.line <= last


def _uses(section: AnySection) -> dict[str, set[tuple[str, str]]]:
    definitions = read_definitions(BASE, frozenset(), Findings()).of(section.key)
    return {name: {*section.uses(one)} for name, one in definitions.items()}


def _tasks(spec: Spec) -> dict[str, tuple[Any, ...]]:
    tasks = make_plan(spec).tasks
    return {name: (task.params, {*task.inputs}, task.parts) for name, task in tasks.items()}

"""Splits a module into its definitions, and collects the names in each of them."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any

from mlbuild.engine.canonical import digest, is_digest
from mlbuild.engine.code.bodies import calling
from mlbuild.engine.code.effects import Effects, making
from mlbuild.engine.code.flags import COMPUTED, LOOKUPS, flags_of
from mlbuild.engine.code.names import Names, Namespace, names_in
from mlbuild.engine.code.policy import Policy, Prose
from mlbuild.engine.code.strip import Stripper, is_plain
from mlbuild.engine.code.syntax import FUNCTIONS, accesses, defined, dotted, instance_of, is_dunder
from mlbuild.frozen import frozen

_META = {"builtins:type", "abc:ABCMeta", "enum:EnumMeta", "enum:EnumType"}
#: The name of the unit with all statements of a module that are neither definitions nor imports.
LOOSE = ""


@frozen(slots=True)
class Unit:
    """A definition: a function, a class without its members, a member of a class, or a constant; or the loose
    statements.

    `digest` is that of the code that Python runs. `names` are targets. `attributes` are read from any object.
    `imports` are targets that are imported where the code runs. `flags` are constructs that cannot be followed.
    `making` is called when the module is loaded, `calling` when the function is called. `prose` are the digests of
    prose, by the attribute as which they are read. For a class, `bases` are targets (None: one is
    unknown), and `members` are its methods and attributes that are separate units, named `Class.member`.
    """

    digest: str
    names: tuple[str, ...]
    attributes: tuple[str, ...]
    imports: tuple[str, ...]
    flags: tuple[str, ...]
    prose: Mapping[str, str]
    making: Effects = ()
    calling: Effects = None
    is_class: bool = False
    bases: tuple[str, ...] | None = None
    members: tuple[str, ...] = ()


@frozen
class ModuleScan:
    """A module: the digest of its file, its units by name, the targets of its names, and what it imports.

    `stars` are the modules from which it imports every name. A module is `opaque` if its names cannot be
    determined, because it binds a name twice or cannot be parsed.
    """

    digest: str
    units: Mapping[str, Unit] = field(default_factory=dict)
    bound: Mapping[str, Sequence[str]] = field(default_factory=dict)
    imports: Sequence[str] = ()
    stars: Sequence[str] = ()
    opaque: bool = False

    def to_json(self) -> list[Any]:
        units = {name: [getattr(unit, slot) for slot in Unit.__slots__] for name, unit in self.units.items()}
        return [self.digest, units, self.bound, self.imports, self.stars, self.opaque]

    @staticmethod
    def from_json(value: Any) -> ModuleScan:
        """Create a scan from JSON with the shape `SCAN`."""
        found, units, *rest = value
        return ModuleScan(found, {name: Unit(*unit) for name, unit in units.items()}, *rest)


_EFFECTS = (None, [str])
_UNIT = [str, [str], [str], [str], [str], {str: str}, _EFFECTS, _EFFECTS, bool, (None, [str]), [str]]
#: The shape of a scan as JSON.
SCAN = [is_digest, {str: _UNIT}, {str: [str]}, [str], [str], bool]


def scan(content: bytes, package: str, policy: Policy) -> ModuleScan:
    """Scan the source of a module; `package` is the base of its relative imports."""
    found = digest(content)
    texts: dict[str, list[Prose]] = {}
    for one in policy.prose:
        texts.setdefault(_target(one.function), []).append(one)
    wrapped = {_target(one): _target(other) for one, other in policy.wrappers}
    try:
        names = Namespace(package, wrapped)
        return _Module(ast.parse(content), names, texts, b"global " in content).scan(found)
    except (SyntaxError, ValueError, RecursionError):  # it cannot be loaded, or is too deeply nested
        return ModuleScan(found, opaque=True)


class _Module:
    def __init__(
        self, tree: ast.Module, names: Namespace, prose: Mapping[str, list[Prose]], sets_globals: bool
    ) -> None:
        futures = [one for one in tree.body if isinstance(one, ast.ImportFrom) and one.module == "__future__"]
        self._lazy = any(alias.name == "annotations" for one in futures for alias in one.names)
        self._names = names
        self._stripper = Stripper(self._names, self._lazy, prose)
        self._defined: dict[str, list[ast.stmt]] = {}
        self._loose: list[ast.stmt] = []
        self._units: dict[str, Unit] = {}
        for statement in tree.body:
            self._sort(statement)
        if sets_globals:
            self._bind_globals()

    def scan(self, found: str) -> ModuleScan:
        opaque = False
        for name, statements in self._defined.items():
            match statements:
                case [ast.ClassDef() as statement]:
                    self._class(statement)
                case [_]:
                    self._units[name] = self._unit(statements)
                case _:
                    opaque = opaque or not all(isinstance(one, FUNCTIONS) for one in statements)
                    self._units[name] = self._unit(statements)
        if self._loose:
            self._units[LOOSE] = self._unit(self._loose, making=None)
        bound = {name: sorted(targets) for name, targets in self._names.bound.items()}
        return ModuleScan(
            found, self._units, bound, sorted(self._names.imports), sorted(self._names.stars), opaque
        )

    def _sort(self, statement: ast.stmt) -> None:
        """Separate definitions from other statements, and bind the names of a statement."""
        match statement:
            case ast.Import() | ast.ImportFrom():
                self._names.take(statement)
            case ast.If(test=test, orelse=orelse) if (dotted(test) or "").split(".")[-1] == "TYPE_CHECKING":
                for other in orelse:  # the condition is never true when the code runs
                    self._sort(other)
            case ast.Expr(value=ast.Constant()) | ast.Pass():
                pass
            case _:
                names = defined(statement)
                for name in names:
                    self._names.define(name, name)
                    self._defined.setdefault(name, []).append(statement)
                if not names:
                    self._loose.append(statement)
                    self._bind_loosely(statement)

    def _bind_loosely(self, statement: ast.stmt) -> None:
        for node in ast.walk(statement):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                self._names.take(node)
            elif isinstance(node, (*FUNCTIONS, ast.ClassDef)):
                self._names.define(node.name, LOOSE)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                self._names.define(node.id, LOOSE)

    def _bind_globals(self) -> None:
        """Add the bindings that functions make for names that they declare as global."""
        for name, statements in self._defined.items():
            for node in (node for statement in statements for node in ast.walk(statement)):
                for other in node.names if isinstance(node, ast.Global) else ():
                    self._names.define(other, name)

    def _class(self, statement: ast.ClassDef) -> None:
        effects = making(statement, self._names, self._lazy)
        bases = self._names.bases(statement)
        members = _members(statement, self._names) if self._stripper.knows(statement) else {}
        taken = {id(one) for statements in members.values() for one in statements}
        statement.body = [one for one in statement.body if id(one) not in taken] or [ast.Pass()]
        for name, statements in members.items():
            # An instance of a metaclass is a class.
            instance = None if bases is None or _META.intersection(bases) else instance_of(statements[0])
            self._units[f"{statement.name}.{name}"] = self._unit(statements, instance, making=())
        self._units[statement.name] = self._unit(
            [statement],
            making=effects,
            is_class=True,
            bases=None if bases is None else tuple(bases),
            members=tuple(members),
        )

    def _unit(self, statements: Sequence[ast.stmt], instance: str | None = None, **known: Any) -> Unit:
        if "making" not in known:
            effects = [making(one, self._names, self._lazy) for one in statements]
            surely = None not in effects
            known["making"] = tuple(call for one in effects for call in one or ()) if surely else None
        if len(statements) == 1 and isinstance(statements[0], FUNCTIONS):
            known["calling"] = calling(statements[0], self._names)
        for statement in statements:
            self._stripper.strip(statement)
        prose: dict[str, str] = {}
        for read_as, text in self._stripper.take_prose(statements):
            prose[read_as] = _short(f"{prose.get(read_as, '')}\n{text}")
        found = names_in(statements, self._names.package, self._lazy, instance)
        return Unit(
            _short("\n".join(map(ast.dump, statements))),
            names=tuple(sorted(self._targets(found))),
            attributes=tuple(sorted(found.attributes)),
            imports=tuple(sorted(found.imports)),
            flags=tuple(sorted({*self._flags(found)})),
            prose=prose,
            **known,
        )

    def _targets(self, found: Names) -> set[str]:
        shadowed = (name for name in found.spared if {*self._names.targets(name, found.bound)} - LOOKUPS)
        names = {*found.dotted, *shadowed}
        return {target for name in names for target in self._names.targets(name, found.bound)}

    def _flags(self, found: Names) -> Iterator[str]:
        yield from found.flags
        for target in self._targets(found):
            yield from () if target.startswith(":") else flags_of(target)
        for name in found.searched:
            targets = self._names.targets(name, found.bound)
            if not targets or not all(target.endswith(":") for target in targets):
                yield COMPUTED


def _target(name: str) -> str:
    """Return the target of a function by its full name."""
    module, _, function = name.rpartition(".")
    return f"{module}:{function}"


def _short(text: str) -> str:
    return digest(text.encode("utf-8", "surrogatepass"))[:32]


def _members(statement: ast.ClassDef, namespace: Namespace) -> dict[str, list[ast.stmt]]:
    """Return the functions and plain attributes of a class that are only found by their names, by name.

    Everything that the body of the class itself uses stays in the class.
    """
    bound: dict[str, list[ast.stmt]] = {}
    evaluated: list[ast.AST] = []
    for inner in statement.body:
        for name in defined(inner):
            bound.setdefault(name, []).append(inner)
        if isinstance(inner, FUNCTIONS):
            evaluated += [one for one in inner.decorator_list if not accesses(one, inner.name)]
            evaluated += [*inner.args.defaults, *filter(None, inner.args.kw_defaults)]
        else:
            evaluated.append(inner)
    uses = Counter(node.id for one in evaluated for node in ast.walk(one) if isinstance(node, ast.Name))
    found: dict[str, list[ast.stmt]] = {}
    for name, statements in bound.items():
        functions = [one for one in statements if isinstance(one, FUNCTIONS)]
        plain = all(is_plain(one.decorator_list, namespace) for one in functions)
        if (plain and len(functions) == len(statements) and not uses[name]) or (
            len(statements) == 1 and _is_attribute(statements[0]) and uses[name] == 1 and not is_dunder(name)
        ):
            found[name] = statements
    return found


def _is_attribute(statement: ast.stmt) -> bool:
    """Whether a statement defines a class attribute that no decorator treats as a field."""
    match statement:
        case ast.Assign(targets=[ast.Name()]):
            return True
        case ast.AnnAssign(annotation=annotation, value=ast.expr()):
            kind = annotation.value if isinstance(annotation, ast.Subscript) else annotation
            return dotted(kind) in ("ClassVar", "typing.ClassVar")
    return False

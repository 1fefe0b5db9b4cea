"""Collects the names in a syntax tree, and what they are bound to.

A *target* is what a name is bound to: `module:name.attribute`, `module:` for a module itself, `:name` for a
definition in the current module.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from mlbuild.engine.code.flags import ATTRIBUTE_FLAGS, NAME_FLAGS
from mlbuild.engine.code.syntax import FUNCTIONS, around, dotted, local_names

#: Functions that get names of attributes as strings, and the index of the first of these arguments.
_NAMED_BY_TEXT = {
    **dict.fromkeys(("getattr", "hasattr"), 1),
    **dict.fromkeys(("attrgetter", "operator.attrgetter", "methodcaller", "operator.methodcaller"), 0),
}


@dataclass
class Names:
    """The names that are used somewhere.

    `dotted` are names with the attributes that are read from them, such as `np.linalg.norm`. `attributes` are read
    from any object. From the names in `searched`, an attribute with a computed name is read. `spared` are functions
    that look up attributes, but are called in a way that can be followed.
    """

    dotted: set[str] = field(default_factory=set)
    attributes: set[str] = field(default_factory=set)
    searched: set[str] = field(default_factory=set)
    spared: set[str] = field(default_factory=set)
    flags: set[str] = field(default_factory=set)
    bound: dict[str, set[str]] = field(default_factory=dict)
    imports: set[str] = field(default_factory=set)


@dataclass
class Namespace:
    """What the names of a module are bound to, and what it imports.

    `package` is the base of relative imports, and `wrapped` maps functions to those that they call.
    """

    package: str
    wrapped: Mapping[str, str] = field(default_factory=dict)
    bound: dict[str, set[str]] = field(default_factory=dict)
    imports: set[str] = field(default_factory=set)
    stars: set[str] = field(default_factory=set)

    def define(self, name: str, unit: str) -> None:
        self.bound.setdefault(name, set()).add(f":{unit}")

    def take(self, statement: ast.Import | ast.ImportFrom) -> None:
        """Bind what a statement imports."""
        for name, target, imported in imports_of(statement, self.package):
            self.imports.add(imported)
            if name == "*":
                self.stars.add(target.removesuffix(":"))
            else:
                self.bound.setdefault(name, set()).add(target)

    def targets(self, name: str, local: Mapping[str, set[str]] | None = None) -> list[str]:
        """Return what a dotted name can be; empty if it is neither imported, here or in `local`, nor defined."""
        root, _, rest = name.partition(".")
        found = [*self.bound.get(root, ()), *(local or {}).get(root, ())]
        return [target if target.startswith(":") else below(target, rest) for target in found]

    def known(self, name: str | None) -> list[str]:
        """Return what a dotted name can be, including builtins; empty if it is unknown."""
        if name is None:
            return []
        root = name.partition(".")[0]
        found = self.targets(name) or ([f"builtins:{name}"] if hasattr(builtins, root) else [])
        return [self.wrapped.get(target, target) for target in found]

    def bases(self, statement: ast.ClassDef) -> list[str] | None:
        """Return the bases of a class.

        None if one is unknown, or if the class has a metaclass or keyword arguments.
        """
        found: list[str] = []
        for base in statement.bases:
            targets = self.known(dotted(base.value if isinstance(base, ast.Subscript) else base))
            if not targets:
                return None
            found += targets
        return None if statement.keywords else found


def below(target: str, path: str) -> str:
    """Return the target of attributes of a target."""
    if not path:
        return target
    return f"{target}{path}" if target.endswith(":") else f"{target}.{path}"


def imports_of(statement: ast.Import | ast.ImportFrom, package: str) -> Iterator[tuple[str, str, str]]:
    """Yield, for each name that a statement binds, the name, its target, and the target that is imported."""
    if isinstance(statement, ast.Import):
        for alias in statement.names:
            bound = alias.asname or alias.name.partition(".")[0]
            yield bound, f"{alias.name if alias.asname else bound}:", f"{alias.name}:"
        return
    module = _absolute(statement, package)
    for alias in statement.names:
        star = alias.name == "*"
        target = f"{module}:" if star else f"{module}:{alias.name}"
        yield "*" if star else alias.asname or alias.name, target, target


def _absolute(statement: ast.ImportFrom, package: str) -> str:
    if not statement.level:
        return statement.module or ""
    parents = package.split(".")
    base = parents[: len(parents) - statement.level + 1]
    return ".".join([*base, *([statement.module] if statement.module else [])])


def names_in(nodes: Iterable[ast.AST], package: str, lazy: bool, instance: str | None = None) -> Names:
    """Collect all names in some nodes. `lazy` annotations of fields are strings, which name nothing.

    `instance` is the name of the first parameter of a method (`self`).
    """
    return _NameVisitor(package, lazy, instance).read(nodes)


class _NameVisitor:
    """Visits syntax nodes, each with the names that are hidden there by local names of an enclosing function."""

    def __init__(self, package: str, lazy: bool, instance: str | None) -> None:
        self._package, self._lazy, self._instance = package, lazy, instance
        self._found = Names()

    def read(self, nodes: Iterable[ast.AST]) -> Names:
        found = self._found
        waiting: list[tuple[ast.AST, frozenset[str]]] = [(node, frozenset()) for node in nodes]
        while waiting:
            node, hidden = waiting.pop()
            if isinstance(node, ast.Name):
                if isinstance(node.ctx, ast.Load):
                    self._name(node.id, hidden)
            elif isinstance(node, ast.Attribute):
                waiting += ((part, hidden) for part in self._attribute(node, hidden))
            elif isinstance(node, FUNCTIONS):
                local, global_ = local_names(node)
                inside = (hidden | local) - global_
                waiting += ((part, inside) for part in node.body)
                waiting += ((part, hidden) for part in around(node))
            elif isinstance(node, (ast.Import, ast.ImportFrom)):
                for name, target, imported in imports_of(node, self._package):
                    found.imports.add(imported)
                    found.bound.setdefault(name, set()).add(target)
            elif isinstance(node, ast.Global):
                found.dotted.update(node.names)
            elif (parts := self._followed(node, hidden)) is not None:
                waiting += ((part, hidden) for part in parts)
            else:
                if isinstance(node, ast.MatchClass):
                    found.attributes.update(node.kwd_attrs)
                elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
                    self._name(node.target.id, hidden)
                waiting += ((part, hidden) for part in _children(node, self._lazy))
        return found

    def _name(self, name: str, hidden: Collection[str]) -> None:
        if name.partition(".")[0] not in hidden:
            self._found.dotted.add(name)
            self._found.flags.update(filter(None, [NAME_FLAGS.get(name)]))

    def _attribute(self, node: ast.Attribute, hidden: Collection[str]) -> list[ast.AST]:
        """Record a chain of attributes. Return its start to be visited, if that is not a name."""
        value: ast.expr = node
        while isinstance(value, ast.Attribute):
            self._found.attributes.add(value.attr)
            self._found.flags.update(filter(None, [ATTRIBUTE_FLAGS.get(value.attr)]))
            value = value.value
        name = dotted(node)
        if name is None:
            return [value]
        self._name(name, hidden)
        return []

    def _followed(self, node: ast.AST, hidden: Collection[str]) -> list[ast.AST] | None:
        """Return what is left to visit in a node that uses a dangerous function in a way that can be followed;
        otherwise None.
        """
        match node:
            case ast.Call(func=ast.Name(id="vars"), args=[ast.Name(id=name)]) if name == self._instance:
                self._found.spared.add("vars")  # the fields of an object, not its methods
                return []
            case ast.Call() if self._by_text(node, hidden):
                return [*node.args, *(keyword.value for keyword in node.keywords)]
            case ast.Call(func=function, args=args) if dotted(function) == "sys.modules.update":
                return [*args]
            case ast.Compare(left=left, ops=[ast.In() | ast.NotIn()], comparators=[modules]):
                return [left] if dotted(modules) == "sys.modules" else None
            case ast.Subscript(value=modules, slice=name, ctx=ast.Store() | ast.Del()):
                return [name] if dotted(modules) == "sys.modules" else None
        return None

    def _by_text(self, call: ast.Call, hidden: Collection[str]) -> bool:
        """Whether a call looks up an attribute with a known name, or an attribute of something that has a name."""
        name = dotted(call.func)
        if name not in _NAMED_BY_TEXT or len(call.args) <= (first := _NAMED_BY_TEXT[name]):
            return False
        texts = call.args[first:] if name.endswith("attrgetter") else [call.args[first]]
        known = [one.value for one in texts if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        self._found.attributes.update(part for text in known for part in text.split("."))
        if len(known) < len(texts):
            of = call.args[0]
            if not first or not isinstance(of, ast.Name) or of.id in hidden:
                return False
            self._found.searched.add(of.id)
        self._found.spared.add(name)
        return True


def _children(node: ast.AST, lazy: bool) -> Iterator[ast.AST]:
    for name in node._fields:
        if lazy and name == "annotation" and isinstance(node, ast.AnnAssign):
            continue
        value = getattr(node, name, None)
        if isinstance(value, list):
            yield from (item for item in value if isinstance(item, ast.AST))
        elif isinstance(value, ast.AST):
            yield value

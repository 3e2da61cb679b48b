"""The text of a NumPy program that stands alone: its constants, and the source of every kernel that it calls."""

import ast
import base64
import dataclasses
import functools
import inspect
import sys
import textwrap
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from types import ModuleType
from typing import Any, Final, cast

import numpy as np

from graph.dtypes import bfloat16
from graph.errors import UnsupportedError
from graph.ir.op import Attr

INLINE_LIMIT: Final = 64
"""Arrays of more elements are written as base64 in scripts, and left out of shown sources."""


def binding_lines(bindings: Mapping[str, Any], *, elide_all: bool = False) -> list[str]:
    """One line for each global name of a program as it is shown. `elide_all` only counts."""
    lines = ["import numpy as np", ""]
    for name, value in bindings.items():
        if elide_all:
            lines.append("")
        elif callable(value) and not isinstance(value, np.generic):
            renamed = "" if name == value.__name__ else f" as {name}"
            lines.append(f"from {value.__module__} import {value.__name__}{renamed}")
        elif isinstance(value, list):
            lines.append(f"{name} = []")
        elif isinstance(value, np.ndarray) and value.size > INLINE_LIMIT:
            lines.append(f"{name} = ...  # {_describe(cast(Any, value))}")
        else:
            lines.append(f"{name} = {_literal(cast(Any, value))}")
    return lines


def _describe(array: np.ndarray) -> str:
    return f"{array.dtype} {array.shape}"


def script(bindings: Mapping[str, Any], program: Sequence[str]) -> str:
    """The whole script. Raises UnsupportedError for a kernel whose source cannot be found."""
    exporter = _Exporter()
    for name, value in bindings.items():
        exporter.define(name, value)
    body = [*exporter.definitions, *program]
    header = ["import numpy as np", *sorted(exporter.imports)]
    return "\n".join(["from __future__ import annotations", "", *header, "", *body]) + "\n"


def _literal(value: Attr) -> str:
    """The text of a constant or an attribute; it is one expression."""
    match value:
        case np.ndarray():
            return _array(value)
        case np.generic():
            return _scalar(value)
        case np.dtype():
            return f"np.dtype({value.name!r})" if value != bfloat16 else "np.dtype(ml_dtypes.bfloat16)"
        case slice():
            return f"slice({_literal(value.start)}, {_literal(value.stop)}, {_literal(value.step)})"
        case tuple():
            items = [_literal(item) for item in value]
            return "(" + ", ".join(items) + ("," if len(items) == 1 else "") + ")"
        case complex():
            return f"complex({_literal(value.real)}, {_literal(value.imag)})"
        case float() if value != value or value in (float("inf"), float("-inf")):
            return f"float({str(value)!r})"
        case _:
            return repr(value)


def _scalar(value: np.generic) -> str:
    if value.dtype == bfloat16:
        return f"ml_dtypes.bfloat16({float(cast(Any, value))!r})"
    if value.dtype.kind == "b":
        return "np.True_" if value else "np.False_"
    return f"np.{value.dtype.type.__name__}({_literal(value.item())})"


def _array(value: np.ndarray) -> str:
    dtype = _literal(value.dtype)
    if value.size <= INLINE_LIMIT and value.dtype.kind in "biuf" and bool(np.isfinite(value).all()):
        return f"np.array({value.tolist()!r}, {dtype}).reshape({value.shape!r})"
    text = base64.b64encode(np.ascontiguousarray(value).tobytes()).decode()
    return f"np.frombuffer(base64.b64decode({text!r}), {dtype}).reshape({value.shape!r})"


Edit = tuple[int, int, int, str]
"""Line, column and length of a name in a source, and what it becomes."""


class _Exporter:
    """Collects definitions, each before those that use it when the module runs (functions may stand in any order)."""

    def __init__(self) -> None:
        self.definitions: list[str] = []
        self.imports: set[str] = set()
        self._names: dict[int, str] = {id(np): "np"}
        self._taken: set[str] = {"np"}
        self._keep: list[Any] = []

    def define(self, name: str, value: Any) -> None:
        """Make `name` stand for `value`, under that very name."""
        if name in self._taken:
            raise UnsupportedError(f"the name {name!r} is needed twice in an exported program")
        if _is_code(value) and id(value) in self._names:
            self._taken.add(name)
            self.definitions.append(f"{name} = {self._names[id(value)]}")
            return
        self._taken.add(name)
        self._write(name, value)

    def _name_of(self, value: Any, hint: str, scope: Mapping[str, Any] | None = None) -> str:
        """A name for something that a source refers to as `hint`, defined if it is not yet; `scope` has its globals."""
        known = self._names.get(id(value))
        if known is not None:
            return known
        name, n = hint, 1
        while name in self._taken:
            n += 1
            name = f"{hint}_{n}"
        self._taken.add(name)
        if scope is not None and _is_ours(type(value)) and not _is_code(value) and not dataclasses.is_dataclass(value):
            self._names[id(value)] = name
            self._keep.append(value)
            self.definitions.append(f"{name} = {self._initial(hint, scope)}")
        else:
            self._write(name, value)
        return self._names.get(id(value), name)

    def _write(self, name: str, value: Any) -> None:
        self._names[id(value)] = name
        self._keep.append(value)
        if isinstance(value, ModuleType):
            self.imports.add(f"import {value.__name__} as {name}" if value.__name__ != name else f"import {name}")
        elif not _is_code(value):
            text = self._value(value)
            if "base64.b64decode" in text:
                self.imports.add("import base64")
            if "ml_dtypes." in text:
                self.imports.add("import ml_dtypes")
            self.definitions.append(f"{name} = {text}")
        elif isinstance(value, functools.partial):
            self.definitions.append(f"{name} = {self._value(value)}")
        elif not _is_ours(value):
            self._write_foreign(name, value)
        elif inspect.isfunction(value) and value.__closure__:
            self._write_closure(name, value)
        else:
            self.definitions.append(self._source(value, name))

    def _value(self, value: Any) -> str:
        """An expression for a value that is no function of ours, or holds some."""
        match value:
            case tuple():
                items = [self._value(item) for item in cast("tuple[Any, ...]", value)]
                return "(" + ", ".join(items) + ("," if len(items) == 1 else "") + ")"
            case list():
                return "[" + ", ".join(self._value(item) for item in cast("list[Any]", value)) + "]"
            case dict():
                entries = cast("dict[Any, Any]", value).items()
                return "{" + ", ".join(f"{self._value(k)}: {self._value(v)}" for k, v in entries) + "}"
            case set() | frozenset():
                items = [self._value(item) for item in cast("frozenset[Any]", value)]
                return f"{type(cast(Any, value)).__name__}([{', '.join(items)}])"
            case functools.partial():
                part = cast("functools.partial[Any]", value)
                self.imports.add("import functools")
                args = [self._value(part.func), *map(self._value, part.args)]
                args += [f"{k}={self._value(v)}" for k, v in part.keywords.items()]
                return f"functools.partial({', '.join(args)})"
            case np.ufunc():
                return f"np.{value.__name__}"
            case _ if _is_code(value):
                return self._name_of(value, value.__name__)
            case _ if dataclasses.is_dataclass(value):
                fields = [f"{f.name}={self._value(getattr(value, f.name))}" for f in dataclasses.fields(value)]
                return f"{self._name_of(type(value), type(value).__name__)}({', '.join(fields)})"
            case _:
                return _literal(value)

    def _write_foreign(self, name: str, value: Any) -> None:
        """Something of NumPy or of the standard library: imported by its public name."""
        public = value.__name__
        if getattr(np, public, None) is value:
            self.definitions.append(f"{name} = np.{public}")
            return
        module = value.__module__
        if module == "builtins":
            self.definitions.append(f"{name} = {public}")
            return
        self.imports.add(f"from {module} import {public}" + ("" if public == name else f" as {name}"))

    def _write_closure(self, name: str, function: Callable[..., Any]) -> None:
        """A function made by another: its free variables become parameters of a maker."""
        code, cells = cast(Any, function).__code__, cast(Any, function).__closure__
        free = dict(zip(code.co_freevars, (cell.cell_contents for cell in cells), strict=True))
        arguments = [self._value(v) for v in free.values()]
        source = textwrap.indent(self._source(function, function.__name__, local=set(free)), "    ")
        maker = f"make_{name}"
        self._taken.add(maker)
        self.definitions += [
            f"\n\ndef {maker}({', '.join(free)}):\n{source}\n    return {function.__name__}\n",
            f"\n{name} = {maker}({', '.join(arguments)})",
        ]

    def _source(self, value: Any, name: str, *, local: set[str] | None = None) -> str:
        """The source of a function or class, called `name`, with its global names led to what they stand for."""
        try:
            text = textwrap.dedent(inspect.getsource(value))
        except (OSError, TypeError):
            raise UnsupportedError(
                f"the source of {value.__name__!r} cannot be found, so the program cannot stand alone",
                next_step="declare the kernel with `def` in a file.",
            ) from None
        tree = ast.parse(text)
        definition = tree.body[0]
        assert isinstance(definition, ast.FunctionDef | ast.ClassDef)
        edits = self._led(definition, _globals_of(value), {*_locals_of(value), *(local or ())})
        if definition.name != name:
            keyword = "def " if isinstance(definition, ast.FunctionDef) else "class "
            edits.append((definition.lineno, definition.col_offset + len(keyword), len(definition.name), name))
        return "\n\n" + _edited(text, edits).rstrip() + "\n"

    def _led(self, tree: ast.AST, scope: Mapping[str, Any], local: Collection[str]) -> list[Edit]:
        """The edits that make global names those under which the script has what they stand for."""
        edits: list[Edit] = []
        for node in _evaluated_names(tree):
            if node.id in scope and node.id not in local:
                led = self._name_of(scope[node.id], node.id, scope)
                if led != node.id:
                    edits.append((node.lineno, node.col_offset, len(node.id), led))
        return edits

    def _initial(self, name: str, scope: Mapping[str, Any]) -> str:
        """The expression that a module assigns to one of its globals."""
        text = inspect.getsource(sys.modules[scope["__name__"]])
        for statement in ast.parse(text).body:
            match statement:
                case ast.Assign(targets=[ast.Name(id=found)], value=ast.expr() as value):
                    pass
                case ast.AnnAssign(target=ast.Name(id=found), value=ast.expr() as value):
                    pass
                case _:
                    continue
            if found == name:
                expression = f"({ast.get_source_segment(text, value)})"
                return _edited(expression, self._led(ast.parse(expression), scope, ()))
        raise UnsupportedError(
            f"the global {name!r} of {scope['__name__']} cannot be written down, so the program cannot stand alone"
        )


def _edited(text: str, edits: list[Edit]) -> str:
    lines = text.splitlines()
    for line, column, length, new in sorted(set(edits), reverse=True):
        raw = lines[line - 1].encode()
        lines[line - 1] = (raw[:column] + new.encode() + raw[column + length :]).decode()
    return "\n".join(lines)


def _is_code(value: Any) -> bool:
    return (callable(value) and not isinstance(value, np.generic)) or isinstance(value, functools.partial)


def _is_ours(value: Any) -> bool:
    """Whether the source of a function or class must be part of the script."""
    module = str(getattr(value, "__module__", "") or "")
    package = module.partition(".")[0]
    if isinstance(value, np.ufunc) or package in ("numpy", "builtins"):
        return False
    return package not in sys.stdlib_module_names


def _globals_of(value: Any) -> Mapping[str, Any]:
    function = inspect.unwrap(value)
    if inspect.isfunction(function):
        return function.__globals__
    module = inspect.getmodule(value)
    return {} if module is None else vars(module)


def _locals_of(value: Any) -> frozenset[str]:
    """Names that are local to the function itself. (Those of functions within are not told apart.)"""
    function = inspect.unwrap(value)
    if not inspect.isfunction(function):
        return frozenset()
    return frozenset((*function.__code__.co_varnames, *function.__code__.co_cellvars))


def _evaluated_names(node: ast.AST) -> Iterator[ast.Name]:
    """The names that are read when the code runs: all but those of annotations."""
    for field, child in ast.iter_fields(node):
        if field in ("annotation", "returns"):
            continue
        children = cast("list[Any]", child) if isinstance(child, list) else [child]
        for item in children:
            if isinstance(item, ast.Name):
                yield item
            elif isinstance(item, ast.AST):
                yield from _evaluated_names(item)

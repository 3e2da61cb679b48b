"""The global names of a NumPy program: kernels, constants, and attributes that are no literals."""

import ast
import keyword
import math
import re
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from graph.aval import Aval, ListType, OptionalType, SymDim
from graph.dtypes import SHORT_NAMES
from graph.execute import program_runtime
from graph.ir.op import Attr
from graph.passes.structure import attr_key

_BUILTINS: Final = frozenset(["abs", "float", "int", "range", "map", "slice", "list", "None", "True", "False", "np"])


def is_usable(name: str) -> bool:
    """Whether a user's name for a value can be a variable of a program."""
    return name.isidentifier() and name.isascii() and not keyword.iskeyword(name)


class Bindings:
    """Names and the objects that they stand for. `reserved` are the local names of all functions of the program."""

    def __init__(self) -> None:
        self.objects: dict[str, Any] = {}
        self.taken: set[str] = set(_BUILTINS)
        self.reserved: set[str] = set()
        self._by_key: dict[Any, str] = {}

    def fresh(self, hint: str) -> str:
        """A global name that nothing has, after `hint`; it is taken from now on."""
        base = hint if is_usable(hint) else "v"
        name, n = base, 1
        while name in self.taken or name in self.reserved:
            n += 1
            name = f"{base}_{n}"
        self.taken.add(name)
        return name

    def bind(self, key: Any, value: Any, hint: str) -> str:
        """The name of `value`; values of one key share a name."""
        name = self._by_key.get(key)
        if name is None:
            name = self._by_key[key] = self.fresh(hint)
            self.objects[name] = value
        return name

    def array(self, value: np.ndarray, hint: str = "") -> str:
        """A constant tensor: 0-d ones as NumPy scalars."""
        key = ("array", value.dtype, value.shape, value.tobytes())
        if value.ndim == 0:
            text = re.sub(r"\W+", "_", str(value[()]).replace("-", "minus_"))
            return self.bind(key, value[()], hint or f"{SHORT_NAMES[value.dtype]}_{text}")
        return self.bind(key, value, hint or "const")

    def function(self, kernel: Callable[..., Any], op_name: str) -> ast.expr:
        """An expression for a kernel: `np.tanh`, `np.linalg.det`, or a global name."""
        name = getattr(kernel, "__name__", "")
        for module, path in ((np, ("np",)), (np.linalg, ("np", "linalg"))):
            if getattr(module, name, None) is kernel:
                return dotted(*path, name)
        hint = name if is_usable(name) and name.startswith(op_name) else f"{op_name}_kernel"
        return variable(self.bind(("function", id(kernel)), kernel, hint))

    def helper(self, name: str) -> ast.expr:
        """One of the functions of `program_runtime`."""
        return variable(self.bind(("helper", name), getattr(program_runtime, name), name))

    def literal(self, value: Attr) -> ast.expr:
        """An attribute as an expression. Types and symbolic dims, which kernels do not look at, become None."""
        match value:
            case None | bool() | int() | str():
                return ast.Constant(value)
            case np.generic():
                return variable(self.array(np.asarray(value)))
            case float() if math.isfinite(value):
                return ast.Constant(value)
            case float() | complex():
                return variable(self.bind((type(value), repr(value)), value, "number"))
            case SymDim() | Aval() | ListType() | OptionalType():
                return ast.Constant(None)
            case np.dtype():
                return variable(self.bind(("dtype", value), value, f"{value.name}_t"))
            case np.ndarray():
                return variable(self.array(value, "table"))
            case tuple():
                items: list[ast.expr] = [self.literal(item) for item in value]
                if all(isinstance(item, ast.Constant | ast.Tuple) for item in items):
                    return ast.Tuple(items, ast.Load())
                return variable(self.bind(("tuple", attr_key(value)), plain(value), "key"))
            case slice():
                return variable(self.bind(attr_key(value), plain(value), "bounds"))


def plain(value: Attr) -> Attr:
    """An attribute as programs get it: see `Bindings.literal`."""
    if isinstance(value, SymDim | Aval | ListType | OptionalType):
        return None
    if isinstance(value, tuple):
        return tuple(plain(item) for item in value)
    return value


def variable(name: str) -> ast.expr:
    """A name that is read."""
    return ast.Constant(None) if name == "None" else ast.Name(name, ast.Load())


def dotted(first: str, *rest: str) -> ast.expr:
    """`first.second.third`."""
    node: ast.expr = variable(first)
    for name in rest:
        node = ast.Attribute(node, name, ast.Load())
    return node


def call(function: ast.expr, *args: ast.expr, **keywords: ast.expr) -> ast.Call:
    """A call expression."""
    return ast.Call(function, list(args), [ast.keyword(name, value) for name, value in keywords.items()])

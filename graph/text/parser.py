"""Reads what `graph.ir.printer` writes: `str(parse(str(graph))) == str(graph)`.

    module    := graph ("function" NAME "=" body)*
    graph     := "graph" body
    body      := NAME "(" params ")" "->" "(" types ")" "{" op* "yield" values "}"
    op        := [results "="] NAME values [attrs] ["{" region* "}"]
    region    := NAME "(" params ")" "{" op* "yield" values "}"

Locations are comments, `# file.py:12`. A region may use only what it defines or takes.
"""

import ast
import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, TypeVar, cast

import numpy as np

from graph.aval import Aval, Dim, ListType, OptionalType, Shape, SymDim, Type, dim_add, dim_scale
from graph.dtypes import FROM_SHORT
from graph.errors import ParseError
from graph.ir.op import NO_ATTRS, Attr, Attrs, Graph, Op
from graph.ir.opdef import lookup
from graph.ir.value import Value
from graph.location import UNKNOWN, Loc

T = TypeVar("T")

_TOKEN: Final = re.compile(
    r"""(?P<skip>[ \t\r\n]+)
    | (?P<comment>\#[^\n]*)
    | (?P<value>%\d+)
    | (?P<string>[bru]?'(?:[^'\\\n]|\\.)*' | [bru]?"(?:[^"\\\n]|\\.)*")
    | (?P<number>\d+(?:\.\d*)?(?:e[+-]?\d+)?)
    | (?P<name>[^\W\d]\w* | \?\d*)
    | (?P<arrow>->)
    | (?P<sign>[(){}\[\],:=<>+\-*.])
    """,
    re.VERBOSE,
)
_GRAPH_NAME: Final = re.compile(r"[^\s({]+(?=\s*\()")
_LOC: Final = re.compile(r"#\s*(?P<file>.+):(?P<line>\d+)$")
_BASE64: Final = re.compile(r"b64:(?P<data>[A-Za-z0-9+/=]*)")


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int


def parse(text: str) -> Graph:
    """The graph that `text` shows. Raises ParseError with line, column and what was expected there."""
    return _Parser(text).module()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._token = self._scan(0)

    # Tokens

    def _scan(self, at: int) -> _Token:
        """The first token from `at` that is not space; comments are tokens where the grammar takes them."""
        while at < len(self._text):
            match = _TOKEN.match(self._text, at)
            if match is None:
                raise self._error("a token", at)
            if match.lastgroup not in ("skip", "comment"):
                return _Token(str(match.lastgroup), match.group(), at, match.end())
            at = match.end()
        return _Token("end", "", at, at)

    def _next(self) -> _Token:
        token = self._token
        self._at = token.end
        self._token = self._scan(token.end)
        return token

    def _error(self, expected: str, at: int | None = None) -> ParseError:
        start = self._token.start if at is None else at
        line = self._text.count("\n", 0, start) + 1
        begin = self._text.rfind("\n", 0, start) + 1
        end = self._text.find("\n", start)
        quoted = self._text[begin : len(self._text) if end < 0 else end]
        column = start - begin
        return ParseError(
            f"line {line}, column {column + 1}: expected {expected}\n    {quoted}\n    {' ' * column}^",
            next_step="graphs are written as `str(graph)` prints them.",
        )

    def _is(self, text: str) -> bool:
        return self._token.text == text and self._token.kind != "string"

    def _take(self, text: str) -> bool:
        if self._is(text):
            self._next()
            return True
        return False

    def _expect(self, text: str) -> None:
        if not self._take(text):
            raise self._error(f"`{text}`")

    def _kind(self, kind: str, expected: str) -> str:
        if self._token.kind != kind:
            raise self._error(expected)
        return self._next().text

    def _list(self, close: str, item: Callable[[], T]) -> list[T]:
        """Items up to `close`, with commas between them; one may follow the last."""
        items: list[T] = []
        while not self._take(close):
            if items and not self._take(","):
                raise self._error(f"`,` or `{close}`")
            if items and self._take(close):
                break
            items.append(item())
        return items

    # Graphs

    def module(self) -> Graph:
        self._expect("graph")
        graph = self._graph({})
        functions: dict[str, Graph] = {}
        while self._take("function"):
            name = self._raw_name(re.compile(r"\S+(?=\s+=)"), "a function's name and `=`")
            self._expect("=")
            functions[name] = self._graph({})
        if self._token.kind != "end":
            raise self._error("`function`, or the end of the text")
        if not functions:
            return graph
        return Graph(graph.name, graph.params, graph.ops, graph.results, MappingProxyType(functions))

    def _raw_name(self, pattern: re.Pattern[str], expected: str) -> str:
        """A name with any characters in it, such as `<lambda>` or `Model.forward`."""
        match = pattern.match(self._text, self._token.start)
        if match is None:
            raise self._error(expected)
        self._at = match.end()
        self._token = self._scan(match.end())
        return match.group()

    def _graph(self, known: dict[str, Value]) -> Graph:
        name = self._raw_name(_GRAPH_NAME, "a graph's name and its parameters")
        params = self._params(known)
        self._expect("->")
        self._expect("(")
        at = self._token.start
        types = self._list(")", self._type)
        self._expect("{")
        ops, results = self._body(known)
        if [v.type for v in results] != types:
            raise self._error(f"result types ({', '.join(str(v.type) for v in results)}), those of what it yields", at)
        return Graph(name, params, tuple(ops), tuple(results))

    def _region(self) -> Graph:
        known: dict[str, Value] = {}
        name = self._raw_name(_GRAPH_NAME, "a region's name and its parameters, or `}`")
        params = self._params(known)
        self._expect("{")
        ops, results = self._body(known)
        return Graph(name, params, tuple(ops), tuple(results))

    def _params(self, known: dict[str, Value]) -> tuple[Value, ...]:
        self._expect("(")
        return tuple(self._list(")", lambda: self._definition(known)))

    def _definition(self, known: dict[str, Value]) -> Value:
        at = self._token.start
        name = self._kind("value", "a value to define, such as `%0`")
        if name in known:
            raise self._error(f"a new value; {name} is defined already", at)
        hint = self._next().text if self._token.kind == "name" else ""
        self._expect(":")
        known[name] = value = Value(self._type(), hint)
        return value

    def _body(self, known: dict[str, Value]) -> tuple[list[Op], list[Value]]:
        ops: list[Op] = []
        while not self._is("yield"):
            ops.append(self._op(known))
        self._next()
        results = self._uses(known)
        self._expect("}")
        return ops, results

    def _uses(self, known: dict[str, Value]) -> list[Value]:
        values: list[Value] = []
        while self._token.kind == "value":
            if self._token.text not in known:
                raise self._error(f"a value defined before in this region; {self._token.text} is not")
            values.append(known[self._next().text])
            if not self._take(","):
                break
            if self._token.kind != "value":
                raise self._error("a value after `,`")
        return values

    def _op(self, known: dict[str, Value]) -> Op:
        results: list[Value] = []
        defined: dict[str, Value] = {}
        while self._token.kind == "value":
            at = self._token.start
            results.append(self._definition(defined))
            if any(name in known for name in defined):
                raise self._error("a new value; this one is defined already", at)
            if not self._take(","):
                self._expect("=")
                break
        try:
            opdef = lookup(self._token.text)
        except KeyError:
            raise self._error("the name of an op, or `yield`") from None
        self._next()
        operands = self._uses(known)
        attrs = self._attrs() if self._is("{") and not self._opens_regions() else NO_ATTRS
        regions: list[Graph] = []
        if self._is("{") and self._opens_regions():
            loc = self._location(self._token.end)
            self._next()
            while not self._take("}"):
                regions.append(self._region())
        else:
            loc = self._location(self._at)
        known.update(defined)
        return Op(opdef, tuple(operands), tuple(results), attrs, tuple(regions), loc)

    def _opens_regions(self) -> bool:
        """A `{` at the end of its line opens regions; one before `name=` opens attributes."""
        rest = self._text[self._token.end :].partition("\n")[0].strip()
        return not rest or rest.startswith("#")

    def _location(self, at: int) -> Loc:
        """The location in the comment on the rest of the line."""
        rest = self._text[at:].partition("\n")[0].strip()
        match = _LOC.match(rest)
        return UNKNOWN if match is None else Loc(match["file"], int(match["line"]))

    # Types

    def _type(self) -> Type:
        at = self._token.start
        name = self._kind("name", "a type, such as `f32[2,n]`")
        if name in ("list", "optional"):
            self._expect("<")
            element = self._type()
            self._expect(">")
            return ListType(element) if name == "list" else OptionalType(element)
        if name not in FROM_SHORT:
            raise self._error("a type, such as `f32[2,n]`", at)
        return Aval(FROM_SHORT[name], self._shape())

    def _shape(self) -> Shape:
        self._expect("[")
        return tuple(self._list("]", self._dim))

    def _dim(self) -> Dim:
        """A linear form: `3`, `n`, `2*n-m+1`."""
        total = self._term()
        while self._is("+") or self._is("-"):
            total = dim_add(total, self._term())
        return total

    def _term(self) -> Dim:
        sign = -1 if self._take("-") else 1
        self._take("+")
        if self._token.kind == "name":
            return dim_scale(SymDim.named(self._next().text), sign)
        factor = sign * self._int("a size, or the name of one")
        return dim_scale(SymDim.named(self._kind("name", "the name of a size")), factor) if self._take("*") else factor

    def _int(self, expected: str) -> int:
        if self._token.kind != "number" or not self._token.text.isdecimal():
            raise self._error(expected)
        return int(self._next().text)

    # Attributes

    def _attrs(self) -> Attrs:
        self._expect("{")
        return MappingProxyType(dict(self._list("}", self._attr)))

    def _attr(self) -> tuple[str, Attr]:
        name = self._kind("name", "an attribute's name")
        self._expect("=")
        return name, self._value()

    def _value(self) -> Any:
        token = self._token
        match token.kind:
            case "string":
                return ast.literal_eval(self._next().text)
            case "number":
                return self._number()
            case "name":
                return self._named()
            case _:
                pass
        if self._take("-"):
            return -self._number()
        if self._take("("):
            return tuple(self._list(")", self._value))
        if self._take("<"):
            dim = self._dim()
            self._expect(">")
            return dim
        raise self._error("an attribute's value")

    def _number(self) -> int | float:
        if self._token.text in ("inf", "nan"):
            return float(self._next().text)
        text = self._kind("number", "a number")
        return int(text) if text.isdecimal() else float(text)

    def _named(self) -> Any:
        name = self._token.text
        words: dict[str, Any] = {"None": None, "True": True, "False": False, "Ellipsis": Ellipsis}
        if name in words:
            self._next()
            return words[name]
        match name:
            case "inf" | "nan":
                return self._number()
            case "slice":
                self._next()
                self._expect("(")
                return slice(*self._list(")", self._value))
            case "complex":
                self._next()
                self._expect("(")
                real, imag = self._list(")", self._value)
                return complex(real, imag)
            case "dense":
                self._next()
                return self._dense()
            case "scalar":
                self._next()
                return self._dense()[()]
            case _ if name in FROM_SHORT:
                after = self._text[self._token.end : self._token.end + 1]
                return self._type() if after == "[" else FROM_SHORT[self._next().text]
            case "list" | "optional":
                return self._type()
            case _:
                raise self._error("an attribute's value")

    def _dense(self) -> np.ndarray:
        """`<f32[2] [0.0, 1.0]>` or `<f32[2] b64:...>`."""
        self._expect("<")
        at = self._token.start
        aval = self._type()
        if not isinstance(aval, Aval) or not all(isinstance(d, int) for d in aval.shape):
            raise self._error("a tensor type of static shape", at)
        shape = cast("tuple[int, ...]", aval.shape)
        match = _BASE64.match(self._text, self._token.start)
        try:
            if match is not None:
                self._token = self._scan(match.end())
                array = np.frombuffer(base64.b64decode(match["data"], validate=True), aval.dtype).reshape(shape)
            else:
                array = np.array(self._nested(), aval.dtype).reshape(shape)
        except ParseError:
            raise
        except (ValueError, TypeError, OverflowError, binascii.Error):
            raise self._error(f"data of the type {aval}", at) from None
        array.setflags(write=False)
        self._expect(">")
        return array

    def _nested(self) -> Any:
        """Numbers in nested brackets."""
        if self._take("["):
            return self._list("]", self._nested)
        return self._value()

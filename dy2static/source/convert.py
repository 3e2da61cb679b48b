"""Conversion of a function: from its source to a function of the same meaning that the runtime can follow."""

import ast
import builtins
import threading
import weakref
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache, partial
from types import CodeType, FunctionType, ModuleType
from typing import Final

from dy2static.analysis.escapes import blocks_of
from dy2static.analysis.survey import Function, Survey, survey
from dy2static.converters import PIPELINE, SUGAR
from dy2static.converters.allow import is_library
from dy2static.converters.build import definition, position, returns
from dy2static.converters.context import ConvertContext, Names
from dy2static.converters.meanings import Answer, Meanings, still_hold
from dy2static.converters.reject import reject
from dy2static.errors import ConversionError
from dy2static.source.changed import codes_within
from dy2static.source.compile import bind, compile_function
from dy2static.source.kept import Kept, place_of
from dy2static.source.load import Source, last_line, lines_of, parsed
from graph.errors import InternalError
from graph.location import Loc

MAX_CONVERSIONS = 4
"""Of one code object: there is more than one only where a module that it uses was rebound, or that takes items."""
ASKS_FOR_ITEMS: Final[ContextVar[bool]] = ContextVar("asks_for_items", default=False)

GENERATED = ("then", "orelse", "test", "body", "inside", "final")
"""Names of the functions that converters make."""
NUMBERED = ("step", "handle")
"""The same; several of each may stand in one `try`."""


@dataclass(frozen=True, slots=True)
class Converted:
    """A converted function and what is known of it.

    `function` runs in the place of the original: same closure, globals, defaults and file. `tree` is its syntax tree.
    `attribute_names` and `global_names` are all that it loads, with the functions inside it; builtins count as globals.
    `free_names` are those of its closure. `grown` are those of the names that it adds to lists by and uses for nothing
    else (see `analysis.survey`).
    """

    function: FunctionType
    origin: "Origin"
    free_names: frozenset[str]

    @property
    def tree(self) -> ast.FunctionDef:
        return self.origin.tree()

    @property
    def source(self) -> Source:
        return self.origin.source

    @property
    def attribute_names(self) -> frozenset[str]:
        return self.origin.attribute_names

    @property
    def global_names(self) -> frozenset[str]:
        return self.origin.global_names

    @property
    def grown(self) -> Mapping[str, int]:
        return self.origin.grown


@dataclass(frozen=True, slots=True, eq=False)
class Origin:
    """What converted code was made of. It does not hold the code. The tree is made when it is asked for, where the
    code was on disk."""

    tree: Callable[[], ast.FunctionDef]
    source: Source
    runtime: str
    attribute_names: frozenset[str]
    global_names: frozenset[str]
    grown: Mapping[str, int]


@dataclass(frozen=True, slots=True, eq=False)
class Conversion:
    """What all functions of one code object share. `assumed`: what globals on which it rests mean, by name."""

    code: CodeType
    origin: Origin
    assumed: tuple[tuple[str, object], ...]
    asks_for_items: bool

    def holds_for(self, function: FunctionType) -> bool:
        """Whether the globals of `function` still mean what they did."""
        if self.asks_for_items != ASKS_FOR_ITEMS.get():
            return False
        known = Globals(function)
        return all(meaning_of(known.lookup(name)) is meaning for name, meaning in self.assumed)


class Globals:
    """Globals and builtins of a function, as they are during its conversion; notes what was asked."""

    def __init__(self, function: FunctionType) -> None:
        self.values = function.__globals__
        self.asked: dict[str, object] = {}

    def lookup(self, name: str) -> object:
        found = self.values.get(name)
        if found is None and name not in self.values:
            found = getattr(builtins, name, None)
        self.asked[name] = found
        return found

    def library(self) -> tuple[tuple[str, object], ...]:
        """What was asked and turned out to be a module, or of a library: calls of these may stand unconverted."""
        return tuple((name, meaning_of(value)) for name, value in self.asked.items() if is_known(value))


def meaning_of(value: object) -> object:
    """What decides how calls by a global name are converted: the value, where it can be called or is a module; else its
    class, such as that of a tensor, whose methods it has."""
    return value if isinstance(value, ModuleType) or callable(value) else type(value)


def is_known(value: object) -> bool:
    module: object = getattr(value, "__module__", None)
    return isinstance(value, ModuleType) or (isinstance(module, str) and is_library(module))


@dataclass(slots=True)
class Entry:
    """The conversions of one code object: one, but where its globals were changed under it."""

    lock: threading.Lock
    code: "weakref.ref[CodeType]"
    conversions: list[Conversion]


class Made(weakref.ref[CodeType]):
    """A code object that came out of a conversion."""

    __slots__ = ("key", "origin")
    key: int
    origin: Origin


class ConversionCache:
    """Conversions by code object, dropped with it. Code objects compare by content, so the key is their identity."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.entries: dict[int, Entry] = {}
        self.made: dict[int, Made] = {}
        """What code came out of a conversion, for as long as that lives: perhaps longer than the conversion."""

    def get(self, function: FunctionType) -> Conversion:
        entry = self.entry(function.__code__)
        for conversion in entry.conversions:
            if conversion.holds_for(function):
                return conversion
        with entry.lock:
            for conversion in entry.conversions:
                if conversion.holds_for(function):
                    return conversion
            conversion = make_conversion(function)
            self.note_made(conversion.code, conversion.origin)
            entry.conversions = [conversion, *entry.conversions[: MAX_CONVERSIONS - 1]]
            return conversion

    def entry(self, code: CodeType) -> Entry:
        key = id(code)
        entry = self.entries.get(key)
        if entry is not None and entry.code() is code:
            return entry
        with self.lock:
            entry = self.entries.get(key)
            if entry is None or entry.code() is not code:
                entry = Entry(threading.Lock(), weakref.ref(code, lambda gone: self.forget(key, gone)), [])
                self.entries[key] = entry
            return entry

    def forget(self, key: int, gone: "weakref.ref[CodeType]") -> None:
        with self.lock:
            entry = self.entries.get(key)
            if entry is not None and entry.code is gone:
                del self.entries[key]

    def note_made(self, code: CodeType, origin: Origin) -> None:
        with self.lock:
            for part in (code, *codes_within(code)):
                made = Made(part, self.forget_made)
                made.key, made.origin = id(part), origin
                self.made[made.key] = made

    def forget_made(self, gone: Made) -> None:
        with self.lock:
            if self.made.get(gone.key) is gone:
                del self.made[gone.key]

    def origin_of(self, code: CodeType) -> Origin | None:
        """What `code` was made of, if a conversion made it; None for the code of users."""
        made = self.made.get(id(code))
        return made.origin if made is not None and made() is code else None

    def clear(self) -> None:
        with self.lock:
            self.entries.clear()


CACHE = ConversionCache()


def is_converted(function: FunctionType) -> bool:
    """Whether `function` came out of a conversion: by itself, or as a function inside a converted one."""
    return CACHE.origin_of(function.__code__) is not None


@contextmanager
def asking_for_items(asks: bool) -> Generator[None]:
    """A part in which functions are converted so that the runtime takes items of tuples and arrays, too: an index of
    the graph is nothing to Python."""
    token = ASKS_FOR_ITEMS.set(asks)
    try:
        yield
    finally:
        ASKS_FOR_ITEMS.reset(token)


def convert_function(function: FunctionType) -> Converted:
    """`function` converted. Its code object is converted once; functions that differ in their closure share that.

    A function that is the result of a conversion, or stands inside one, is returned as it is.

    Raises: SourceUnavailableError; ConversionError at the user's line for what conversion does not take.
    """
    origin = CACHE.origin_of(function.__code__)
    if origin is not None:
        made = function
    else:
        conversion = CACHE.get(function)
        origin = conversion.origin
        made = bind(conversion.code, function, origin.runtime)
    return Converted(
        made,
        origin,
        frozenset(function.__code__.co_freevars) - {origin.runtime},
    )


def make_conversion(function: FunctionType) -> Conversion:
    """The conversion of a function: found on disk, or made and kept there."""
    lines, code, asks = lines_of(function), function.__code__, ASKS_FOR_ITEMS.get()
    known = Globals(function)
    place = place_of(code, lines, asks)
    found = None if place is None else place.find()
    if found is not None and still_hold(found.answers, known.lookup):
        source = Source.of(code.co_filename, lines, found.first_line, found.last_line)
        return conversion_of(found, source, known, asks, cache(partial(tree_of, code, lines, found.answers, asks)))
    known = Globals(function)
    meanings = Meanings(known.lookup)
    node = parsed(code, lines)
    first = node.lineno
    source = Source.of(code.co_filename, lines, first, last_line(node))
    try:
        tree, made = converted_now(node, code, meanings, asks)
    except RecursionError:
        raise ConversionError(
            f"`{code.co_qualname}` nests deeper than Python's stack allows: what follows an `if` that returns is put "
            "into its other branch.",
            next_step="write cases that follow one another as a loop, or raise the limit (`sys.setrecursionlimit`).",
            loc=Loc(code.co_filename, first, function=code.co_qualname),
        ) from None
    if place is not None:
        place.keep(made)
    return conversion_of(made, source, known, asks, lambda: tree)


def conversion_of(
    made: Kept, source: Source, known: Globals, asks_for_items: bool, tree: Callable[[], ast.FunctionDef]
) -> Conversion:
    names, others = frozenset(made.attribute_names), frozenset(made.global_names)
    origin = Origin(tree, source, made.runtime, names, others, dict(made.grown))
    return Conversion(made.code, origin, known.library(), asks_for_items)


def tree_of(
    code: CodeType, lines: Sequence[str], answers: Sequence[tuple[tuple[str, str], Answer]], asks_for_items: bool
) -> ast.FunctionDef:
    """The converted tree of a function whose conversion was on disk: made with the same answers, it is the same."""

    def nothing_new(name: str) -> object:
        raise InternalError(f"what `{name}` means was not asked when `{code.co_qualname}` was converted")

    return converted_now(parsed(code, lines), code, Meanings(nothing_new, dict(answers)), asks_for_items)[0]


def converted_now(
    node: Function, code: CodeType, meanings: Meanings, asks_for_items: bool
) -> tuple[ast.FunctionDef, Kept]:
    """The tree of the function of `code`, converted in place, and the conversion."""
    first, last = node.lineno, last_line(node)
    tree = as_definition(node)
    found = survey(tree)
    ctx = context_of(code, found, meanings, asks_for_items)
    reject(found, ctx)
    tree, found, ctx = written_out(tree, found, ctx, code)
    for convert in PIPELINE:
        tree = convert(tree, ctx)
    most = max((len(part) for node in found.find(ast.Try, ast.With) for part in parts_inside(node)), default=0)
    generated = [ctx.names.fresh(name) for name in GENERATED]
    generated += [ctx.names.fresh(name, i) for name in NUMBERED for i in range(most + 1)]
    made = compile_function(tree, code, ctx.runtime, generated)
    names, others = tuple(found.attribute_names), tuple(ctx.global_names)
    grown = tuple(found.grown.items())
    return tree, Kept(made, tuple(meanings.answers.items()), first, last, ctx.runtime, names, others, grown)


def parts_inside(node: ast.AST) -> Iterator[Sequence[ast.AST]]:
    """The blocks in a `try` or `with`, those in these too, and the handlers."""
    for block in blocks_of(node) if isinstance(node, ast.stmt) else ():
        yield block
        for statement in block:
            yield from parts_inside(statement)
    if isinstance(node, ast.Try):
        yield node.handlers


def written_out(
    tree: ast.FunctionDef, found: Survey, ctx: ConvertContext, code: CodeType
) -> tuple[ast.FunctionDef, Survey, ConvertContext]:
    """The function without the constructs that are short for others, and what a survey of that says."""
    wanted = [convert for kinds, convert in SUGAR if any(True for _ in found.find(*kinds))]
    if not wanted:
        return tree, found, ctx
    for convert in wanted:
        tree = convert(tree, ctx)
    found = survey(tree)
    return tree, found, context_of(code, found, ctx.meanings, ctx.asks_for_items, ctx.runtime)


def context_of(
    code: CodeType, found: Survey, meanings: Meanings, asks_for_items: bool, runtime: str | None = None
) -> ConvertContext:
    """What converters may ask; `runtime` is the name that the tree has for the runtime already."""
    names = Names(found.names | frozenset(code.co_freevars))
    bound = {name for scope in found.scopes.values() for name in scope.bound if scope.is_local(name)}
    free = frozenset(code.co_freevars)
    return ConvertContext(
        file=code.co_filename,
        function=code.co_qualname,
        names=names,
        scopes=found.scopes,
        meanings=meanings,
        global_names=frozenset(found.scope.free() - free - bound - {runtime}),
        free_names=free,
        runtime=runtime or names.fresh("_rt"),
        asks_for_items=asks_for_items,
    )


def as_definition(node: Function) -> ast.FunctionDef:
    """A lambda as a function that returns its body; a definition as it is."""
    if isinstance(node, ast.FunctionDef):
        return node
    body: list[ast.stmt] = [returns(node.body, node.body)]
    return definition("lambda_", node.args, body, position(node))

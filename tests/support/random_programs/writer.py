"""What writes a random program: its state, and the tables of what it can write.

Every name holds values of one kind, so that the branches of most programs agree. Loops are counted, so all end.
"""

import ast
import random
import re
import textwrap
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from support.random_programs.parts import CONTROL, CONTROL_KINDS, Part
from support.random_programs.prelude import STATE

KINDS: Final = {
    "t": ("x", "y", "z", "u"),  # float64, 0-d
    "i": ("n", "m"),  # int64, 0-d
    "p": ("p", "q", "r"),  # Python ints
    "v": ("v", "w"),  # float64, three elements
    "g": ("g",),  # bool, 0-d
    "b": ("ok",),  # Python bool
    "h": ("h", "hb"),  # Python floats that may become tensors
    "o": ("o",),  # None, or float64, 0-d
    "e": ("e",),  # float64, as many elements as there come to be
    "a": ("a",),  # float64, 2 by 3
    "l": ("out",),  # a list of 0-d tensors
    "ro": ("batch",),  # a list of 0-d tensors that gives way to others
    "s": ("s",),  # a tuple (t, p)
    "nt": ("pt",),  # a namedtuple Pair(t, p)
    "dc": ("cell",),  # a dataclass Cell(t, p)
    "ob": ("ob",),  # an object with methods, of class Tracked
    "tx": ("word",),  # a text
    "ms": ("note",),  # a text with values in it
    "en": ("mode",),  # a member of an enum
    "dq": ("queue",),  # a deque of 0-d tensors
    "rw": ("rows",),  # a list of tuples (t, p)
    "gr": ("groups",),  # a list of lists of 0-d tensors
    "di": ("table",),  # a dict of 0-d tensors with the keys lo and hi
    "bl": ("bins",),  # a dict of lists of 0-d tensors with the same keys
    "se": ("seen",),  # a set of Python ints
    "ve": ("point",),  # an object with operators, of class Vec
    "gu": ("gauge",),  # an object with slots, of class Gauge
    "ol": ("cells",),  # a list of Cells
    "fn": ("act",),  # a function of a 0-d tensor
    "iv": ("idx",),  # int64, three elements
    "bv": ("mask",),  # bool, three elements
}
CONTAINERS: Final = ("en", "ro", "rw", "gr", "di", "bl", "ol", "iv", "bv")
"""The kinds of what only whole programs return."""
PARAMETERS: Final = ("x", "y", "n", "p", "v", "box", "d")
STARTS: Final = {
    "z": "x * 2.0",
    "u": "y - x",
    "m": "n + 1",
    "q": "3",
    "r": "-1",
    "w": "v * 2.0",
    "g": "x > y",
    "ok": "p > 1",
    "h": "0.5",
    "hb": "-0.25",
    "o": "None",
    "e": "v * 1.0",
    "a": "xp.stack([v, v + 1.0])",
    "out": "[x]",
    "batch": "[y]",
    "s": "(y, 2)",
    "pt": "Pair(x, 1)",
    "cell": "Cell(y, 3)",
    "ob": "Tracked(x * 1.0)",
    "word": "'a'",
    "note": "'none'",
    "mode": "Mode.UP",
    "queue": "deque([x, y])",
    "rows": "[(x, 1), (y, 2)]",
    "groups": "[[x], [y]]",
    "table": "{'lo': x, 'hi': y}",
    "bins": "{'lo': [x], 'hi': []}",
    "seen": "{1, 3}",
    "point": "Vec(x, y)",
    "gauge": "Gauge(x * 1.0)",
    "cells": "[Cell(x, 1), Cell(y, 2)]",
    "act": "half",
    "idx": "xp.arange(3)",
    "mask": "v > 0",
}
LEAVES: Final = {"t": 0.35, "i": 0.5, "p": 0.45, "v": 0.5, "g": 0.4, "s": 0.3, "ob": 0.5, "test": 0.0}
"""How often a value is just a name; of other kinds 0.4."""
OPERATORS: Final = ("+", "-", "*")
NUMBER: Final = "int() | xp.Tensor()"
"""The class pattern of an integer: one that meets tensors on another path is a tensor in static code."""
COMPARISONS: Final = ("<", "<=", ">", ">=", "==", "!=")

Expression = Callable[["Writer", int], str]
Statement = Callable[["Writer"], None]
Write = TypeVar("Write")


@dataclass(frozen=True, slots=True)
class Maker(Generic[Write]):
    """Something that can be written. Reports count it by its name."""

    name: str
    write: Write
    weight: float
    when: "Callable[[Writer], bool] | None"
    core: bool = True
    """Whether it is of the core: branches, loops, jumps, functions, lists and state, no other constructs."""


EXPRESSIONS: Final[dict[str, list[Maker[Expression]]]] = {}
SIMPLE: Final[list[Maker[Statement]]] = []
COMPOUND: Final[list[Maker[Statement]]] = []


def expression(
    *kinds: str, weight: float = 1.0, when: "Callable[[Writer], bool] | None" = None, core: bool = True
) -> Callable[[Expression], Expression]:
    """Declare a function as what writes an expression of a kind, around expressions of the depth that it is given."""

    def declare(write: Expression) -> Expression:
        for kind in kinds:
            EXPRESSIONS.setdefault(kind, []).append(Maker(_words(write), write, weight, when, core))
        return write

    return declare


def simple(
    weight: float = 1.0, when: "Callable[[Writer], bool] | None" = None, *, core: bool = True
) -> Callable[[Callable[["Writer"], str]], Callable[["Writer"], str]]:
    """Declare a function as what writes a statement of a line."""

    def declare(write: Callable[["Writer"], str]) -> Callable[["Writer"], str]:
        SIMPLE.append(Maker(_words(write), lambda w: w.line(write(w)), weight, when, core))
        return write

    return declare


def compound(
    weight: float = 1.0, when: "Callable[[Writer], bool] | None" = None, *, core: bool = True
) -> Callable[[Statement], Statement]:
    """Declare a function as what writes a statement with blocks."""

    def declare(write: Statement) -> Statement:
        COMPOUND.append(Maker(_words(write), write, weight, when, core))
        return write

    return declare


def _words(write: Any) -> str:
    return write.__name__.strip("_").replace("_", " ")


class Writer:
    """Writes one program; `seed` decides all."""

    def __init__(self, seed: int, size: int = 12, *, part: Part = Part.WHOLE) -> None:
        self.rng = random.Random(seed)
        self.part = part
        self.left = size
        self.used: Counter[str] = Counter()
        self.lines: list[str] = []
        self.depth = 0
        self.loops = 0
        self.may_return = True
        self.binds = True
        """Whether an expression may have `:=` in it."""
        self.functions: list[str] = []
        """Functions of a tensor that are there, of module and program."""
        self.needed: set[str] = set()
        """Names that must be bound at the start: functions inside the program bind them."""
        self.counters = 0
        self.result: Sequence[str] = self.rng.choices(self.kinds(*"ttttppivglhoe"), k=self.rng.randint(1, 3))
        if self.chance(0.15):
            self.result = [*self.result, self.pick(*self.kinds("s", "nt", "dc", "a", "b", "ms", *CONTAINERS))]

    def source(self) -> str:
        """The text of the function `f`; it uses names of the prelude."""
        for _ in range(self.rng.randint(2, 5)):
            self.statement()
        self.line(self.return_text())
        text = "\n".join(self.lines)
        shared = self.bound_in(0)[1]
        self.lines = ["def f(x, y, n, p, v, box, d):"]
        self.depth = 1
        if shared:
            self.line(f"global {', '.join(shared)}")
        for name, start in STARTS.items():
            if re.search(rf"\b{name}\b", text) and (name in self.needed or self.chance(0.98)):
                self.line(f"{name} = {start}")
        return "\n".join([*self.lines, textwrap.indent(text, "    ")]) + "\n"

    # Choosing

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def pick(self, *choices: str) -> str:
        return self.rng.choice(choices)

    def kinds(self, *kinds: str) -> list[str]:
        """Those of the kinds that programs of this part have."""
        return [kind for kind in kinds if self.part is not Part.CONTROL or kind in CONTROL_KINDS]

    def has(self, maker: Maker[Any]) -> bool:
        """Whether programs of this part have what it writes."""
        match self.part:
            case Part.CONTROL:
                return maker.name in CONTROL
            case Part.CORE:
                return maker.core
            case Part.WHOLE:
                return True

    def choose(self, makers: Sequence[Maker[Write]]) -> Maker[Write]:
        fit = [m for m in makers if self.has(m) and (m.when is None or m.when(self))]
        (maker,) = self.rng.choices(fit, [maker.weight for maker in fit])
        self.used[maker.name] += 1
        return maker

    def fresh(self, stem: str) -> str:
        """A name that is used nowhere else. Those of stem `k` count what must end: shrinking leaves them."""
        self.counters += 1
        return f"{stem}{self.counters}"

    # Lines

    def line(self, text: str) -> None:
        self.lines.append("    " * self.depth + text)

    @contextmanager
    def indented(self, *, loops: int | None = None, may_return: bool | None = None) -> Generator[None]:
        """What is written within stands in a block: of so many loops, and where a function may be left or not."""
        before = self.loops, self.may_return
        self.loops = self.loops if loops is None else loops
        self.may_return = self.may_return if may_return is None else may_return
        self.depth += 1
        yield
        self.depth -= 1
        self.loops, self.may_return = before

    def block(self, head: str, *, loops: int | None = None, may_return: bool | None = None) -> None:
        """A head and some statements under it."""
        self.line(head)
        with self.indented(loops=loops, may_return=may_return):
            for _ in range(self.rng.randint(1, 3)):
                self.statement()

    def flat(self, head: str) -> None:
        """A head and simple statements under it."""
        self.line(head)
        with self.indented():
            for _ in range(self.rng.randint(1, 3)):
                self.choose(SIMPLE).write(self)

    def statement(self) -> None:
        self.left -= 1
        table = SIMPLE if self.left < 0 or self.depth > 4 or self.chance(0.4) else COMPOUND
        self.choose(table).write(self)

    def bound_in(self, start: int) -> tuple[list[str], list[str]]:
        """The names of the program, and of its module, that the lines from `start` on bind."""
        tree = ast.parse(textwrap.dedent("\n".join(self.lines[start:])))
        names = {
            node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)
        }
        names |= {node.name for node in ast.walk(tree) if isinstance(node, ast.MatchAs | ast.MatchStar) and node.name}
        own = sorted(name for name in names if name in STARTS or name in PARAMETERS)
        return own, sorted(names.intersection(STATE))

    # Values

    def name(self, kind: str) -> str:
        names = KINDS[kind]
        known = [name for name in names if name in PARAMETERS]
        return self.pick(*(known * 2), *names)

    def value(self, kind: str, depth: int = 0) -> str:
        """An expression of a kind; the deeper it stands, the simpler."""
        is_leaf = kind not in EXPRESSIONS or not any(map(self.has, EXPRESSIONS[kind]))
        if is_leaf or depth > 1 or self.chance(LEAVES.get(kind, 0.4)):
            return self.leaf(kind)
        return self.choose(EXPRESSIONS[kind]).write(self, depth + 1)

    def leaf(self, kind: str) -> str:
        if kind == "test":
            return f"{self.name('t')} {self.pick('<', '>')} {self.pick('0', '0.5', self.name('t'))}"
        if kind == "p" and self.chance(0.4):
            return str(self.rng.randint(-2, 4))
        return self.name(kind)

    def test(self, depth: int = 0) -> str:
        return self.value("test", depth)

    @contextmanager
    def without_binding(self) -> Generator[None]:
        """No `:=` in what is written within: it is refused in lambdas and binds otherwise in comprehensions."""
        before, self.binds = self.binds, False
        yield
        self.binds = before

    def index(self) -> str:
        if self.chance(0.1):
            return self.pick("2", self.name("p"), self.name("i"))
        return self.pick("0", "-1", "0", "p % 2", "n % 2")

    def return_text(self) -> str:
        return f"return ({', '.join(self.value(kind, 1) for kind in self.result)},)"

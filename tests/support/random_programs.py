"""Random programs on tensors and Python values: nested control flow of every kind, state of every kind.

Every name holds values of one kind, so that the branches of most programs agree. Loops are counted, so all end.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

KINDS: Final = {
    "t": ("x", "y", "z", "u"),  # float64, 0-d
    "i": ("n", "m"),  # int64, 0-d
    "p": ("p", "q", "r"),  # Python ints
    "v": ("v", "w"),  # float64, three elements
    "g": ("g",),  # bool, 0-d
    "l": ("out",),  # a list of 0-d tensors
    "s": ("s",),  # a tuple (t, p)
}
PARAMETERS: Final = ("x", "y", "n", "p", "v", "box", "d")
SIGNATURE: Final = "def f(x, y, n, p, v, box, d):"
HELPERS: Final = """
def half(t, limit=0.5):
    if t > limit:
        return t * 0.5
    return t + 0.25


def clamp(t, p):
    for k in range(3):
        if t > 1.5:
            t = t - 1.0
        elif k < p:
            continue
        else:
            break
    return t


def bump(box, t):
    if t > box.a:
        box.a = t
        box.c += 1
    return box.c
"""
OPERATORS: Final = ("+", "-", "*")
COMPARISONS: Final = ("<", "<=", ">", ">=", "==", "!=")


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement: a line, or heads with a block each. `fixed` ones keep the program finite: they stay."""

    text: str = ""
    blocks: tuple[tuple[str, tuple["Statement", ...]], ...] = ()
    fixed: bool = False


Block = tuple[Statement, ...]


def render(block: Block) -> str:
    """The source of a program whose body is `block`."""
    lines = [SIGNATURE, *_lines(block, 1)]
    return HELPERS + "\n\n" + "\n".join(lines) + "\n"


def _lines(block: Block, depth: int) -> Iterator[str]:
    indent = "    " * depth
    if not block:
        yield indent + "pass"
    for statement in block:
        if statement.text:
            yield indent + statement.text
        for head, inner in statement.blocks:
            yield indent + head
            yield from _lines(inner, depth + 1)


def smaller(block: Block) -> Iterator[Block]:
    """Programs that lack something of this one: a statement, a block, or the head of a block."""
    for i, statement in enumerate(block):
        before, after = block[:i], block[i + 1 :]
        if not statement.fixed:
            yield before + after
        for j, (_, inner) in enumerate(statement.blocks):
            yield before + inner + after
            if j:
                yield (*before, replace(statement, blocks=statement.blocks[:j] + statement.blocks[j + 1 :]), *after)
        for j, (head, inner) in enumerate(statement.blocks):
            for less in smaller(inner):
                blocks = (*statement.blocks[:j], (head, less), *statement.blocks[j + 1 :])
                yield (*before, replace(statement, blocks=blocks), *after)


@dataclass
class RandomProgram:
    """Writes one program; `seed` decides all."""

    seed: int
    size: int = 12
    rng: random.Random = field(init=False)
    left: int = field(init=False)
    counters: int = 0
    result: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)
        self.left = self.size

    def block(self) -> Block:
        """The body."""
        self.result = tuple(self.rng.choices("ttppivgl", k=self.rng.randint(1, 3)))
        lines = [Statement(f"{name} = {start}") for name, start in self.starts()]
        body = [s for _ in range(self.rng.randint(2, 5)) for s in self.statement(0, 0)]
        return (*lines, *body, Statement(self.return_text()))

    def starts(self) -> Iterator[tuple[str, str]]:
        given = {"z": "x * 2.0", "u": "y - x", "m": "n + 1", "q": "3", "r": "-1", "w": "v * 2.0", "g": "x > y"}
        given |= {"out": "[x]" if self.chance(0.5) else "[]", "s": "(y, 2)"}
        for name, start in given.items():
            if self.chance(0.95):
                yield name, start

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def pick(self, *choices: str) -> str:
        return self.rng.choice(choices)

    def name(self, kind: str) -> str:
        names = KINDS[kind]
        known = [name for name in names if name in PARAMETERS]
        return self.pick(*(known * 2), *names)

    def return_text(self) -> str:
        return f"return ({', '.join(self.value(kind, 1) for kind in self.result)},)"

    def value(self, kind: str, depth: int = 0) -> str:
        return {
            "t": self.tensor,
            "i": self.integer,
            "p": self.number,
            "v": self.vector,
            "g": self.flag,
            "l": self.list_value,
            "s": self.pair,
        }[kind](depth)

    def tensor(self, depth: int = 0) -> str:
        if depth > 1 or self.chance(0.35):
            return self.name("t")
        a = self.tensor(depth + 1)
        match self.rng.randrange(17):
            case 0 | 1 | 2:
                return f"({a} {self.pick(*OPERATORS)} {self.tensor(depth + 1)})"
            case 3:
                return f"xp.sin({a})"
            case 4:
                return f"({a} * {self.pick('0.5', '-1.5', '0.0')})"
            case 5:
                return f"({a} if {self.test(depth + 1)} else {self.tensor(depth + 1)})"
            case 6:
                return f"{self.name('v')}[{self.index()}]"
            case 7:
                return f"xp.sum({self.vector(depth + 1)})"
            case 8:
                return f"({a} + {self.number(depth + 1)})"
            case 9:
                return f"({a} - {self.integer(depth + 1)})"
            case 10:
                return self.pick("box.a", "d['a']")
            case 11:
                return f"{self.pick('min', 'max')}({a}, {self.tensor(depth + 1)})"
            case 12:
                return f"half({a})"
            case 13:
                return f"clamp({a}, {self.number(depth + 1)})"
            case 14:
                return f"{self.name('s')}[0]"
            case 15:
                return f"(out[{self.index()}] if len(out) > 1 else {a})"
            case _:
                return f"(lambda k: k * {self.name('t')} + {self.name('p')})({a})"

    def integer(self, depth: int = 0) -> str:
        if depth > 1 or self.chance(0.5):
            return self.name("i")
        a = self.integer(depth + 1)
        match self.rng.randrange(6):
            case 0:
                return f"(({a} + {self.integer(depth + 1)}) % 5)"
            case 1:
                return f"({a} * {self.number(depth + 1)} % 7)"
            case 2:
                return f"({a} // 2)"
            case 3:
                return f"({a} if {self.test(depth + 1)} else {self.integer(depth + 1)})"
            case 4:
                return f"xp.argmax({self.name('v')})"
            case _:
                return f"(-{a})"

    def number(self, depth: int = 0) -> str:
        if depth > 1 or self.chance(0.45):
            return self.name("p") if self.chance(0.6) else str(self.rng.randint(-2, 4))
        a = self.number(depth + 1)
        match self.rng.randrange(12):
            case 0 | 1:
                return f"(({a} {self.pick('+', '-', '*')} {self.number(depth + 1)}) % 9)"
            case 2:
                return f"({a} {self.pick('//', '%')} {self.pick('2', '3', '-2', self.name('p'))})"
            case 3 | 4:
                return f"({a} if {self.test(depth + 1)} else {self.number(depth + 1)})"
            case 5:
                return f"({a} {self.pick('and', 'or')} {self.number(depth + 1)})"
            case 6:
                return "len(out)"
            case 7:
                return f"int({self.integer(depth + 1)})"
            case 8:
                return f"abs({a})"
            case 9:
                return self.pick("box.c", "d['b']", f"{self.name('s')}[1]")
            case 10:
                return f"bump(box, {self.tensor(depth + 1)})"
            case _:
                return f"{self.pick('min', 'max')}({a}, {self.number(depth + 1)})"

    def vector(self, depth: int = 0) -> str:
        if depth > 1 or self.chance(0.5):
            return self.name("v")
        a = self.vector(depth + 1)
        match self.rng.randrange(6):
            case 0:
                return f"({a} * {self.tensor(depth + 1)})"
            case 1:
                return f"({a} + {self.vector(depth + 1)})"
            case 2:
                return f"xp.stack([{self.tensor(depth + 1)}, {self.name('t')}, {self.name('t')}])"
            case 3:
                return f"xp.flip({a})"
            case 4:
                return f"xp.where({a} > {self.tensor(depth + 1)}, {a}, {self.vector(depth + 1)})"
            case _:
                return f"({a} if {self.test(depth + 1)} else {self.vector(depth + 1)})"

    def flag(self, depth: int = 0) -> str:
        if depth > 1 or self.chance(0.4):
            return self.name("g")
        return f"({self.tensor(depth + 1)} {self.pick('<', '>')} {self.tensor(depth + 1)})"

    def list_value(self, depth: int = 0) -> str:
        if self.chance(0.6):
            return "out"
        return self.pick(f"[{self.tensor(1)}]", f"out + [{self.tensor(1)}]", "out[1:]", "list(out)", "out[::-1]")

    def pair(self, depth: int = 0) -> str:
        return self.name("s") if self.chance(0.3) else f"({self.tensor(1)}, {self.number(1)})"

    def index(self) -> str:
        if self.chance(0.1):
            return self.pick("2", self.name("p"), self.name("i"))
        return self.pick("0", "-1", "0", "p % 2", "n % 2")

    def test(self, depth: int = 0) -> str:
        match self.rng.randrange(15):
            case 0 | 1 | 2:
                return f"({self.tensor(depth + 1)} {self.pick(*COMPARISONS)} {self.tensor(depth + 1)})"
            case 3:
                return f"({self.tensor(depth + 1)} {self.pick('<', '>')} {self.pick('0', '0.5', '-1.0')})"
            case 4 | 5:
                return f"({self.number(depth + 1)} {self.pick(*COMPARISONS)} {self.number(depth + 1)})"
            case 6:
                return f"({self.integer(depth + 1)} {self.pick(*COMPARISONS)} {self.number(depth + 1)})"
            case 7 | 8 if depth < 2:
                return f"({self.test(depth + 1)} {self.pick('and', 'or')} {self.test(depth + 1)})"
            case 9 if depth < 2:
                return f"(not {self.test(depth + 1)})"
            case 10:
                return f"({self.pick('-0.5', '0')} < {self.tensor(depth + 1)} <= {self.tensor(depth + 1)})"
            case 11:
                return self.pick(self.name("g"), self.name("p"), "out", self.name("i"))
            case 12:
                return f"len(out) {self.pick('<', '>')} {self.pick('1', '2')}"
            case 13:
                return f"({self.pick(self.number(2), self.integer(2))} {self.pick('in', 'not in')} (1, 2, 3))"
            case _:
                return f"xp.any({self.vector(depth + 1)} > {self.tensor(depth + 1)})"

    def blocks(self, depth: int, loops: int) -> Block:
        return tuple(s for _ in range(self.rng.randint(1, 3)) for s in self.statement(depth + 1, loops))

    def counter(self) -> str:
        self.counters += 1
        return f"k{self.counters}"

    def statement(self, depth: int, loops: int) -> list[Statement]:
        self.left -= 1
        if self.left < 0 or depth > 3:
            return [Statement(self.simple())]
        match self.rng.randrange(20):
            case 0 | 1 | 2 | 3:
                parts = [(f"if {self.test()}:", self.blocks(depth, loops))]
                if self.chance(0.3):
                    parts.append((f"elif {self.test()}:", self.blocks(depth, loops)))
                if self.chance(0.5):
                    parts.append(("else:", self.blocks(depth, loops)))
                return [Statement(blocks=tuple(parts))]
            case 4 | 5 | 6:
                return self.while_loop(depth, loops)
            case 7 | 8 | 9 | 10:
                return self.for_loop(depth, loops)
            case 11 if loops:
                return [Statement(self.pick("break", "continue"))]
            case 12 if loops:
                return [Statement(blocks=((f"if {self.test()}:", (Statement(self.pick("break", "continue")),)),))]
            case 13:
                return [Statement(blocks=((f"if {self.test()}:", (Statement(self.return_text()),)),))]
            case _:
                return [Statement(self.simple())]

    def while_loop(self, depth: int, loops: int) -> list[Statement]:
        k = self.counter()
        count = [Statement(f"{k} += 1", fixed=True)]
        most = self.rng.randint(1, 4)
        head = f"while {self.test()} and {k} < {most}:"
        if self.chance(0.25):
            head = "while True:"
            count.append(Statement(blocks=((f"if {k} > {most}:", (Statement("break", fixed=True),)),), fixed=True))
        parts = [(head, (*count, *self.blocks(depth, loops + 1)))]
        if self.chance(0.15):
            parts.append(("else:", self.blocks(depth, loops)))
        return [Statement(f"{k} = 0", fixed=True), Statement(blocks=tuple(parts), fixed=True)]

    def for_loop(self, depth: int, loops: int) -> list[Statement]:
        head = self.rng.choice(
            [
                f"for {self.name('p')} in range({self.rng.randint(0, 3)}):",
                f"for {self.name('p')} in range({self.name('p')} % 4):",
                f"for {self.name('p')} in range({self.name('i')} % 4):",
                f"for {self.name('p')} in range({self.name('i')} % 4, -1, -2):",
                f"for {self.name('t')} in {self.name('v')}:",
                f"for {self.name('p')}, {self.name('t')} in enumerate({self.name('v')}):",
                f"for {self.name('t')} in out[:3]:",
                f"for {self.name('t')}, {self.name('t')} in zip({self.name('v')}, {self.name('v')}):",
            ]
        )
        parts = [(head, self.blocks(depth, loops + 1))]
        if self.chance(0.15):
            parts.append(("else:", self.blocks(depth, loops)))
        return [Statement(blocks=tuple(parts))]

    def simple(self) -> str:
        match self.rng.randrange(27):
            case 0 | 1 | 2 | 3:
                return f"{self.name('t')} = {self.tensor()}"
            case 4 | 5 | 6:
                return f"{self.name('p')} = {self.number()}"
            case 7:
                return f"{self.name('i')} = {self.integer()}"
            case 8:
                return f"{self.name('v')} = {self.vector()}"
            case 9:
                return f"{self.name('g')} = {self.flag()}"
            case 10:
                return f"{self.name('s')} = {self.pair()}"
            case 11 | 12:
                if self.chance(0.85):  # of a fresh tensor: static code refuses to change what may have another name
                    target = self.pick("z", "u")
                    fresh = f"({self.name('t')} {self.pick(*OPERATORS)} {self.name('t')})"
                    return f"{target} = {fresh}; {target} {self.pick(*OPERATORS)}= {self.tensor(1)}"
                return f"{self.name('t')} {self.pick(*OPERATORS)}= {self.tensor(1)}"
            case 13:
                return f"{self.name('p')} {self.pick('+', '-')}= {self.number(1)}"
            case 14 | 15:
                change = f"[{self.index()}] {self.pick('=', '+=', '*=')} {self.tensor(1)}"
                if self.chance(0.7):
                    return f"w = v * {self.name('t')}; w{change}"
                return self.pick("v", "w") + change
            case 16 | 17:
                return f"out.append({self.tensor(1)})"
            case 18:
                return self.pick("out.pop()", "if len(out) > 1: out.pop()", "out.reverse()", "out.insert(0, x)")
            case 19:
                return self.pick("", "if len(out) > 1: ") + f"out[{self.index()}] = {self.tensor(1)}"
            case 20:
                return f"out = {self.list_value()}"
            case 21:
                a, b = self.name("t"), self.name("t")
                return f"{a}, {b} = {self.tensor(1)}, {self.tensor(1)}"
            case 22:
                return f"{self.name('t')}, {self.name('p')} = {self.name('s')}"
            case 23:
                return f"box.a = {self.tensor(1)}" if self.chance(0.5) else f"box.c += {self.number(1)}"
            case 24:
                return f"d['a'] = {self.tensor(1)}" if self.chance(0.5) else f"d['b'] = {self.number(1)}"
            case 25:
                return f"print('{self.pick('a', 'b')}', {self.number(1)}, {self.integer(1)})"
            case _:
                if self.chance(0.5):
                    return f"assert {self.test()}, {self.number(1)}"
                return f"w = {self.vector(1)} * 1.0; w *= {self.tensor(1)}"


class Box:
    """An object with state."""

    def __init__(self, a: Any, c: Any) -> None:
        self.a = a
        self.c = c

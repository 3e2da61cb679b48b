"""Random functions on ints: nested control flow of every kind, names that some paths leave unbound, closures,
exceptions, generators, patterns.

Every function terminates: loops ask `tick()`, which raises once the fuel is spent.
"""

import random
from collections.abc import Callable
from typing import Any

NAMES = ("a", "b", "c", "d", "e")
PARAMETERS = ("a", "b", "tick", "log")
COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
OPERATORS = ("+", "-", "//", "%", "&", "|", "^")
"""No product among them: squares of squares take for ever."""


class RandomFunction:
    """Writes the source of one function; `seed` decides all."""

    def __init__(self, seed: int, size: int = 25) -> None:
        self.random = random.Random(seed)
        self.left = size
        self.lines: list[str] = []
        self.depth = 0
        self.binds = True
        """Whether an expression may have `:=` in it."""

    def source(self) -> str:
        self.lines = ["def f(a, b, tick, log):"]
        for name in NAMES:
            if name not in PARAMETERS and self.chance(0.75):
                self.line(f"{name} = {self.random.randint(-3, 5)}")
        if self.chance(0.7):
            self.line("h = lambda p: p + a")
        for _ in range(self.random.randint(1, 6)):
            self.statement(loops=0, may_return=True)
        return "\n".join(self.lines) + "\n"

    def line(self, text: str) -> None:
        self.lines.append("    " * (self.depth + 1) + text)

    def pick(self, *choices: str) -> str:
        return self.random.choice(choices)

    def name(self) -> str:
        # Mostly parameters: they are always bound.
        return self.pick("a", "b", "a", "b", *NAMES)

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def value(self, depth: int = 0) -> str:
        if depth > 1 or self.chance(0.4):
            return self.name() if self.chance(0.6) else str(self.random.randint(-3, 5))
        kind = self.random.randrange(11)
        x, y = self.value(depth + 1), self.value(depth + 1)
        match kind:
            case 0:
                return f"({x} if {self.test(depth + 1)} else {y})"
            case 1:
                return f"({x} {self.pick('and', 'or')} {y})"
            case 2:
                return f"tick({x})"
            case 3:
                return f"sum([q + {self.plain()} for q in range(3) if q != {self.plain()}])"
            case 4:
                return f"(lambda p: p + {self.plain()})({y})"
            case 9 if self.binds:
                return f"({x} {self.pick('and', 'or')} ({self.pick('a', 'b', 'c')} := {y}))"
            case 10:
                opening, closing = self.random.choice(["[]", "{}"])
                return f"len({opening}q for q in range(3) if q < {self.plain()} or tick(q){closing})"
            case 5:
                return f"len(f'{{{self.name()}}}:{{{self.name()} + 1!r:>3}}')"
            case _:
                return f"({x} {self.pick(*OPERATORS)} {y})"

    def plain(self) -> str:
        """A value without `:=`: for lambdas, and comprehensions, where it changes how an unbound name is called."""
        before, self.binds = self.binds, False
        found = self.value(1)
        self.binds = before
        return found

    def plain_test(self) -> str:
        """A test without `:=`."""
        before, self.binds = self.binds, False
        found = self.test()
        self.binds = before
        return found

    def test(self, depth: int = 0) -> str:
        x, y = self.value(depth + 1), self.value(depth + 1)
        kind = self.random.randrange(8)
        match kind:
            case 0 if depth < 2:
                return f"({self.test(depth + 1)} {self.pick('and', 'or')} {self.test(depth + 1)})"
            case 1 if depth < 2:
                return f"(not {self.test(depth + 1)})"
            case 2:
                return f"({x} {self.pick(*COMPARISONS)} {y} {self.pick(*COMPARISONS)} {self.value(depth + 1)})"
            case 3:
                return f"({x} {self.pick('in', 'not in')} [{y}, 1])"
            case _:
                return f"({x} {self.pick(*COMPARISONS)} {y})"

    def block(self, loops: int, may_return: bool) -> None:
        for _ in range(self.random.randint(1, 4)):
            self.statement(loops, may_return)

    def nested(self, head: str, loops: int, may_return: bool = True) -> None:
        self.line(head)
        self.depth += 1
        self.block(loops, may_return)
        self.depth -= 1

    def statement(self, loops: int, may_return: bool) -> None:
        self.left -= 1
        if self.left < 0 or self.depth > 4:
            self.line(f"{self.name()} = {self.value()}")
            return
        kind = self.random.randrange(31)
        match kind:
            case 0 | 1 | 2 | 3 | 4:
                self.nested(f"if {self.test()}:", loops, may_return)
                if self.chance(0.3):
                    self.nested(f"elif {self.test()}:", loops, may_return)
                if self.chance(0.5):
                    self.nested("else:", loops, may_return)
            case 5 | 6:
                head = "while True:" if self.chance(0.2) else f"while {self.test()}:"
                self.line(head)
                self.depth += 1
                self.line("tick(0)")
                self.block(loops + 1, may_return)
                self.depth -= 1
                if self.chance(0.4):
                    self.nested("else:", loops, may_return)
            case 7 | 8 | 9:
                target = self.pick(*NAMES, "a, b", "log[0]")
                items = f"range({self.random.randint(0, 4)})"
                if target == "a, b":
                    items = f"[(q, {self.name()}) for q in {items}]"
                elif self.chance(0.3):
                    items = f"(log.append(q) or q for q in {items})"
                self.nested(f"for {target} in {items}:", loops + 1, may_return)
                if self.chance(0.4):
                    self.nested("else:", loops, may_return)
            case 10 | 11 if loops:
                self.line(self.pick("break", "continue"))
            case 12 | 13 if may_return:
                self.line(f"return {self.value()}" if self.chance(0.8) else "return")
            case 14:
                self.line(f"log.append({self.value()})")
            case 15:
                self.line(f"{self.name()} {self.pick(*OPERATORS)}= {self.value()}")
            case 16:
                # Of a plain value that fails, and an item that is not there, Python names the item first.
                store = self.pick(f"= {self.value()}", f"+= tick({self.value()})", f"-= {self.pick('a', 'b')}")
                self.line(f"log[{self.pick('0', '-1', self.value(2))}] {store}")
            case 17:
                self.line(f"raise ValueError({self.value()})")
            case 18:
                self.line(f"assert {self.test()}, {self.value()}")
            case 19:
                function = self.pick("g", "h")
                self.line(f"def {function}(p={self.name()}):")
                self.depth += 1
                self.line("tick(1)")
                self.block(0, True)
                self.line(f"return p + {self.name()}")
                self.depth -= 1
                self.line(f"{self.name()} = {function}({self.value()})")
            case 20:
                self.line(f"h = lambda p: p + {self.name()} if {self.plain_test()} else {self.name()}")
                self.line(f"{self.name()} = h({self.value()})")
            case 21:
                x, y = self.name(), self.name()
                self.line(f"{x}, {y} = {self.value()}, {self.value()}")
            case 22:
                self.line(f"log[0], {self.name()}, log[-1] = {self.value()}, {self.value()}, {self.value()}")
            case 23:
                self.line(f"{self.name()} = h({self.value()})")
            case 24 | 25:
                self.protected(loops, may_return)
            case 26:
                managers = ("keeps(log)", "passes(log)", "keeps(log) as c, passes(log)", f"passes({self.name()})")
                self.nested(f"with {self.pick(*managers)}:", loops, may_return)
            case 27:
                self.line(f"del {self.pick('c', 'd', 'e', 'log[0]', 'c, d')}")
            case 28:
                self.line(f"match {self.pick(self.name(), f'({self.value()}, {self.name()})', f'[{self.value()}]')}:")
                self.depth += 1
                for _ in range(self.random.randint(1, 3)):
                    pattern = self.pick("0", "1 | 2", "(0, c)", "[c]", "[c, *d]", "(c, 1) | (1, c)", "int() as d", "e")
                    self.nested(f"case {pattern} if {self.test()}:", loops, may_return)
                if self.chance(0.5):
                    self.nested("case _:", loops, may_return)
                self.depth -= 1
            case 29:
                self.line(f"def made(p={self.name()}):")
                self.depth += 1
                self.line("log.append(p)")
                self.nested(f"for q in range({self.random.randint(0, 3)}):", 0, False)
                self.line(f"    yield q + {self.name()}")
                self.line(f"yield {self.value()}")
                self.depth -= 1
                self.nested(f"for {self.name()} in made({self.value()}):", loops + 1, may_return)
            case 30:
                self.line(f"while ({self.pick('a', 'b', 'c')} := {self.value()}) > {self.value()}:")
                self.depth += 1
                self.line("tick(0)")
                self.block(loops + 1, may_return)
                self.depth -= 1
            case _:
                self.line(f"{self.name()} = {self.value()}")

    def protected(self, loops: int, may_return: bool) -> None:
        """A `try`."""
        self.nested("try:", loops, may_return)
        handlers = self.random.randint(0, 2)
        for _ in range(handlers):
            head = self.pick(
                "ValueError", "(NameError, ZeroDivisionError)", "ValueError as error", "Exception as error"
            )
            self.line(f"except {head}:")
            if "as" in head:
                self.line("    log.append(str(error))")
            self.depth += 1
            self.block(loops, may_return)
            self.depth -= 1
            if self.chance(0.2):
                self.line("    raise")
        if handlers and self.chance(0.4):
            self.nested("else:", loops, may_return)
        if not handlers or self.chance(0.4):
            self.nested("finally:", 0, False)


class OutOfFuelError(BaseException):
    """Nothing in the function catches it."""


class Manager:
    """Keeps ValueErrors to itself, or not; notes what happens in a log."""

    def __init__(self, log: list[Any], keeps: bool) -> None:
        self.log = log
        self.keeps = keeps

    def __enter__(self) -> int:
        self.log.append("enter")
        return 7

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> bool:
        self.log.append(kind.__name__ if kind else None)
        return self.keeps and kind is ValueError


def keeps(log: list[Any]) -> Manager:
    """A manager that keeps errors to itself."""
    return Manager(log, True)


def passes(log: list[Any]) -> Manager:
    """One that does not."""
    return Manager(log, False)


def outcome(function: Callable[..., Any], a: int, b: int, fuel: int = 150) -> tuple[Any, ...]:
    """What a call comes to: its result or error, how often it ticked, and its log."""
    log: list[Any] = [a]
    ticks = 0

    def tick(value: int) -> int:
        nonlocal ticks
        ticks += 1
        if ticks > fuel or abs(value) > 10**6:
            raise OutOfFuelError(value)
        return value

    try:
        result: Any = ("returns", function(a, b, tick, log))
    except (Exception, OutOfFuelError) as error:
        result = ("raises", type(error), str(error))
    return (*result, ticks, log)

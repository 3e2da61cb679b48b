"""What programs call: functions, classes, context managers, generators, and the state of their module."""

import ast
import textwrap
from typing import Final

STATE: Final = ("TOTAL", "SEEN", "HISTORY")
"""Names of the module that programs change: a tensor, a number, a list. `made` of classes is state too."""

WHOLE: Final = textwrap.dedent("""
    import bisect
    import contextlib
    import functools
    import heapq
    import itertools
    import logging
    import math
    import operator
    from collections import deque, namedtuple
    from dataclasses import dataclass, replace
    from enum import Enum

    import numpy as np

    TOTAL = xp.asarray(0.5)
    SEEN = 1
    HISTORY = []
    CONFIG = {"limit": 3, "start": 1, "rate": 0.25}

    Pair = namedtuple("Pair", "a c")


    @dataclass
    class Cell:
        a: object
        c: object = 1

        def moved(self, t):
            return Cell(self.a + t, self.c + 1)


    class Mode(Enum):
        UP = 1
        DOWN = 2


    @dataclass(order=True)
    class Ordered:
        c: object
        a: object


    class Steps:
        def __init__(self, t, p):
            self.t = t
            self.p = p

        def __iter__(self):
            for k in range(self.p):
                if self.t < 2:
                    yield self.t
                self.t = self.t * 0.5 + k


    class Base:
        made = 0

        def __init__(self, total):
            self.total = total
            self.calls = 0
            self.kept = []

        def step(self, t):
            self.calls += 1
            if t > self.total:
                self.total = self.total + t * 0.5
            return self.total

        def __call__(self, t):
            return self.step(t) - t

        @property
        def double(self):
            return self.total * 2.0 if self.total > 0 else self.total

        @staticmethod
        def twice(t):
            return t * 2.0 if t < 1 else t

        @classmethod
        def made_of(cls, t):
            cls.made += 1
            return cls(t * 0.5)


    class Tracked(Base):
        def step(self, t):
            found = super().step(t)
            return found if found < 5 else found - 5.0

        @property
        def level(self):
            return self.total

        @level.setter
        def level(self, t):
            self.total = t if t > 0 else -t

        def keep(self, t):
            if t > 0:
                self.kept.append(t)
            return len(self.kept)

        def fold(self, t, p):
            for k in range(p % 3):
                self.total = self.total * 0.5 + t
            return self.total


    class Vec:
        def __init__(self, x, y):
            self.x = x
            self.y = y

        def __add__(self, other):
            return Vec(self.x + other.x, self.y + other.y)

        def __sub__(self, other):
            return self + -other

        def __mul__(self, t):
            return Vec(self.x * t, self.y * t)

        __rmul__ = __mul__

        def __neg__(self):
            return Vec(-self.x, -self.y)

        def __abs__(self):
            return self.x if self.x > self.y else self.y

        def __getitem__(self, i):
            return (self.x, self.y)[i]

        def __setitem__(self, i, t):
            if i == 0:
                self.x = t
            else:
                self.y = t

        def __iter__(self):
            yield self.x
            yield self.y

        def __len__(self):
            return 2

        def __bool__(self):
            return bool(self.x > 0)

        def __eq__(self, other):
            return isinstance(other, Vec) and bool(self.x == other.x) and bool(self.y == other.y)

        __hash__ = None

        def __lt__(self, other):
            return self.x < other.x

        def dot(self, other):
            return sum(j * k for j, k in zip(self, other))


    class Named:
        name = "gauge"

        def told(self, t):
            print(self.name)
            return t


    class Gauge(Named):
        __slots__ = ("__count", "last", "level")

        def __init__(self, level):
            super().__init__()
            self.level = level
            self.last = level * 0.0
            self.__count = 0

        def add(self, t):
            self.__count += 1
            if t > self.last:
                self.last, self.level = t, self.level + t * 0.5
            return self.level * self.__count

        def steps(self, t, n):
            for k in range(n):
                self.last = t * k
                yield self.last + self.level

        @contextlib.contextmanager
        def held(self, t):
            before, self.level = self.level, t
            try:
                yield self
            finally:
                self.level = before


    class Countdown:
        def __init__(self, p):
            self.p = p

        def __iter__(self):
            return self

        def __next__(self):
            if self.p <= 0:
                raise StopIteration
            self.p -= 1
            return self.p


    class Shown(logging.Handler):
        def emit(self, record):
            print(record.levelname, record.getMessage())


    def shown_logger():
        logger = logging.getLogger("random")
        logger.setLevel(logging.INFO)
        logger.propagate = False
        logger.handlers = [Shown()]
        return logger


    LOGGER = shown_logger()


    class WrongError(ValueError):
        pass


    class Scope:
        def __init__(self, box, keeps=()):
            self.box = box
            self.keeps = keeps

        def __enter__(self):
            self.box.c += 1
            return self.box.c

        def __exit__(self, kind, error, traceback):
            self.box.c -= 1
            print("left", kind is None)
            return kind is not None and issubclass(kind, self.keeps)


    @contextlib.contextmanager
    def scoped(t):
        print("in")
        try:
            yield t * 2.0
        finally:
            print("out")


    @contextlib.contextmanager
    def catching(kind):
        try:
            yield
        except kind as error:
            print("caught", error)


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


    def spread(first, *others, scale=2.0, **named):
        for t in others:
            first = first + t * scale if t > 0 else first - t
        return first


    def default(t, o=None):
        if o is None:
            return t
        return o - t


    def found(t):
        if t > 0:
            return t


    def twice(function, t):
        return function(function(t))


    def halved(t):
        if t < 0.5 or not t < 100:
            return t
        return halved(t * 0.5) + 0.25


    def powers(t, n):
        if n == 0:
            return t * 0.0 + 1.0
        return t * powers(t, n - 1)


    def even(n):
        return True if n == 0 else odd(n - 1)


    def odd(n):
        return False if n == 0 else even(n - 1)


    def factorial(n):
        return n * 0 + 1 if n <= 1 else n * factorial(n - 1)


    def tree_sum(items):
        if not isinstance(items, list | tuple):
            return items
        return sum(tree_sum(k) for k in items)


    def fibonacci(n, t):
        if n < 2:
            return t
        return fibonacci(n - 1, t) + fibonacci(n - 2, t * 0.5)


    def adder(by):
        def added_to(t):
            return t + by if t < by else t

        return added_to


    def composed(first, second):
        return lambda t: second(first(t))


    def noting(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            found = function(*args, **kwargs)
            if found > 1:
                print("more than one")
            return found

        return wrapper


    def repeated(times):
        def decorate(function):
            @functools.wraps(function)
            def wrapper(t, *args, **kwargs):
                for _ in range(times):
                    t = function(t, *args, **kwargs)
                return t

            return wrapper

        return decorate


    @noting
    def noted(t):
        return t * 0.5 if t > 2 else t + 0.25


    @repeated(2)
    def scaled_by(t, *, by=0.5):
        return t * by


    def placed(t, by, /, *more, scale=0.5):
        return t + by * scale if t < by else t


    def drain(t, p):
        while p > 0 and t < 3:
            yield t
            t = t + 0.5
            p -= 1


    def both(t):
        if t > 0:
            yield t * 2.0
        yield -t


    def counted(n):
        for k in range(n):
            if k == 1:
                continue
            yield k


    def checked(t):
        if t < -0.5:
            raise WrongError("low")
        if t > 2:
            raise KeyError("high")
        return t * 1.5


    def added(t):
        global TOTAL
        if t > 0:
            TOTAL = TOTAL + t
        HISTORY.append(t)
        return TOTAL


    def seen_once():
        global SEEN
        SEEN += 1
        return SEEN
""").lstrip("\n")


def _names(node: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}


def _defined(node: ast.stmt) -> list[str]:
    match node:
        case ast.Import() | ast.ImportFrom():
            return [alias.asname or alias.name for alias in node.names]
        case ast.FunctionDef() | ast.ClassDef():
            return [node.name]
        case _:
            return [n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]


def prelude_of(source: str) -> str:
    """The part of the prelude that a function of this text needs."""
    wanted = _names(ast.parse(source))
    while True:
        kept = [part for part in _PARTS if wanted.intersection(part[1])]
        needed = wanted.union(*(used for _, _, used in kept))
        if needed == wanted:
            return "\n\n\n".join(text for text, _, _ in kept)
        wanted = needed


def _parts() -> list[tuple[str, frozenset[str], frozenset[str]]]:
    """Each statement of the prelude: its text, the names that it binds, those that it needs."""
    parts: list[tuple[str, frozenset[str], frozenset[str]]] = []
    lines = WHOLE.splitlines()
    for node in ast.parse(WHOLE).body:
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
        text = "\n".join(lines[first - 1 : node.end_lineno])
        parts.append((text, frozenset(_defined(node)), frozenset(_names(node))))
    return parts


_PARTS: Final = _parts()

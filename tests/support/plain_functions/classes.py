"""Methods of classes.

PYTEST_DONT_REWRITE: asserts are among what is compared.
"""
# ruff: noqa: UP008

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Counter:
    step: int = 1
    total: int = 0
    __secret: int = 5
    log: list[Any] = field(default_factory=list)

    def run(self, x, y):
        for i in range(x):
            self.total += self.step
            if self.total > y:
                self.__secret -= i
                break
            self.log.append(self.__hidden(i))
        self.log[0:1], self.step = [self.__secret], y
        return self

    def __hidden(self, __i):
        return [__i + self.__secret for _ in [0] if __i or self.__secret]

    def kind(self, x):
        return "base" if x else "none"

    @classmethod
    def make(cls, x, y):
        return cls(x) if y else cls(step=y)

    @staticmethod
    def static(x, y):
        return x or y


class Child(Counter):
    def kind(self, x):
        if x > 1:
            return "child of " + super().kind(x)
        return [super(Child, self).kind(x), __class__.__name__]

    def __call__(self, x, y=2, *, z: int = 3):
        """Doc."""
        return x if z > y else self.kind(x)

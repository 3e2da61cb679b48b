"""Walking through a run by typing."""

import sys
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

HELP: Final = """  n [count]   forward (or an empty line)
  b [count]   back
  at LINE     to the next op of a line;  b at LINE: to the one before
  out         out of this branch, loop trip or function
  first last  to the first, to the last op
  v           the variables here
  p NAME      one variable
  hist NAME   all values that a variable has had up to here
  h           this text
  q           quit"""


class Walk(Protocol):
    """What is walked through (see `step.Stepper`)."""

    @property
    def values(self) -> Mapping[str, Any]: ...
    def forward(self, count: int = 1) -> Any: ...
    def back(self, count: int = 1) -> Any: ...
    def first(self) -> Any: ...
    def last(self) -> Any: ...
    def out(self) -> Any: ...
    def at(self, line: int, *, back: bool = False) -> Any: ...
    def history(self, name: str) -> list[Any]: ...


def prompt(walk: Walk) -> None:
    """Read commands from standard input until `q` or its end, and print what they show."""
    print(walk)
    while True:
        print("(step) ", end="", flush=True)
        line = sys.stdin.readline()
        words = line.split()
        if not line or words[:1] in (["q"], ["quit"]):
            return
        try:
            print(_answer(walk, words))
        except LookupError as error:
            print(f"  {error.args[0]}")
        except ValueError:
            print(HELP)


def _answer(walk: Walk, words: list[str]) -> Any:
    moves: dict[str, Callable[[int], Any]] = {"n": walk.forward, "b": walk.back}
    match words:
        case []:
            return walk.forward()
        case ["at", line]:
            return walk.at(int(line))
        case ["b", "at", line]:
            return walk.at(int(line), back=True)
        case [("n" | "b") as key]:
            return moves[key](1)
        case [("n" | "b") as key, count]:
            return moves[key](int(count))
        case ["out"]:
            return walk.out()
        case ["first"]:
            return walk.first()
        case ["last"]:
            return walk.last()
        case ["v"]:
            return "\n".join(f"  {name} = {value}" for name, value in walk.values.items())
        case ["p", name]:
            if name not in walk.values:
                raise LookupError(f"there is no variable `{name}` here")
            return f"  {name} = {walk.values[name]}"
        case ["hist", name]:
            return "\n".join(f"  {value}" for value in walk.history(name))
        case _:
            return HELP

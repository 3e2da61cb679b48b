"""What a converted function is made of: its own source and that of the user's functions that it calls."""

from dataclasses import dataclass
from typing import Any

from dy2static.cache.program import Program
from dy2static.decorator import StaticFunction
from dy2static.source.convert import Converted, convert_function
from dy2static.source.show import numbered

Lines = tuple[tuple[int | None, str], ...]


@dataclass(frozen=True, slots=True)
class SourcePair:
    """One function: its lines as written and as converted, with the numbers of the user's lines."""

    name: str
    file: str
    written: Lines
    converted: Lines

    def has(self, file: str, line: int) -> bool:
        """Whether the line is one of these."""
        return file == self.file and any(number == line for number, _ in self.written)


def sources_of(function: StaticFunction, program: Program) -> tuple[SourcePair, ...]:
    """The function, then what was converted with it, each once."""
    own = function.__dy2static_function__
    found = [convert_function(getattr(own, "__func__", own)), *map(convert_function, program.staged.functions)]
    pairs = {(made.source.file, made.source.first_line): _pair(made) for made in found}
    return tuple(pairs.values())


def _pair(made: Converted) -> SourcePair:
    first = made.source.first_line
    written = tuple((first + i, text) for i, text in enumerate(made.source.text.rstrip("\n").split("\n")))
    converted = tuple(map(_numbered_line, numbered(made.tree).rstrip("\n").split("\n")))
    return SourcePair(made.function.__name__, made.source.file, written, converted)


def _numbered_line(text: Any) -> tuple[int | None, str]:
    number, _, line = text.partition("|")
    return (int(number) if number.strip() else None), line.removeprefix(" ")

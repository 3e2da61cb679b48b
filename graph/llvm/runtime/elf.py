"""Linking of object code: from ELF for x86-64, as LLVM emits it, to an image.

What can be done without addresses is done: sections are laid out one after the other, and calls within are resolved.
What is left are words that hold an address: of something of this image, or of something outside, which code reaches
through such a word.

Source: System V ABI, AMD64 Architecture Processor Supplement, 4.4 (relocation types).
"""

import functools
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from graph.llvm.runtime.image import PAGE, Layout

_ELF: Final = b"\x7fELF\x02\x01\x01"
"""64 bits, little-endian."""
_RELOCATABLE_X86_64: Final = (1, 62)
_SECTION: Final = struct.Struct("<IIQQQQIIQQ")
_SYMBOL: Final = struct.Struct("<IBBHQQ")
_RELOCATION: Final = struct.Struct("<QIIq")
_PROGBITS, _SYMTAB, _RELA, _NOBITS, _INIT_ARRAY = 1, 2, 4, 8, 14
_WRITE, _ALLOC, _THREAD_LOCAL = 1, 2, 0x400
_UNDEFINED, _FIRST_RESERVED = 0, 0xFF00
_ABSOLUTE, _RELATIVE, _CALL, _TABLES, _RELATIVE_64 = 1, 2, 4, (9, 41, 42), 24
"""S + A in 64 bits; S + A - P in 32 bits; the same for a call; G + A - P for the place G of an address; the second in
64 bits."""
_JUMP: Final = b"\xff\x25"
"""jmp *(disp32)(%rip)"""
_JUMP_BYTES: Final = 8


class _UnknownError(Exception):
    """There is something in the object code that this linker does not know."""


@dataclass(slots=True)
class _Section:
    kind: int
    flags: int
    offset: int
    size: int
    link: int
    info: int
    align: int
    at: int = -1
    """Where it is in the image; -1 where it is not part of it."""


@dataclass(frozen=True, slots=True)
class _Symbol:
    name: str
    section: int
    value: int
    is_global: bool


def linked(code: bytes) -> tuple[bytes, Layout] | None:
    """The image of an object file; None where it is of a kind that this linker does not know."""
    try:
        return _Linker(code).image()
    except _UnknownError:
        return None


class _Linker:
    """Links one object file."""

    def __init__(self, code: bytes) -> None:
        if not code.startswith(_ELF) or struct.unpack_from("<HH", code, 16) != _RELOCATABLE_X86_64:
            raise _UnknownError
        self._code = code
        (table,) = struct.unpack_from("<Q", code, 0x28)
        (count,) = struct.unpack_from("<H", code, 0x3C)
        self._sections: list[_Section] = []
        for i in range(count):
            _, kind, flags, _, offset, size, link, info, align, _ = _SECTION.unpack_from(
                code, table + i * _SECTION.size
            )
            self._sections.append(_Section(kind, flags, offset, size, link, info, max(align, 1)))
        self._symbols = [*self._read_symbols()]
        self._jumps: dict[_Symbol, int] = {}
        self._words: dict[_Symbol, int] = {}
        """Where the address of a symbol is kept."""
        self._end = 0
        self._memory = bytearray()

    def _read_symbols(self) -> Iterator[_Symbol]:
        for section in self._sections:
            if section.kind == _SYMTAB:
                names = self._sections[section.link].offset
                for at in range(section.offset, section.offset + section.size, _SYMBOL.size):
                    name, info, _, index, value, _ = _SYMBOL.unpack_from(self._code, at)
                    end = self._code.index(b"\0", names + name)
                    if info & 15 == 6 or (info >> 4 == 2 and index == _UNDEFINED):  # thread-local; weak and missing
                        raise _UnknownError
                    yield _Symbol(self._code[names + name : end].decode(), index, value, info >> 4 != 0)

    def image(self) -> tuple[bytes, Layout]:
        loaded = [s for s in self._sections if s.flags & _ALLOC and s.kind in (_PROGBITS, _NOBITS) and s.size]
        if any(s.kind == _INIT_ARRAY or s.flags & _THREAD_LOCAL for s in self._sections):
            raise _UnknownError
        relocations = [*self._relocations()]
        self._place([s for s in loaded if not s.flags & _WRITE])
        for symbol in dict.fromkeys(s for kind, _, s, _ in relocations if kind == _CALL and s.section == _UNDEFINED):
            self._jumps[symbol] = self._end
            self._end += _JUMP_BYTES
        writable = self._end = _up(self._end, PAGE)
        for kind, _, symbol, _ in relocations:
            if kind in _TABLES or (kind == _CALL and symbol.section == _UNDEFINED):
                self._words.setdefault(symbol, 0)
        for symbol in self._words:
            self._words[symbol] = self._end
            self._end += 8
        self._place([s for s in loaded if s.flags & _WRITE and s.kind != _NOBITS])
        filled = self._end
        self._place([s for s in loaded if s.flags & _WRITE and s.kind == _NOBITS])
        self._memory = bytearray(filled)
        for section in loaded:
            if section.kind != _NOBITS:
                content = self._code[section.offset : section.offset + section.size]
                self._memory[section.at : section.at + section.size] = content
        for symbol, at in self._jumps.items():
            self._memory[at : at + 2] = _JUMP
            self._put(at + 2, self._words[symbol] - (at + 6))
        outside = [(at, s.name) for s, at in self._words.items() if s.section == _UNDEFINED]
        inside = [(at, self._address(s)) for s, at in self._words.items() if s.section != _UNDEFINED]
        for kind, at, symbol, addend in relocations:
            if kind == _ABSOLUTE:
                if addend and symbol.section == _UNDEFINED:
                    raise _UnknownError
                if symbol.section == _UNDEFINED:
                    outside.append((at(), symbol.name))
                else:
                    inside.append((at(), self._address(symbol) + addend))
            else:
                self._resolve(kind, at(), symbol, addend)
        names = {s.name: self._address(s) for s in self._symbols if s.is_global and s.section != _UNDEFINED}
        layout = Layout(_up(max(self._end, 1), PAGE), writable, tuple(outside), tuple(inside), names)
        return bytes(self._memory), layout

    def _relocations(self) -> Iterator[tuple[int, Callable[[], int], _Symbol, int]]:
        """Kind, place (once sections have theirs), symbol and addend of those in what is loaded."""
        for section in self._sections:
            if section.kind != _RELA:
                continue
            target = self._sections[section.info]
            if not target.flags & _ALLOC or target.kind not in (_PROGBITS, _NOBITS):
                continue
            content = self._code[section.offset : section.offset + section.size]
            for offset, kind, symbol, addend in _RELOCATION.iter_unpack(content):
                yield kind, functools.partial(_sum, target, offset), self._symbols[symbol], addend

    def _place(self, sections: Sequence[_Section]) -> None:
        for section in sections:
            section.at = _up(self._end, section.align)
            self._end = section.at + section.size

    def _address(self, symbol: _Symbol) -> int:
        """Where in the image a symbol is that it defines."""
        if symbol.section >= _FIRST_RESERVED or self._sections[symbol.section].at < 0:
            raise _UnknownError
        return self._sections[symbol.section].at + symbol.value

    def _resolve(self, kind: int, at: int, symbol: _Symbol, addend: int) -> None:
        if kind in _TABLES:
            self._put(at, self._words[symbol] + addend - at)
        elif kind == _CALL and symbol.section == _UNDEFINED:
            self._put(at, self._jumps[symbol] + addend - at)
        elif kind in (_CALL, _RELATIVE):
            self._put(at, self._address(symbol) + addend - at)
        elif kind == _RELATIVE_64:
            struct.pack_into("<q", self._memory, at, self._address(symbol) + addend - at)
        else:
            raise _UnknownError

    def _put(self, at: int, value: int) -> None:
        if not -(1 << 31) <= value < 1 << 31:
            raise _UnknownError
        struct.pack_into("<i", self._memory, at, value)


def _sum(section: _Section, offset: int) -> int:
    return section.at + offset


def _up(at: int, align: int) -> int:
    return -(-at // align) * align

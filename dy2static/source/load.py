"""From a function to the piece of source that defines it."""

import ast
import copy
import linecache
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import CodeType, FunctionType

from dy2static.analysis.survey import Function, parameters
from dy2static.errors import ConversionError, SourceUnavailableError
from dy2static.source.changed import has_changed
from dy2static.source.lambdas import find_lambda
from dy2static.source.mangling import class_of, mangle
from dy2static.source.parsed_file import Definition, functions_in
from graph.location import Loc

NO_FILE = "there is no file of that name, and no source was registered for it"
NOT_THERE = "its file does not have it at that line, so it has changed since it was imported"

NOT_ALONE = "its file has no such lambda at that line, or several that cannot be told apart"


@dataclass(frozen=True, slots=True)
class Source:
    """The source of one function.

    `text`: its lines, moved to the left margin; `first_line` is theirs.
    """

    file: str
    first_line: int
    text: str

    @classmethod
    def of(cls, file: str, lines: Sequence[str], first: int, last: int) -> "Source":
        """The lines from the first to the last, counted from 1."""
        return cls(file, first, to_margin(lines[first - 1 : last]))


def load(function: FunctionType) -> tuple[Source, Function]:
    """The source of exactly this function, not of one that it wraps, and its syntax tree; see `parsed`.

    Raises: SourceUnavailableError when its file is not there, has changed since, or never was (`exec`).
    """
    node = parsed(function.__code__, lines := lines_of(function))
    return Source.of(function.__code__.co_filename, lines, node.lineno, last_line(node)), node


def lines_of(function: FunctionType) -> Sequence[str]:
    """The lines of the function's file.

    Raises: SourceUnavailableError when that is not there, or has changed since.
    """
    code = function.__code__
    linecache.checkcache(code.co_filename)  # the file may have been edited, and its module reloaded
    lines = linecache.getlines(code.co_filename, function.__globals__)
    if not lines:
        raise unavailable(code, NO_FILE)
    if has_changed(code, lines):
        raise unavailable(code, not_there(code))
    return lines


def parsed(code: CodeType, lines: Sequence[str]) -> Function:
    """The definition or lambda that `code` was compiled from, with the lines and columns of the user's file.

    Decorators are gone, private names are spelled as the class makes them (`__x` in class `C` is `_C__x`).
    Raises: SourceUnavailableError when it is not in these lines.
    """
    node = find_lambda(code, lines) if code.co_name == "<lambda>" else find_definition(code, lines)
    if node is None:
        raise unavailable(code, NOT_ALONE if code.co_name == "<lambda>" else not_there(code))
    if isinstance(node, ast.AsyncFunctionDef):
        raise ConversionError(
            "`async def` cannot be converted.",
            next_step="make it a plain function, and await outside of it.",
            loc=Loc(code.co_filename, node.lineno, node.col_offset, 10**6, code.co_qualname),
        )
    node = mangle(node, class_of(code.co_qualname))
    if tuple(argument.arg for argument in parameters(node.args)) != parameters_of(code):
        raise unavailable(code, not_there(code))
    if isinstance(node, ast.FunctionDef):
        node.decorator_list = []
    return node


def last_line(node: Function) -> int:
    return node.end_lineno or node.lineno


def not_there(code: CodeType) -> str:
    """Why code has no source where a text is there. What stands under `<string>` may be the text of `python -c`, and no
    one's that `exec` is given."""
    return NO_FILE if code.co_filename == "<string>" else NOT_THERE


def has_source(function: FunctionType) -> bool:
    """Whether the source is there: that of what `dataclass` makes, for one, is not."""
    if not function.__code__.co_filename.startswith("<"):
        return True
    try:
        load(function)
    except SourceUnavailableError:
        return False
    return True


def unavailable(code: CodeType, why: str) -> SourceUnavailableError:
    return SourceUnavailableError(
        f"the source of `{code.co_qualname}` cannot be read: {why}.",
        next_step="use `trace(f, *examples)`, which needs no source, or define the function in a file.",
        loc=Loc(code.co_filename, code.co_firstlineno, has_text=why is not NO_FILE),
    )


def parameters_of(code: CodeType) -> tuple[str, ...]:
    """Parameter names, in the order of `analysis.survey.parameters`."""
    count = code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & 0x04) + bool(code.co_flags & 0x08)
    return code.co_varnames[:count]


def to_margin(lines: Sequence[str]) -> str:
    """The lines, as far to the left as the first one allows; what stands further left stays whole."""
    margin = len(lines[0]) - len(lines[0].lstrip())
    return "".join(line if line[:margin].strip() else line[margin:] or "\n" for line in lines)


def find_definition(code: CodeType, lines: Sequence[str]) -> Definition | None:
    """The `def` whose first line, decorators included, is the code's; None if there is none of that name."""
    node = parse_block(code.co_firstlineno - 1, lines)
    if node is not None and node.name == code.co_name:
        return node
    # A decorator in brackets may begin above the line that counts as the first.
    for node in functions_in("".join(lines)):
        if isinstance(node, Definition) and node.name == code.co_name and first_line(node) == code.co_firstlineno:
            return copy.deepcopy(node)
    return None


def first_line(node: Definition) -> int:
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])


def parse_block(start: int, lines: Sequence[str]) -> Definition | None:
    """The definition that begins at index `start`, parsed without the rest of the file."""
    if start >= len(lines):
        return None
    first = lines[start]
    indent = len(first) - len(first.lstrip())
    # Empty lines before it give every node its line in the file. An indented block is parsed below an `if` of ours, so
    # that no text is moved: columns stay, and so do strings.
    head = "\n" * (start - 1) + "if 1:\n" if indent else "\n" * start
    for end in possible_ends(lines, start, indent):
        try:
            body = ast.parse(head + "".join(lines[start:end])).body
        except SyntaxError:
            continue
        if indent and len(body) == 1 and isinstance(body[0], ast.If):
            body = body[0].body
        return body[0] if len(body) == 1 and isinstance(body[0], Definition) else None
    return None


def possible_ends(lines: Sequence[str], start: int, indent: int) -> Iterator[int]:
    """Where the block that begins at `start` may end: before lines that stand no further right than its first.

    Such a line may also be part of a string, a bracket or the header: then the text up to it is no whole statement.
    """
    for i in range(start + 1, len(lines)):
        text = lines[i].lstrip()
        if text and not text.startswith("#") and len(lines[i]) - len(text) <= indent:
            yield i
    yield len(lines)

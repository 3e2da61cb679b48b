"""Python source as an HTML table: line numbers, colours, and marked lines."""

import io
import keyword
import tokenize
from collections.abc import Iterator, Mapping, Sequence
from html import escape


def code_view(lines: Sequence[tuple[int | None, str]], marks: Mapping[int, str]) -> str:
    """A table of the lines with their numbers. `marks` gives a class for the rows of some numbers."""
    coloured = colour("\n".join(text for _, text in lines))
    rows: list[str] = []
    for (number, _), text in zip(lines, coloured, strict=True):
        mark = marks.get(number, "") if number is not None else ""
        rows.append(
            f"<tr{f' class={mark!r}' if mark else ''}><td class='at'>{number or ''}</td><td>{text or ' '}</td></tr>"
        )
    return f"<div class='code'><table>{''.join(rows)}</table></div>"


def colour(source: str) -> list[str]:
    """The lines of the source as HTML. Text that is not whole Python stays without colours from there on."""
    lines = source.split("\n")
    spans: list[list[tuple[int, int, str]]] = [[] for _ in lines]
    try:
        for kind, start, end in _tokens(source):
            for row in range(start[0], end[0] + 1):
                first = start[1] if row == start[0] else 0
                last = end[1] if row == end[0] else len(lines[row - 1])
                spans[row - 1].append((first, last, kind))
    except (tokenize.TokenError, SyntaxError):
        pass
    return [_with_spans(line, marks) for line, marks in zip(lines, spans, strict=True)]


def _tokens(source: str) -> Iterator[tuple[str, tuple[int, int], tuple[int, int]]]:
    before = ""
    depth_start: tuple[int, int] | None = None
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        name = tokenize.tok_name[token.type]
        if name == "FSTRING_START":
            depth_start = token.start
        elif name == "FSTRING_END" and depth_start is not None:
            yield "string", depth_start, token.end
            depth_start = None
        elif depth_start is not None:
            continue
        elif token.type == tokenize.NAME and keyword.iskeyword(token.string):
            yield "key", token.start, token.end
        elif token.type == tokenize.NAME and before in ("def", "class"):
            yield "def", token.start, token.end
        elif token.type in (tokenize.STRING, tokenize.NUMBER, tokenize.COMMENT):
            yield name.lower(), token.start, token.end
        before = token.string


def _with_spans(line: str, spans: Sequence[tuple[int, int, str]]) -> str:
    parts: list[str] = []
    at = 0
    for first, last, kind in spans:
        parts.append(escape(line[at:first]))
        parts.append(f"<span class='{kind}'>{escape(line[first:last])}</span>")
        at = last
    return "".join(parts) + escape(line[at:])

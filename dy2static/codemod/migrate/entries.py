"""How one function of a framework is written with ours: which parameter goes where."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import libcst as cst
from libcst.helpers import parse_template_expression

PLACE: Final = re.compile(r"\{(\w+)\}")
ATOMS: Final = (cst.Name, cst.Attribute, cst.Call, cst.Subscript, cst.Integer, cst.Float, cst.SimpleString, cst.List)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of theirs. `ours`: what it is called with us, empty where it is given by position.

    `kind`: "keep"; "drop" for what has no meaning with us; "refuse" for what we cannot do: the call is left then.
    """

    theirs: str
    ours: str
    kind: str
    takes_all: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """`target`: our name, or an expression with `{parameter}` in it. `signature`: their parameters in order.

    In a signature, `x/` goes by position, `dim=axis` is called `axis` with us, `-name` is dropped, `!out` cannot be
    done, `*size/` takes all that is given by position, as a tuple where it is several. Without a signature, arguments
    stay.
    `next`: what to write where the call is left. `otherwise`: for calls that this one does not cover.
    """

    target: str
    signature: str | None = None
    next: str = ""
    otherwise: "Entry | None" = None

    @property
    def parameters(self) -> list[Parameter]:
        return [_parameter(word) for word in (self.signature or "").split()]

    @property
    def is_template(self) -> bool:
        return "{" in self.target or self.target.startswith("$")


def _parameter(word: str) -> Parameter:
    kind = {"-": "drop", "!": "refuse"}.get(word[0], "keep")
    word = word.lstrip("-!")
    takes_all = word.startswith("*")
    word = word.lstrip("*")
    if word.endswith("/"):
        return Parameter(word[:-1], "", kind, takes_all)
    theirs, _, ours = word.partition("=")
    return Parameter(theirs, ours or theirs, kind, takes_all)


class LeftError(Exception):
    """A call that is not migrated; the message says why."""


def migrated(
    entry: Entry, arguments: Sequence[cst.Arg], name: Callable[[str], cst.BaseExpression]
) -> cst.BaseExpression:
    """The call of `entry` with `arguments`. `name` gives the expression for a name of ours. Raises: LeftError."""
    try:
        return _migrated(entry, arguments, name)
    except LeftError:
        if entry.otherwise is None:
            raise
        return migrated(entry.otherwise, arguments, name)


def _migrated(
    entry: Entry, arguments: Sequence[cst.Arg], name: Callable[[str], cst.BaseExpression]
) -> cst.BaseExpression:
    if entry.signature is None:
        return cst.Call(name(entry.target), [*arguments])
    bound = bind(entry.parameters, arguments)
    if entry.is_template:
        return filled(entry.target, bound, name)
    given: list[cst.Arg] = []
    for parameter in entry.parameters:
        value = bound.get(parameter.theirs)
        if value is None or parameter.kind == "drop":
            continue
        if not parameter.ours:
            if any(argument.keyword is not None for argument in given):
                raise LeftError(f"`{parameter.theirs}` is given, and an argument before it is not")
            given.append(cst.Arg(value))
        else:
            given.append(keyword(parameter.ours, value))
    return cst.Call(name(entry.target), _with_commas(given))


def keyword(name: str, value: cst.BaseExpression) -> cst.Arg:
    blank = cst.SimpleWhitespace("")
    equal = cst.AssignEqual(whitespace_before=blank, whitespace_after=blank)
    return cst.Arg(value, keyword=cst.Name(name), equal=equal)


def _with_commas(arguments: list[cst.Arg]) -> list[cst.Arg]:
    comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    return [argument.with_changes(comma=comma) for argument in arguments[:-1]] + arguments[-1:]


def bind(parameters: Sequence[Parameter], arguments: Sequence[cst.Arg]) -> dict[str, cst.BaseExpression]:
    """What each parameter of theirs is given. Raises: LeftError for what cannot be told, or done."""
    bound: dict[str, cst.BaseExpression] = {}
    waiting = [*parameters]
    for argument in arguments:
        if argument.star == "**" or (argument.star and not (waiting and waiting[0].takes_all)):
            raise LeftError("its arguments are unpacked from a variable")
        if argument.keyword is not None:
            key = argument.keyword.value
            # PyTorch takes NumPy's names as well, which are ours.
            known = [parameter for parameter in parameters if key in (parameter.theirs, parameter.ours)]
            if not known:
                raise LeftError(f"`{key}` has no counterpart")
            bound[known[0].theirs] = argument.value
            continue
        if not waiting:
            raise LeftError("it has more arguments than are known")
        parameter = waiting[0]
        if parameter.takes_all:
            value = cst.StarredElement(argument.value) if argument.star else cst.Element(argument.value)
            bound[parameter.theirs] = _gathered(bound.get(parameter.theirs), value)
        else:
            bound[waiting.pop(0).theirs] = argument.value
    for parameter in parameters:
        if parameter.kind == "refuse" and parameter.theirs in bound:
            value = bound[parameter.theirs]
            if not (isinstance(value, cst.Name) and value.value in ("None", "False")):
                raise LeftError(f"`{parameter.theirs}` has no counterpart")
            del bound[parameter.theirs]
    return bound


class _Gathered(cst.Tuple):
    """A tuple that arguments were gathered in."""


def _gathered(before: cst.BaseExpression | None, value: cst.BaseElement) -> cst.BaseExpression:
    if before is None:
        return value.value if isinstance(value, cst.Element) else _Gathered([value])
    elements: list[Any] = [*before.elements] if isinstance(before, _Gathered) else [cst.Element(before)]
    comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    elements[-1] = elements[-1].with_changes(comma=comma)
    return _Gathered([*elements, value])


def filled(
    template: str, bound: Mapping[str, cst.BaseExpression], name: Callable[[str], cst.BaseExpression]
) -> cst.BaseExpression:
    """A template with its places filled. Raises: LeftError where a place has nothing to be filled with.

    Our names in it are written `$xp.sum`.
    """
    pieces: dict[str, Any] = {}
    for match in PLACE.finditer(template):
        value = bound.get(match[1])
        if value is None:
            raise LeftError(f"`{match[1]}` is not given")
        before, after = template[: match.start()], template[match.end() :]
        is_alone = before.endswith(("(", ", ", "[", "=")) and after.startswith((")", ",", "]"))
        pieces[match[1]] = value if is_alone else in_brackets(value)
    text = re.sub(r"\$([\w.]+)", lambda match: code(name(match[1])), template)
    return parse_template_expression(text, **pieces)


def in_brackets(value: cst.BaseExpression) -> cst.BaseExpression:
    """An expression that may stand before a dot, or between operators."""
    if isinstance(value, ATOMS) or value.lpar:
        return value
    return value.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])


def code(node: cst.CSTNode) -> str:
    """The text of a part of a tree."""
    return cst.Module([]).code_for_node(node)

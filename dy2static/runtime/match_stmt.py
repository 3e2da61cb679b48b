"""`match`: whether a value has the structure of a pattern, and what the pattern captures of it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, cast

from dy2static.runtime.bool_ops import and_, is_, or_
from dy2static.runtime.callables.builtins import BUILTINS
from dy2static.runtime.if_stmt import if_
from dy2static.staging.containers.lists import StageableList
from dy2static.staging.stager import is_staged_value
from dy2static.staging.values.chosen import compared, each, is_chosen
from dy2static.staging.values.maybe import MaybeDefined
from dy2static.staging.values.optional import is_none, maybe_none, present
from dy2static.staging.values.staged import current
from dy2static.staging.values.undefined import Undefined

Pattern = tuple[Any, ...]
Bound = dict[str, Any]
Matched = tuple[Any, Bound]
"""The test, ordinary or staged, and what is captured where it is true."""

THEMSELVES: Final[tuple[Any, ...]] = (bool, bytearray, bytes, dict, float, frozenset, int, list, set, str, tuple)
"""Classes whose one positional pattern is for the value itself."""
OF_STRUCTURE: Final = frozenset({"class", "mapping", "sequence"})
"""Patterns that look at what a subject is, and not at what it is equal to."""
NO: Final[Matched] = (False, {})


def match_(subject: Any, pattern: Pattern, names: tuple[str, ...]) -> tuple[Any, tuple[Any, ...]]:
    """Whether `subject` is as `pattern` says, and the values of `names` where it is."""
    test, bound = _match(subject, pattern)
    if not is_staged_value(test) and not test:
        return False, ()
    return test, tuple(bound[name] for name in names)


def captured(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """What a pattern has captured, in the block that runs where it fits."""
    return tuple(v.read(v.name, "") if isinstance(v, MaybeDefined) else v for v in values)


def _match(subject: Any, pattern: Pattern) -> Matched:
    kind, *parts = pattern
    if kind in OF_STRUCTURE and is_chosen(subject):
        return _of_chosen(subject, pattern)
    if (
        kind in OF_STRUCTURE
        and maybe_none(subject) is not None
        and not (kind == "class" and isinstance(None, parts[0]()))
    ):
        is_there = is_none(subject, negated=True)
        return _under(is_there, lambda: _match(present(subject, "TypeError", ""), pattern), list(_names((pattern,))))
    return _KINDS[kind](subject, *parts)


def _of_chosen(subject: Any, pattern: Pattern) -> Matched:
    """A match of the option that is chosen."""
    bound = {
        name: each(subject, lambda option, name=name: _captured(option, pattern, name)) for name in _names((pattern,))
    }
    return compared(subject, None, lambda option, _: _match(option, pattern)[0]), bound


def _captured(option: Any, pattern: Pattern, name: str) -> Any:
    return _match(option, pattern)[1].get(name)


def _value(subject: Any, value: Any) -> Matched:
    return _truth(subject == _now(value)), {}


def _now(value: Any) -> Any:
    """A constant of a pattern, or what its `lambda: value` gives."""
    return value() if callable(value) else value


def _is(subject: Any, value: Any) -> Matched:
    return is_(subject, value), {}


def _capture(subject: Any, name: str | None) -> Matched:
    return True, {} if name is None else {name: subject}


def _as(subject: Any, pattern: Pattern, name: str) -> Matched:
    test, bound = _match(subject, pattern)
    return test, {**bound, name: subject}


def _or(subject: Any, patterns: Sequence[Pattern]) -> Matched:
    test, bound = _match(subject, patterns[0])
    if len(patterns) == 1 or (not is_staged_value(test) and test):
        return test, bound
    other, found = _or(subject, patterns[1:])
    if not is_staged_value(test):
        return other, found
    names = tuple(bound)
    if names and not (not is_staged_value(other) and not other):
        values = if_(test, lambda: tuple(bound.values()), lambda: tuple(found[name] for name in names), (), names)
        bound = dict(zip(names, values, strict=True))
    return or_(test, lambda: other), bound


def _sequence(subject: Any, patterns: Sequence[Pattern]) -> Matched:
    if not isinstance(subject, Sequence) or isinstance(subject, str | bytes | bytearray):
        return NO
    star = next((i for i, pattern in enumerate(patterns) if pattern[0] == "star"), None)
    items = cast("Sequence[Any]", subject)
    count: Any = items.length() if isinstance(items, StageableList) else len(items)
    fits: Any = count == len(patterns) if star is None else count >= len(patterns) - 1
    if not is_staged_value(fits):
        return _items(items, patterns, star) if fits else NO
    return _under(fits, lambda: _items(items, patterns, star), list(_names(patterns)))


def _items(items: Sequence[Any], patterns: Sequence[Pattern], star: int | None) -> Matched:
    pairs: list[tuple[Callable[[], Any], Pattern]] = []
    for i, pattern in enumerate(patterns):
        if i == star:
            end = i + 1 - len(patterns)
            pairs.append((lambda i=i, end=end: list_of(items[i : end or None]), ("capture", pattern[1])))
        else:
            at = i if star is None or i < star else i - len(patterns)
            pairs.append((lambda at=at: items[at], pattern))
    return _all(pairs)


def list_of(items: Any) -> Any:
    """A starred name is a list."""
    stager = current()
    return list(items) if stager is None else BUILTINS[list](stager, items)


def _mapping(subject: Any, keys: Sequence[Any], patterns: Sequence[Pattern], rest: str | None) -> Matched:
    if not isinstance(subject, Mapping):
        return NO
    found = cast("Mapping[Any, Any]", subject)
    wanted = [_now(key) for key in keys]
    if not all(key in found for key in wanted):
        return NO
    test, bound = _all([(lambda key=key: found[key], p) for key, p in zip(wanted, patterns, strict=True)])
    if rest is not None:
        bound[rest] = {key: value for key, value in found.items() if key not in wanted}
    return test, bound


def _class(
    subject: Any,
    cls: Callable[[], Any],
    patterns: Sequence[Pattern],
    names: Sequence[str],
    named: Sequence[Pattern],
) -> Matched:
    stager = current()
    kind: Any = cls()
    is_one = isinstance(subject, kind) if stager is None else BUILTINS[isinstance](stager, subject, kind)
    if not is_staged_value(is_one) and not is_one:
        return NO
    pairs: list[tuple[Callable[[], Any], Pattern]] = []
    attributes = list(names)
    is_itself = issubclass(kind, THEMSELVES) and "__match_args__" not in vars(kind)
    if patterns and is_itself:
        pairs.append((lambda: subject, patterns[0]))
        _check_count(kind, 1, patterns)
    elif patterns:
        known: Sequence[str] = getattr(kind, "__match_args__", ())
        _check_count(kind, len(known), patterns)
        attributes = [*known[: len(patterns)], *names]
        named = (*patterns, *named)
    if stager is not None and not is_staged_value(subject):
        for name in attributes:
            stager.note_asked(subject, name)
    if not all(hasattr(subject, name) for name in attributes):
        return NO
    pairs += [(lambda name=name: getattr(subject, name), p) for name, p in zip(attributes, named, strict=True)]
    test, bound = _all(pairs)
    return _both(is_one, test), bound


def _check_count(kind: type, most: int, patterns: Sequence[Pattern]) -> None:
    if len(patterns) > most:
        plural = "" if most == 1 else "s"
        text = f"{kind.__name__}() accepts {most} positional sub-pattern{plural} ({len(patterns)} given)"
        raise TypeError(text)


def _all(pairs: Sequence[tuple[Callable[[], Any], Pattern]]) -> Matched:
    test: Any = True
    bound: Bound = {}
    for value, pattern in pairs:
        inner, found = _match(value(), pattern)
        if not is_staged_value(inner) and not inner:
            return NO
        test = _both(test, inner)
        bound.update(found)
    return test, bound


def _both(a: Any, b: Any) -> Any:
    return and_(a, lambda: b)


def _truth(value: Any) -> Any:
    return value if is_staged_value(value) else bool(value)


def _under(fits: Any, match: Callable[[], Matched], names: Sequence[str]) -> Matched:
    """A match that can be tried only where a staged test is true."""

    def tried() -> tuple[Any, ...]:
        test, bound = match()
        return (test, *(bound.get(name, Undefined(name)) for name in names))

    def failed() -> tuple[Any, ...]:
        return (False, *(Undefined(name) for name in names))

    test, *values = if_(fits, tried, failed, (), ("the match", *names))
    return test, dict(zip(names, values, strict=True))


def _names(patterns: Any) -> list[str]:
    """The names that patterns capture."""
    found: list[str] = []
    for part in patterns:
        if not isinstance(part, tuple):
            continue
        match cast(Any, part):
            case ("capture" | "star", name):
                found += [] if name is None else [name]
            case ("as", inner, name):
                found += [*_names((inner,)), name]
            case ("mapping", _, inner, rest):
                found += [*_names(inner), *([] if rest is None else [rest])]
            case other:
                found += _names(other)
    return list(dict.fromkeys(found))


_KINDS: Final[dict[str, Callable[..., Matched]]] = {
    "value": _value,
    "is": _is,
    "capture": _capture,
    "as": _as,
    "or": _or,
    "sequence": _sequence,
    "mapping": _mapping,
    "class": _class,
}

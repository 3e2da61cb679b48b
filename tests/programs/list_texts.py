"""Texts of lists that grow in loops of the graph: printed, in f-strings, and put together by `join`."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from support.programs import f64, program

CASES = ([f64([3.0, -1.0, 2.0])], [f64([-1.0])], [f64([])])


@program(*CASES)
def numbers(xs):
    places, are_late, halves = [], [], []
    for i, x in enumerate(xs):
        if x > 0:
            places.append(i)
        are_late.append(i > 1)
        halves.append(i / 2)
    print(places, f"{are_late} {halves!r}", [places, 1], {"p": places})
    return str(places)


@program(*CASES)
def tensors_that_may_be_missing(xs):
    found = []
    for x in xs:
        found.append(x if x > 0 else None)
    print(found)


@program(*CASES)
def lists_of_other_lengths(xs):
    found = []
    for i, x in enumerate(xs):
        found.append([i] if x > 0 else [i, i])
    print(found)


@program(*CASES)
def chosen_words(xs):
    ways = []
    for x in xs:
        ways.append("up" if x > 0 else "down")
    print(ways)
    return ", ".join(ways)


class Point(NamedTuple):
    x: Any
    place: int


@dataclass
class Entry:
    value: Any
    name: str = "it's"


@program(*CASES)
def structures(xs):
    points, entries, tables, mixed = [], [], [], []
    for i, x in enumerate(xs):
        if x > 0:
            points.append(Point(x, i))
            entries.append(Entry(x))
            tables.append({"i": i, "x": x})
            mixed.append([(i,), (None, "a'b", x)])
    print(points, entries, tables, mixed)
    summary = f"have {points}" if len(points) > 1 else "few"
    return summary


@program(*CASES)
def lines_of_a_report(xs):
    lines = ["head"]
    for i, x in enumerate(xs):
        lines.append("negative" if x < 0 else f"{i}: {x:.1f}")
    lines.append("end")
    print("\n".join(lines))
    print(lines)
    return ", ".join(lines)


@program(*CASES, [f64([1.0] * 20)])
def joined_in_place(xs):
    print(" | ".join(f"{i}:{x:+.2f}" for i, x in enumerate(xs)))
    print(", ".join(str(x) for x in xs if x > 0), ",".join(map(repr, xs)))
    rows = []
    for x in xs:
        rows.append("".join("#" if other > x else "." for other in xs))
    print("\n".join(rows))
    return "".join("#" if x > 0 else "." for x in xs)


@program([f64([3.0, -1.0, 2.0])], [f64([-1.0, 2.0, 2.0])], traceable=False)
def more_words_than_a_graph_chooses_among(xs):
    rows = []
    for i in range(3):
        rows.append("".join("#" if x > i else "." for x in xs))
    return "\n".join(rows)


@program(*CASES)
def no_texts(xs):
    found = []
    for x in xs:
        if x > 0:
            found.append(x)
    return ", ".join(found)


@program(*CASES)
def in_an_exception(xs):
    found = []
    for x in xs:
        if x > 0:
            found.append((x, 1))
    try:
        if len(found) > 1:
            raise ValueError(f"too many: {found}")
    except ValueError as error:
        print(error)
    return len(found)


@program(*CASES)
def what_may_be_missing(xs):
    best = None
    for i, x in enumerate(xs):
        if best is None or x > best[1]:
            best = (i, x)
    print(f"best: {best}", str(best), f"{best!r}")
    return best


@program(*CASES)
def messages_that_are_collected(xs):
    errors = []
    for i, x in enumerate(xs):
        try:
            if x < 0:
                raise ValueError(f"{i}: {x}")
        except ValueError as error:
            errors.append(str(error))
    print(errors)
    return "; ".join(errors)

"""A short run of `make fuzz`, and what it rests on: programs by seed, all constructs, smaller programs."""

import ast
import itertools
import weakref
from collections import Counter

import pytest

from support import fuzzing
from support.fuzzing import Modes, Report, check_seed, kind_of
from support.random_programs.parts import CONTROL, Part
from support.random_programs.program import RandomProgram, random_program
from support.random_programs.shrink import shrunk
from support.random_programs.writer import COMPOUND, EXPRESSIONS, SIMPLE

PROGRAMS = 24


def test_modes_agree_on_random_programs() -> None:
    report = Report()
    for seed in range(PROGRAMS):
        check_seed(seed, report, Modes(native=0, verify=2))
    assert not report.differences, "\n".join(report.differences.values())
    assert report.counts["programs refused"] < PROGRAMS / 3
    assert report.counts["returns"] > PROGRAMS
    assert report.counts["raises"]
    assert report.counts["gradients"]


def test_core_programs_are_of_the_core() -> None:
    makers = [*SIMPLE, *COMPOUND, *itertools.chain.from_iterable(EXPRESSIONS.values())]
    others = {maker.name for maker in makers if not maker.core}
    assert {"try", "with", "match values", "for over a generator"} <= others
    for seed in range(PROGRAMS):
        assert not others & random_program(seed, Part.CORE).constructs.keys()


def test_programs_of_control_flow_are_that_alone() -> None:
    makers = {maker.name for maker in [*SIMPLE, *COMPOUND, *itertools.chain.from_iterable(EXPRESSIONS.values())]}
    assert makers > CONTROL
    used: set[str] = set()
    for seed in range(20 * PROGRAMS):
        program = random_program(seed, Part.CONTROL)
        used.update(program.constructs)
        nodes = list(ast.walk(ast.parse(program.source)))
        assert sum(isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Lambda) for node in nodes) == 1
        assert not any(isinstance(node, ast.ListComp | ast.Try | ast.With | ast.Yield | ast.Match) for node in nodes)
    assert {"if", "while", "for", "jump", "early return", "append"} <= used & makers <= CONTROL


def test_a_program_that_takes_too_long_is_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is reported as it is, by its seed."""

    def stopped(*_: object, **__: object) -> None:
        raise fuzzing.TooLongError("not done")

    monkeypatch.setattr(fuzzing, "check_source", stopped)
    report = Report()
    check_seed(3, report, Modes())
    assert not report.differences
    assert report.counts == {"programs": 1, "too long": 1}
    assert report.too_long == {3: f"seed 3\n{random_program(3).source}\nnot done"}


def test_a_program_that_does_not_end_in_plain_python_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    source = "def f(x, y, n, p, v, box, d):\n    out = [x]\n    for x in out:\n        out.append(x)\n"
    monkeypatch.setattr(fuzzing, "random_program", lambda seed, part: RandomProgram(source, Counter()))
    monkeypatch.setattr(fuzzing, "PLAIN_SECONDS", 0.2)
    report = Report()
    check_seed(0, report, Modes(0, 0, 0))
    assert not report.differences
    assert not report.too_long
    assert report.counts["endless"] == 1


def _goes_on() -> None:
    while True:
        pass


def test_a_limit_goes_on_after_one_within_it() -> None:
    def slow() -> None:
        with fuzzing.within_seconds(0.05, fuzzing.EndlessError):
            with fuzzing.within_seconds(5):
                pass
            _goes_on()

    with pytest.raises(fuzzing.EndlessError):
        slow()


def test_a_limit_that_comes_in_a_callback_comes_again() -> None:
    """Python drops what a callback raises, and would report it."""

    def slow() -> None:
        with fuzzing.within_seconds(0.05, fuzzing.EndlessError):
            kept = Counter[str]()
            weakref.finalize(kept, _goes_on)
            del kept
            _goes_on()

    with pytest.raises(fuzzing.EndlessError):
        slow()


def test_a_limit_is_one_where_a_finally_raises_something_else() -> None:
    def slow() -> None:
        with fuzzing.within_seconds(0.05, fuzzing.EndlessError):
            try:
                _goes_on()
            finally:
                raise AssertionError

    with pytest.raises(fuzzing.EndlessError):
        slow()


def test_a_seed_is_one_program() -> None:
    for seed in range(50):
        assert random_program(seed) == random_program(seed)


def test_every_construct_is_written() -> None:
    """Each maker of the tables, in a few hundred programs, all of which compile."""
    used: Counter[str] = Counter()
    for seed in range(400):
        program = random_program(seed)
        compile(program.source, "<random>", "exec")
        used += program.constructs
    tables = (*EXPRESSIONS.values(), SIMPLE, COMPOUND)
    assert {maker.name for table in tables for maker in table} <= used.keys()


def test_shrinking_keeps_what_shows_and_what_ends_loops() -> None:
    source = """
def unused(t):
    return t


def f(x):
    k1 = 0
    y = unused(x)
    while x > 0 and k1 < 3:
        k1 += 1
        try:
            print(f'{x}')
            y = min(abs(x), 2) + [1, 2][0]
        except ValueError:
            raise
        match y:
            case [a, *b]:
                pass
            case _:
                y = (lambda t: t)(x)
    return y
"""
    small = shrunk(source, lambda less: "min(" in less and "while" in less)
    assert ast.unparse(ast.parse(small)) == small.strip()
    assert "unused" not in small
    assert "try" not in small
    assert "match" not in small
    assert "k1 += 1" in small
    assert "k1 < 3" in small
    assert len(small) < 90


def test_kinds_of_differences() -> None:
    one = "interpreter: eager returns 3\nstatic raises IndexError: index 3 is out of bounds"
    other = "interpreter: eager returns (1, 2)\nstatic raises IndexError: index 17 is out of bounds"
    assert kind_of(one) == kind_of(other)
    assert kind_of(one) != kind_of("NumPy program" + one.removeprefix("interpreter"))
    assert kind_of(one) != kind_of("interpreter: result[0]: 1 and 2")

"""The tables of a comparison, on fixed numbers."""

import pytest

from benchmarks.measurements import Cold, Record
from benchmarks.report import Report
from benchmarks.table import BEGIN, END, as_text, duration, put_between_marks


def report(load: float = 0.1) -> Report:
    def record(contestant: str, threads: int, *medians: float, error: str | None = None) -> Record:
        return Record(contestant, contestant.startswith("ours"), threads, "ode", list(medians), error=error)

    return Report(
        date="2026-01-02",
        cpu="A processor, 2 cores",
        load=load,
        settings={"rounds": 3},
        versions={"Python": "3.11.7", "JAX": "0.10.2"},
        records=[
            record("ours native", 1, 2.4e-5, 2.5e-5, 3.0e-5),
            record("JAX", 1, 9.0e-5, 1.0e-4, 1.1e-4),
            record("Paddle", 2, error="it fails"),
        ],
        cold=[Cold("JAX", "ode", [0.4, 0.5]), Cold("ours native", "ode", [0.09], [0.009])],
        imports={"dy2static": 0.2, "jax": 1.3},
    )


TEXT = """\
Ours and the best peer's (median of the rounds, best of the thread counts)

workload     ours        by  best peer     by  ratio   aim           spread
ode       25.0 us  native/1     100 us  JAX/1   0.25  0.30  reached     24%

Everybody's

workload  ours native     JAX  Paddle
ode           25.0 us  100 us       -

First call in a fresh process: conversion, compilation and the run

workload     JAX  ours native  (aim 0.33)  2nd process  (aim 0.1)
ode       450 ms      90.0 ms        0.20      9.00 ms       0.02

import

      dy2static     jax
time     200 ms  1.30 s

ode, Paddle, 2 threads: it fails"""


def test_text() -> None:
    assert report().text(width=100) == TEXT


def test_markdown_says_when_where_and_what() -> None:
    page = report().markdown()
    assert page.startswith("2026-01-02, A processor, 2 cores; rounds 3.\nPython 3.11.7, JAX 0.10.2.\n\n**Ours and")
    assert "| ode | 25.0 us | native/1 | 100 us | JAX/1 | 0.25 | 0.30 | reached | 24% |" in page
    assert page.endswith("What failed:\n\n- ode, Paddle, 2 threads: it fails")


def test_busy_machine_is_marked() -> None:
    said = "The machine was busy when this began (load average 3.0): these numbers say little."
    assert report(load=3.0).text().startswith(said)
    assert f"**{said}**" in report(load=3.0).markdown()
    assert "busy" not in report().text() + report().markdown()


def test_wide_table_falls_into_blocks() -> None:
    rows = [["name", "first", "second", "third"], ["a", "1", "2", "3"]]
    assert as_text(rows, 20) == "name  first  second\na         1       2\n\nname  third\na         3"
    assert as_text(rows, 1).count("name") == 3


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "-"),
        (5e-9, "5.00 ns"),
        (1.2345e-6, "1.23 us"),
        (99.96e-6, "100 us"),
        (0.99996e-3, "1.00 ms"),
        (0.0124, "12.4 ms"),
        (24.5, "24.5 s"),
        (300.0, "300 s"),
    ],
)
def test_duration_has_three_digits(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


def test_page_keeps_what_is_around_the_marks() -> None:
    page = f"# Title\n{BEGIN}\nold\n{END}\nafter\n"
    once = put_between_marks(page, "new\n")
    assert once == f"# Title\n{BEGIN}\n\nnew\n\n{END}\nafter\n"
    assert put_between_marks(once, "new") == once


def test_page_without_marks_is_an_error() -> None:
    with pytest.raises(ValueError, match="no place for the table"):
        put_between_marks("# Title", "new")

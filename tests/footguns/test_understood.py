"""Footguns 18 to 21: errors, debugging and recompilation that can be understood.

One test a line of the list at least, written from the behaviour that the line describes; the numbers are the list's.
"""

import re
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dy2static
import eager as xp
from dy2static import convert_source, run_eagerly, step, to_static
from dy2static.errors import ConversionError, StagingError
from eager import nn
from graph.errors import LoopTypeError, ShapeError
from support.defining import define
from support.tensors import close, same, t

ROOT = Path(__file__).resolve().parent.parent.parent


# 18. Errors that point at generated or internal code

MODEL = """
    def attend(query, key):
        scores = query @ key
        return scores / 2

    def forward(x, steps):
        hidden = x
        for step in range(steps):
            if xp.sum(hidden) > 0:
                hidden = attend(hidden, x)
        return hidden

    def grows(x):
        h = x
        while xp.sum(h) < 10:
            h = (h, h)
        return h
"""


def test_18_errors_name_the_users_line_and_variables_and_show_no_frame_of_ours() -> None:
    f = to_static(define(MODEL, "forward", "model.py", xp=xp))
    with pytest.raises(ShapeError) as caught:
        f(xp.ones((2, 3)), 2)
    text = str(caught.value)
    assert "model.py:3 in attend\n    scores = query @ key\n             ^^^^^^^^^^^" in text
    assert "`query` is f64[2,3], `key` is f64[2,3]" in text
    files = {frame.filename for frame in traceback.extract_tb(caught.value.__traceback__)}
    assert files == {__file__, "model.py"}


def test_18_loop_state_mismatches_name_the_variable_and_both_types() -> None:
    f = to_static(define(MODEL, "grows", "model.py", xp=xp))
    with pytest.raises(LoopTypeError, match=r"`h` is f64\[3\] before a trip of this loop and tuple"):
        f(xp.ones(3))


# 19. Silent fallback to eager


def test_19_what_cannot_be_converted_is_an_error_at_its_line() -> None:
    for text in ("exec('1')", "return locals()", "return (await x)"):
        with pytest.raises((ConversionError, SyntaxError)):
            convert_source(f"{'async ' if 'await' in text else ''}def f(x):\n    {text}\n")
    with pytest.raises(StagingError):
        to_static(lambda x: {x[0]: 1} and np.fft.fft2(np.asarray(x)) if x.sum() > 0 else x)(t(1.0))


def test_19_a_fallback_is_asked_for_and_counted() -> None:
    def f(x: Any) -> Any:
        return x * len(locals())

    with pytest.raises(ConversionError, match="locals"):
        to_static(f)
    eager = to_static(f, fallback="eager")
    same(eager(t(3.0)), [3.0])
    same(eager(t(4.0)), [4.0])
    assert eager.fallbacks.count == 2
    assert "locals" in eager.explain()


# 20. No pdb, no print, no single step


def test_20_pdb_stops_at_the_users_line(tmp_path: Path) -> None:
    script = tmp_path / "model.py"
    script.write_text(
        "import eager as xp\nfrom dy2static import run_eagerly, to_static\n\n\n@to_static\ndef f(x):\n    y = x + 1\n"
        "    breakpoint()\n    return y * 2\n\n\nwith run_eagerly():\n    f(xp.ones(2))\n",
        encoding="utf-8",
    )
    done = subprocess.run(
        [sys.executable, str(script)],
        input="p y\nc\n",
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(ROOT)},
        timeout=100,
        check=True,
    )
    assert re.search(r"model\.py\([89]\)f\(\)", done.stdout)  # since 3.13 pdb stops at the call itself
    assert "tensor([2., 2.])" in done.stdout


def test_20_prints_come_at_every_run_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    @to_static
    def f(x: Any) -> Any:
        for i in range(x.shape[0]):
            if x[i] > 0:
                print("item", i, x[i])
        return x

    for _ in range(2):
        f(t(1.0, -1.0, 2.0))
        assert capsys.readouterr().out == "item 0 1.0\nitem 2 2.0\n"


def test_20_single_steps() -> None:
    s = step(lambda x: (x + 1) * 2, t(1.0))
    same(s.result, [2.0])
    same(s.forward().result, [4.0])
    same(s.back().result, [2.0])


def test_20_modules_run_eagerly_and_static_alike() -> None:
    model = nn.Linear(2, 2, generator=xp.random.Generator(0))
    static = to_static(model)
    with run_eagerly():
        expected = static(xp.ones((1, 2)))
    close(static(xp.ones((1, 2))), expected)


# 21. Why did it recompile?


def test_21_explain_names_what_differed_and_numbers_become_dynamic() -> None:
    f = to_static(lambda x, k: x * k)
    f(t(1.0), 2)
    f(t(1.0), 3)
    f(t(1.0), 4)
    f(t(1.0), 5)
    assert len(f.programs) == 2
    assert "`k` 2 -> any" in f.explain()
    f(t(1.0, 2.0), 5)
    assert "`x` (1) -> " in f.explain()


def test_21_assert_compiles_counts_programs() -> None:
    f = to_static(lambda x: x + 1)
    with dy2static.assert_compiles(1):
        f(t(1.0))
        f(t(2.0))
    with pytest.raises(AssertionError), dy2static.assert_compiles(1):
        f(t(2.0))

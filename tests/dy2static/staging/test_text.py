"""Text with values of the graph in it: usable as text where a run makes it, refused where Python needs it before."""

from collections.abc import Callable
from typing import Any

import pytest

import eager as xp
from dy2static.decorator import to_static
from dy2static.errors import StagingError
from dy2static.staging.values.shown import reading


def compared(x: Any) -> Any:
    return 1 if f"{x}" == "3" else 2


def compared_from_the_right(x: Any) -> Any:
    return 1 if "3" != f"{x}" else 2  # noqa: SIM300


def measured(x: Any) -> Any:
    return len(f"{x}")


def searched(x: Any) -> Any:
    return "3" in f"{x}"


def as_key(x: Any) -> Any:
    return {f"{x}": 1}


def method(x: Any) -> Any:
    return f"{x}".upper()


def in_old_format(x: Any) -> Any:
    form = "%s"
    return form % f"{x}"


def quoted_within_a_list(x: Any) -> Any:
    print([f"it's {x}"])
    return x


REFUSED = (
    quoted_within_a_list,
    compared,
    compared_from_the_right,
    measured,
    searched,
    as_key,
    method,
    in_old_format,
)


@pytest.mark.parametrize("function", REFUSED, ids=lambda f: f.__name__)
def test_what_python_needs_before_the_run(function: Callable[[Any], Any]) -> None:
    with pytest.raises(StagingError, match="known only when the graph runs"):
        to_static(function)(xp.asarray(3))


def test_texts_are_joined(capsys: pytest.CaptureFixture[str]) -> None:
    @to_static
    def joined(x: Any) -> Any:
        text: Any = "x is " + f"{x}"
        print(text + "!")
        return isinstance(text, str), type(text) is str

    assert joined(xp.asarray(3)) == (True, True)
    assert joined(xp.asarray(4)) == (True, True)
    assert capsys.readouterr().out == "x is 3!\nx is 4!\n"


def test_joining_with_something_else() -> None:
    def joined(x: Any, other: Any) -> Any:
        return f"{x}" + other

    with pytest.raises(TypeError):
        to_static(joined)(xp.asarray(3), 1)


class Interrupted:
    """Ctrl-C while its text is read, and before what reads texts within it has ended."""

    def __init__(self) -> None:
        self.begun: list[Any] = []

    def __format__(self, spec: str) -> str:
        self.begun.append(reading())
        self.begun[-1].__enter__()
        raise KeyboardInterrupt


def test_an_interrupt_leaves_no_marks_in_later_texts() -> None:
    left = Interrupted()
    static = to_static(lambda x: f"{x} {left}")
    with pytest.raises(KeyboardInterrupt):
        static(xp.asarray(1.5))
    assert f"{xp.asarray(2.5)} {xp.asarray(3)!r}" == "2.5 tensor(3)"
    left.begun.clear()
    assert str(xp.asarray(2.5)) == "2.5"

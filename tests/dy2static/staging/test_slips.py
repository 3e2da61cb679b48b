"""A mistake of ours is an InternalError: no handler of the program catches it, no graph raises it."""

from collections.abc import Callable
from typing import Any

import pytest

import eager as xp
from dy2static import to_static
from dy2static.runtime import if_stmt
from dy2static.staging.regions import branch
from graph.errors import InternalError


def broken(body: str, file: str) -> Callable[..., Any]:
    """A function of one statement, as if it stood in that file."""
    scope: dict[str, Any] = {}
    exec(compile(f"def broken(*args, **kwargs):\n    {body}", file, "exec"), scope)
    return scope["broken"]


def caught(x: Any) -> Any:
    try:
        if x > 0:
            x = x + 1
    except (KeyError, ValueError, AssertionError):
        return x * 100
    return x


def in_a_loop(x: Any) -> Any:
    while x > 1:
        if x > 0:
            x = x - 1
    return x


def at_the_end(x: Any) -> Any:
    print(x)
    if x > 0:
        x = x + 1
    return x


@pytest.mark.parametrize("function", [caught, in_a_loop, at_the_end])
@pytest.mark.parametrize(
    "body", ["return {}['name']", "a, b = 1, 2, 3", "assert args is None", "return [*zip('a', '', strict=True)]"]
)
def test_a_mistake_is_not_taken_for_the_programs(
    function: Callable[..., Any], body: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(if_stmt, "staged_if", broken(body, str(branch.__file__)))
    with pytest.raises(InternalError, match="staging failed by a mistake of dy2static"):
        to_static(function)(xp.asarray(1.0))


def test_what_the_program_raises_stays_its_own() -> None:
    def looks_up(x: Any) -> Any:
        try:
            rows: list[Any] = []
            if x > 0:
                rows.pop()
            return {}["name"]
        except IndexError:
            return x * 2
        except KeyError:
            return x * 3

    for value in (1.0, -1.0):
        x = xp.asarray(value)
        assert float(to_static(looks_up)(x)) == float(looks_up(x))

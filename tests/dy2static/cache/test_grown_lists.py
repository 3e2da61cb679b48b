"""Lists outside that a function adds to and does not look at: one program serves them, however long they are."""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import eager as xp
from dy2static import to_static, trace

LOSSES: list[Any] = []
SAME = LOSSES


class Sub(list[Any]):
    """A list of a user's own class."""


class Model:
    def __init__(self) -> None:
        self.history: list[Any] = []
        self.alias = self.history
        self.metrics: dict[str, list[Any]] = {"loss": [], "most": []}
        self.rows: list[list[Any]] = [[], []]
        self.own = Sub()
        self.best: Any = None
        self.w = xp.asarray([1.0, 2.0])

    @property
    def first(self) -> Any:
        return self.history[0]

    def log(self, key: str, value: Any) -> None:
        self.metrics[key].append(value)


class Sized(Model):
    def __len__(self) -> int:
        return len(self.history)


def one(m: Any, x: Any) -> Any:
    m.history.append(x.sum())
    return x * 2


def several(m: Any, x: Any) -> Any:
    m.history.append((x.sum(), "a", m.w))
    m.history.extend([x, [x * 2]])
    m.rows[1].append(1.5)
    return x


def in_a_branch(m: Any, x: Any) -> Any:
    if x.sum() > 0:
        m.history.append(x.sum())
    return x


def by_names(m: Any, x: Any) -> Any:
    if x.sum() > 0:
        m.metrics["loss"].append(x.sum())
    else:
        m.metrics["most"].append(x.max())
    return x


def by_a_method(m: Any, x: Any) -> Any:
    m.log("loss", x.sum())
    m.log("most", x.max())
    return x


def in_a_loop(m: Any, x: Any) -> Any:
    while x.sum() < 10:
        x = x + 1
        m.history.append(x.sum())
    return x


def for_items(m: Any, x: Any) -> Any:
    for v in x:
        if v > 0:
            m.history.append(v * 2)
    return x


def by_a_function_inside(m: Any, x: Any) -> Any:
    def log(v: Any) -> None:
        m.history.append(v)

    for i in range(2):
        log(x * i)
    return x


def caught(m: Any, x: Any) -> Any:
    try:
        m.history.append(x.sum())
        if x.sum() < 0:
            raise ValueError("negative")
        m.history.append(x.max())
    except ValueError:
        m.history.append(x.min())
    return x


def changed_tensor(m: Any, x: Any) -> Any:
    m.history.append(m.w)
    m.w += x
    return x


def emptied_before(m: Any, x: Any) -> Any:
    m.history = []
    m.history.append(x.sum())
    return x


def of_a_global(m: Any, x: Any) -> Any:
    LOSSES.append(x.sum())
    return x


def length_is_read(m: Any, x: Any) -> Any:
    m.history.append(x.sum())
    return x * len(m.history)


def read_by_another_name(m: Any, x: Any) -> Any:
    m.history.append(x.sum())
    return x * len(m.alias)


def read_behind_a_branch(m: Any, x: Any) -> Any:
    if x.sum() > 0:
        m.history.append(x.sum())
    return helped(m, x)


def helped(m: Any, x: Any) -> Any:
    return x * len(m.history)


def read_by_a_property(m: Any, x: Any) -> Any:
    m.history.append(x.sum())
    return m.first * x


def read_by_text(m: Any, x: Any) -> Any:
    m.history.append(x.sum())
    return getattr(m, "".join(["history"]))[0] * x


def read_by_an_operator(m: Any, x: Any) -> Any:
    m.history.append(x.sum())
    return x * len(m)


def read_by_a_copy(m: Any, x: Any) -> Any:
    m.history.append(x.sum())
    return copy.deepcopy(m).best, copy.deepcopy(m)


def read_by_a_pattern(m: Any, x: Any) -> Any:
    m.history.append(x.sum())
    match m:
        case Model(history=[first, *_]):
            return first * x
    return x


def method_taken_off(m: Any, x: Any) -> Any:
    add = m.history.append
    add(x)
    return x


def global_under_two_names(m: Any, x: Any) -> Any:
    LOSSES.append(x.sum())
    return x * len(SAME)


def doubled(m: Any, x: Any) -> Any:
    m.history.append(x.sum())
    m.history *= 2
    return x


def list_of_a_class(m: Any, x: Any) -> Any:
    m.own.append(x.sum())
    return x


ADDING = (one, several, in_a_branch, by_names, by_a_method, in_a_loop, for_items, by_a_function_inside, caught)
ADDING = (*ADDING, changed_tensor, emptied_before, of_a_global)
READING = (length_is_read, read_by_another_name, read_behind_a_branch, read_by_a_property, read_by_text)
READING = (*READING, read_by_an_operator, read_by_a_copy, read_by_a_pattern, method_taken_off)
READING = (*READING, global_under_two_names, list_of_a_class, doubled)
INPUTS = ([1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [-1.0, -2.0, -3.0], [-4.0, 1.0, 2.0], [1.0, 1.0, 1.0])
INPUTS = tuple([row[:2] for row in INPUTS])


def shown(x: Any, seen: tuple[int, ...] = ()) -> Any:
    """A value with everything in it."""
    if isinstance(x, xp.Tensor):
        return np.asarray(x).tolist(), str(x.dtype)
    if id(x) in seen:
        return "again"
    seen = (*seen, id(x))
    if isinstance(x, list | tuple):
        return type(x).__name__, [shown(item, seen) for item in x]
    if isinstance(x, dict):
        return {key: shown(item, seen) for key, item in x.items()}
    return shown(vars(x), seen) if isinstance(x, Model) else x


def come_to(f: Callable[[Any, Any], Any], made: Callable[[], Model], between: Callable[[Model, int], None]) -> Any:
    """What five calls come to, with one object and, in turn, another one."""
    LOSSES.clear()
    found: list[Any] = []
    objects = [made(), made()]
    for i, row in enumerate(INPUTS):
        for m in objects:
            between(m, i)
            result = f(m, xp.asarray(row))
            found.append((shown(result), shown(m), shown(LOSSES)))
    return found


def nothing(m: Model, i: int) -> None:
    pass


def emptied(m: Model, i: int) -> None:
    if i == 2:
        m.history.clear()
        m.metrics["loss"].append("by hand")


def replaced(m: Model, i: int) -> None:
    if i == 2:
        m.history = [xp.asarray(0.5)]
        m.metrics = {"loss": [1.0], "most": []}
    if i == 3:
        m.history.insert(0, xp.asarray(7.0))


@pytest.mark.parametrize("between", [nothing, emptied, replaced])
@pytest.mark.parametrize("function", [*ADDING, *READING], ids=lambda f: f.__name__)
def test_same_as_in_python(function: Callable[..., Any], between: Callable[..., Any]) -> None:
    made = Sized if function is read_by_an_operator else Model
    expected = come_to(function, made, between)
    assert come_to(to_static(function), made, between) == expected


@pytest.mark.parametrize("function", ADDING, ids=lambda f: f.__name__)
def test_one_program_is_enough(function: Callable[..., Any]) -> None:
    static = to_static(function)
    come_to(static, Model, nothing)
    assert len(static.cache.programs()) == 1
    assert static.cache.made == 1


def test_a_failed_run_adds_nothing() -> None:
    m = Model()

    @to_static
    def f(x: Any) -> Any:
        m.history.append(x)
        if x < 0:
            raise ValueError("negative")
        return x

    f(xp.asarray(1.0))
    with pytest.raises(ValueError, match="negative"):
        f(xp.asarray(-1.0))
    f(xp.asarray(2.0))
    assert [float(x) for x in m.history] == [1.0, 2.0]
    assert len(f.cache.programs()) == 1


def test_a_list_of_any_length() -> None:
    m = Model()
    m.history = [1.0] * 20_000
    f = to_static(one)
    for _ in range(3):
        f(m, xp.asarray([1.0, 2.0]))
    assert len(m.history) == 20_003
    assert len(f.cache.programs()) == 1


def test_a_trace_adds() -> None:
    m = Model()
    f = trace(lambda x: one(m, x), xp.asarray([1.0, 2.0]))
    assert m.history == []
    f(xp.asarray([1.0, 3.0]))
    assert [float(x) for x in m.history] == [4.0]


def test_shadow_mode_compares_what_is_added() -> None:
    m = Model()
    m.history.append(7.0)
    f = to_static(one, shadow=1.0)  # warnings are errors
    f(m, xp.asarray([1.0, 2.0]))
    f(m, xp.asarray([1.0, 4.0]))
    assert [float(x) for x in m.history] == [7.0, 3.0, 5.0]

"""`fallback="eager"`: what cannot become a graph runs as plain Python, counted, and only when asked for."""

import threading

import pytest

import eager as xp
from dy2static import ConversionError, StagingError, to_static
from graph.errors import BranchTypeError


def with_a_class(x):
    class Local:
        value = 2

    return x * Local.value


def structures_differ(x, flag):
    if flag:
        return x * 2
    return {"a": x} if x > 0 else [x]


def fails(x):
    return x[3]


def test_refused_at_decoration() -> None:
    with pytest.raises(ConversionError):
        to_static(with_a_class)
    static = to_static(with_a_class, fallback="eager")
    assert [float(static(xp.asarray(float(i)))) for i in range(3)] == [0.0, 2.0, 4.0]
    assert static.fallbacks is not None
    assert static.fallbacks.count == 3
    ((reason, times),) = static.fallbacks.reasons.items()
    assert times == 3
    assert "a class inside a function cannot be converted." in reason
    assert "ran as plain Python 3 times" in static.explain()
    assert static.programs == []


def test_refused_at_a_call() -> None:
    x = xp.asarray(1.0)
    with pytest.raises(BranchTypeError):
        to_static(structures_differ)(x, False)
    static = to_static(structures_differ, fallback="eager")
    assert float(static(x, True)) == 2.0
    assert static.fallbacks is not None
    assert static.fallbacks.count == 0
    assert static(x, False) == {"a": x}
    assert static(-x, False)[0] == -x
    assert static.fallbacks.count == 2
    assert float(static(x, True)) == 2.0
    assert len(static.programs) == 1


def test_errors_of_the_program_are_raised() -> None:
    static = to_static(fails, fallback="eager")
    with pytest.raises(IndexError):
        static(xp.zeros(2))
    assert static.fallbacks is not None
    assert static.fallbacks.count == 0


def test_generator_functions() -> None:
    def generates(x):
        yield x

    with pytest.raises(ConversionError, match="a generator function cannot be a static function"):
        to_static(generates)
    assert [float(v) for v in to_static(generates, fallback="eager")(xp.asarray(2.0))] == [2.0]


def test_a_generator_cannot_be_returned() -> None:
    def generates(x):
        yield x

    with pytest.raises(StagingError, match="a generator cannot leave a graph"):
        to_static(lambda x: generates(x))(xp.asarray(2.0))


def test_counted_in_many_threads() -> None:
    static = to_static(with_a_class, fallback="eager")

    def run() -> None:
        for _ in range(50):
            static(xp.asarray(1.0))

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert static.fallbacks is not None
    assert static.fallbacks.count == 400

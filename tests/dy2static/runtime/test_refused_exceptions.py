"""What `try`, `with`, generators and comprehensions refuse at the first call, and in which words."""

import contextlib

import pytest

import eager as xp
from dy2static import StagingError, to_static
from support.defining import define
from support.golden import assert_golden

REFUSED = {
    "name_before_failure": """
        def f(x):
            seen = 0

            def count(v):
                nonlocal seen
                seen += 1
                assert v > 0

            try:
                count(x[0])
            except AssertionError:
                pass
            return seen
    """,
    "attribute_before_failure": """
        class Box:
            total = 0.0

        def add(box, v):
            box.total = box.total + v
            if v > 0:
                raise ValueError("positive")

        def f(x):
            box = Box()
            try:
                add(box, x[0])
            except ValueError:
                pass
            return box.total
    """,
    "attribute_of_what_is_caught": """
        def f(x):
            try:
                if x[0] > 0:
                    raise KeyError("k")
            except KeyError as e:
                return e.code
    """,
    "list_in_an_exception": """
        def f(x):
            if x[0] > 0:
                raise ValueError([x], 1)
    """,
    "generator_used_twice": """
        def g(x):
            yield x

        def f(x):
            made = g(x)
            return list(made) + list(made)
    """,
    "generator_in_another_loop": """
        def g(x):
            yield x

        def f(x):
            made = g(x)
            total = 0.0
            for v in x:
                for w in made:
                    total = total + v
            return total
    """,
    "generator_and_zip": """
        def g(x):
            yield x

        def f(x):
            return [a + b for a, b in zip(g(x), g(x))]
    """,
    "map_before_a_filter": """
        def f(x):
            return [a + b for a, b in zip(map(lambda v: v * 2, x), filter(lambda v: v > 0, x))]
    """,
    "iterator_used_twice": """
        def f(x):
            pairs = zip(x, x)
            return [a + b for a, b in pairs], [a * b for a, b in pairs]
    """,
    "iterator_in_another_loop": """
        def f(x):
            positive = filter(lambda v: v > 0, x)
            total = 0.0
            for v in x:
                for w in positive:
                    total = total + w
            return total
    """,
    "zipped_list_becomes_one_of_the_graph": """
        def f(x):
            items = [x[0], x[1]]
            for a, i in zip((v * 2 for v in items), {1: 1, 2: 2, 3: 3}):
                if a > 0:
                    items.append(a)
            return items
    """,
    "generator_that_catches": """
        def g(x):
            for v in x:
                try:
                    yield v
                except ValueError:
                    pass

        def f(x):
            for v in g(x):
                assert v > 0
    """,
    "set_of_tensors_returned": """
        def f(x):
            return {1, 2} | {x[0]}
    """,
    "class_of_what_is_caught_as_a_key": """
        def f(x):
            try:
                assert x[0] < 0
            except (AssertionError, ValueError) as error:
                return {AssertionError: 1, ValueError: 2}[type(error)]
            return 0
    """,
    "next_of_a_filter": """
        def f(x):
            large = filter(lambda v: v > 1, x)
            return next(large), next(large)
    """,
    "next_of_a_generator": """
        def g(x):
            try:
                yield from x
            finally:
                print("left")

        def f(x):
            return next(g(x))
    """,
    "text_of_a_run_compared": """
        def f(x):
            return f"{x[0]}" == "1.0"
    """,
    "dict_under_a_test": """
        def f(x):
            return {i: v for i, v in enumerate(x) if v > 0}
    """,
    "set_in_a_loop": """
        def f(x):
            return [{i for i in range(3) if v > i} for v in x[x > 0]]
    """,
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    static = to_static(define(REFUSED[name], file="model.py", xp=xp))
    with pytest.raises(StagingError) as error:
        static(xp.asarray([1.0, -1.0, 2.0]))
    assert_golden(f"runtime/refused/{name}.txt", f"{type(error.value).__name__}: {error.value}")


def test_errors_about_the_graph_are_not_caught() -> None:
    source = """
        def f(x):
            try:
                y = 1 if x > 0 else {"a": x}
            except Exception:
                y = 2
            return y
    """
    with pytest.raises(Exception, match="a graph needs one type"):
        to_static(define(source))(xp.asarray(1.0))


def test_a_run_that_fails_leaves_state_alone() -> None:
    source = """
        class Box:
            total = 0.0

        def f(box, x):
            try:
                box.total = box.total + x
                if x > 0:
                    raise ValueError("positive")
            except ValueError:
                box.total = box.total * 10
            if x > 5:
                raise KeyError("large")
            return box.total
    """
    box = define(source, "Box")()
    static = to_static(define(source))
    assert float(static(box, xp.asarray(2.0))) == 20.0
    with pytest.raises(KeyError):
        static(box, xp.asarray(7.0))
    assert float(box.total) == 20.0


def test_cause_of_what_a_run_raises() -> None:
    source = """
        class OwnError(Exception):
            pass

        def f(x):
            try:
                if x > 0:
                    raise ValueError(f"x is {x}")
            except ValueError as e:
                raise OwnError("own") from e
            return x
    """
    static = to_static(define(source))
    with pytest.raises(Exception, match="own") as error:
        static(xp.asarray(1.0))
    assert type(error.value).__name__ == "OwnError"
    assert isinstance(error.value.__cause__, ValueError)
    assert str(error.value.__cause__) == "x is 1.0"
    assert float(static(xp.asarray(-1.0))) == -1.0


def test_only_the_block_that_may_fail_is_an_attempt() -> None:
    source = """
        def f(x):
            try:
                y = x * 2
            except ValueError:
                y = x
            with noop():
                z = y + 1
            return z
    """
    static = to_static(define(source, noop=contextlib.nullcontext))
    static(xp.asarray(1.0))
    assert [op.name for op in static.graph.graph.ops if op.regions] == []


def test_a_thousand_calls() -> None:
    source = """
        def f(x, log):
            for v in x:
                try:
                    if v < 0:
                        raise ValueError("negative")
                    log.append(v)
                except ValueError:
                    log.append(v * 0)
            return len(log)
    """
    function = define(source)
    static = to_static(function)
    for i in range(1000):
        x = xp.asarray([float(i % 3 - 1)] * (i % 2 + 1))
        log, other = [], []
        assert int(static(x, log)) == function(x, other)
        assert [float(v) for v in log] == [float(v) for v in other]
    assert len(static.programs) <= 4

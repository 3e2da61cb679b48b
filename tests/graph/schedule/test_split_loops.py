"""Which loops are made two loops of half of the rows, and that they compute the same."""

from contextlib import ExitStack
from typing import Any, Final
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings

from graph.autodiff.vjp import vjp
from graph.aval import Aval, Type
from graph.errors import NotDifferentiableError
from graph.execute.interpreter import run
from graph.execute.native_program import compile_native
from graph.ir.builder import static_shape
from graph.ir.op import Graph
from graph.ir.verify import verify
from graph.ir.walk import walk
from graph.llvm.exact import stays_native
from graph.passes.pipeline import optimize
from graph.schedule import chosen_cuts
from graph.schedule import side_by_side as planned
from graph.schedule.order import scheduled
from graph.schedule.split_loops import split_loops
from graph.text.parser import parse
from support.close import assert_close
from support.list_graphs import CASES_WITH_LISTS
from support.strategies import graphs_with_args
from support.two_loops import groups_so_far
from support.values import copy_of

LIMITS: Final = {
    chosen_cuts: ("FORK", "TRIP", "LEAST_TRIP", "LEAST_ROWS"),
    planned: ("FORK", "TRIP", "LEAST_TRIP"),
}
RANDOM: Final = np.random.default_rng(0)


@pytest.fixture
def small_loops(monkeypatch: pytest.MonkeyPatch) -> None:
    """All loops are worth it."""
    monkeypatch.setenv("DY2STATIC_CACHE", "off")
    for module, names in LIMITS.items():
        for name in names:
            monkeypatch.setattr(module, name, 0)
    monkeypatch.setattr(chosen_cuts, "SHARED", 1)


def is_float(t: Type) -> bool:
    return t.dtype.kind in "fc" if isinstance(t, Aval) else is_float(t.element)


def ones_like(value: Any) -> Any:
    if isinstance(value, list):
        return [ones_like(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    return None if value is None else np.ones_like(value)[()]


def native(op: Any) -> bool:
    return stays_native(op, is_exact=False)


def split(graph: Graph) -> Graph:
    found = split_loops(graph, native)
    verify(found)
    return found


def loops(graph: Graph) -> int:
    return sum(op.name in planned.LOOPS for op in walk(graph))


H: Final = "f64[6,4]"


def for_loop(body: str, *, carried: str = H, results: str = "%20", trips: str = "%1", captured: str = "") -> Graph:
    """A loop over `%10`, of H or what `carried` says, `%11` to `%14`: the trip, a weight, rows of each trip, a bias."""
    outer = f"%0 h: {carried}, %1 n: i64[], %2 w: f64[4,4], %3 x: f64[5,6,4], %4 b: f64[4], %5 k: i64[]"
    inner = f"%11 i: i64[], %10 h: {carried}, %12 w: f64[4,4], %13 x: f64[5,6,4], %14 b: f64[4], %15 k: i64[]"
    return parse(f"""graph f({outer}) -> ({carried}) {{
  %6: {carried} = for_loop {trips}, %0, %2, %3, %4, %5 {{carried=1}} {{
    body({inner}) {{
      {body}
      yield {results}
    }}
  }}
  yield %6
}}""")


def arguments(graph: Graph, trips: int = 3) -> tuple[Any, ...]:
    def one(k: int, t: Aval) -> Any:
        if t.dtype.kind == "i":
            return np.int64(trips if k == 1 else 2)
        return RANDOM.standard_normal(static_shape(t.shape)) / 4

    return tuple(one(k, p.aval) for k, p in enumerate(graph.params))


INDEPENDENT: Final = {
    "a function": "%20: f64[6,4] = tanh %10",
    "a product": "%18: f64[6,4] = matmul %10, %12\n %20: f64[6,4] = add %18, %14",
    "a product that is added to": """%18: f64[6,4] = index %13, %11 {index=('$',)}
      %19: f64[6,4] = add_matmul %18, %10, %12
      %20: f64[6,4] = tanh %19""",
    "a product from the left, by columns": """%16: f64[4,6] = transpose %10 {axes=(1, 0)}
      %17: f64[4,6] = matmul %12, %16
      %20: f64[6,4] = transpose %17 {axes=(1, 0)}""",
    "a softmax of each row": """%16: f64[6,1] = max %10 {axis=(1,), keepdims=True}
      %17: f64[6,4] = sub %10, %16
      %18: f64[6,4] = exp %17
      %19: f64[6] = sum %18 {axis=(-1,), keepdims=False}
      %21: f64[6,1] = reshape %19 {shape=(6, 1)}
      %20: f64[6,4] = div %18, %21""",
    "parts of rows": """%16: f64[6,2], %17: f64[6,2] = split %10 {sizes=(2, 2), axis=1}
      %18: f64[6,2] = mul %16, %17
      %20: f64[6,4] = concat %18, %16 {axis=1}""",
    "rows in another shape": """%16: f64[6,2,2] = reshape %10 {shape=(6, 2, 2)}
      %17: f64[6,2,2] = transpose %16 {axes=(0, 2, 1)}
      %18: f64[6,4] = reshape %17 {shape=(-1, 4)}
      %20: f64[6,4] = sin %18""",
    "columns, where rows are mixed": """%16: f64[1,4] = sum %10 {axis=(0,), keepdims=True}
      %20: f64[6,4] = sub %16, %10""",
    "something whole": """%16: f64[6,4] = full {shape=(6, 4), value=2.0, dtype=f64}
      %17: f64[4,4] = matmul %12, %12
      %18: f64[6,4] = matmul %10, %17
      %20: f64[6,4] = maximum %16, %18""",
    "a list of rows": """%16: list<f64[6,4]> = list_from_tensor %13 {axis=0}
      %17: f64[6,4] = list_get %16, %11 {checked=True}
      %20: f64[6,4] = add %10, %17""",
    "rows that are set": """%16: f64[6] = index %10, %15 {index=(slice(None, None, None), '$')}
      %20: f64[6,4] = index_set %10, %16, %15 {index=(slice(None, None, None), '$')}""",
}
MIXED: Final = {
    "rows and columns": """%16: f64[4,6] = transpose %10 {axes=(1, 0)}
      %17: f64[4,4] = matmul %16, %10
      %20: f64[6,4] = matmul %10, %17""",
    "all elements": "%16: f64[] = sum %10 {axis=None, keepdims=False}\n %20: f64[6,4] = mul %10, %16",
    "order": "%20: f64[6,4] = flip %10 {axis=None}",
    "what may fail in one row": """%16: i64[6,4] = cast %10 {dtype=i64}
      %20: f64[6,4] = take_along_axis %10, %16 {axis=1}""",
    "a failure": """%16: f64[] = min %10 {axis=None, keepdims=False}
      %17: f64[] = constant {value=dense<f64[] 0.0>}
      %18: bool[] = ge %16, %17
      check %18 {error='ValueError', parts=('',), forms=()}
      %20: f64[6,4] = neg %10""",
    "what is printed": "print %15 {parts=('', '\\n'), forms=('',), stream='stdout'}\n %20: f64[6,4] = neg %10",
}


@pytest.mark.parametrize("name", INDEPENDENT)
def test_rows_that_depend_on_no_others(name: str, small_loops: None) -> None:
    graph = for_loop(INDEPENDENT[name])
    found = split(graph)
    assert loops(found) == 2
    for trips in (3, 1, 0):
        args = arguments(graph, trips)
        assert_close(run(found, args), run(graph, args))


@pytest.mark.parametrize("name", INDEPENDENT)
def test_any_number_of_threads_gives_the_same(name: str, small_loops: None) -> None:
    graph = for_loop(INDEPENDENT[name])
    one, two = (compile_native(graph, threads=k) for k in (1, 2))
    assert one.module.groups
    args = arguments(graph)
    before = groups_so_far()
    assert_close(one(*args), run(graph, args))
    assert groups_so_far() == before
    assert two(*args)[0].tobytes() == one(*args)[0].tobytes()
    assert groups_so_far() == before + 1


@pytest.mark.parametrize("name", MIXED)
def test_rows_that_are_mixed(name: str, small_loops: None) -> None:
    graph = for_loop(MIXED[name])
    assert split(graph) is graph


@pytest.mark.parametrize("carried", ["f64[1,1]", "f64[0,0]", "f64[n,1]", "f64[]"])
def test_sizes_that_are_not_cut(carried: str, small_loops: None) -> None:
    graph = for_loop(f"%20: {carried} = tanh %10", carried=carried)
    assert split(graph) is graph


@pytest.mark.parametrize("rows", [2, 3, 7, 33])
def test_odd_sizes(rows: int, small_loops: None) -> None:
    carried = f"f64[{rows},4]"
    graph = for_loop(f"%18: {carried} = matmul %10, %12\n %20: {carried} = tanh %18", carried=carried)
    found = split(graph)
    assert loops(found) == 2
    args = arguments(graph)
    assert_close(run(found, args), run(graph, args))


SUMS: Final = """graph f(%0 h: f64[6,4], %1 n: i64[], %2 w: f64[4,4], %3 x: f64[5,6,3], %4 d: f64[3,4], %5 s: f64[])
    -> (f64[6,4], f64[3,4], f64[], i64[]) {
  %7: i64[] = constant {value=dense<i64[] 0>}
  %8: f64[6,4], %9: f64[3,4], %10: f64[], %11: i64[] = for_loop %1, %0, %4, %5, %7, %2, %3 {carried=4} {
    body(%20 i: i64[], %21 h: f64[6,4], %22 d: f64[3,4], %23 s: f64[], %24 c: i64[], %25 w: f64[4,4], %26: f64[5,6,3]) {
      %30: f64[6,4] = matmul %21, %25
      %31: f64[6,4] = tanh %30
      %32: f64[6,3] = index %26, %24 {index=('$',)}
      %33: f64[3,6] = transpose %32 {axes=(1, 0)}
      %34: f64[3,4] = add_matmul %22, %33, %31
      %35: f64[6] = sum %31 {axis=(1,), keepdims=False}
      %36: f64[] = sum %35 {axis=None, keepdims=False}
      %37: f64[] = sub %23, %36
      %38: i64[] = constant {value=dense<i64[] 1>}
      %39: i64[] = add %24, %38
      yield %31, %34, %37, %39
    }
  }
  yield %8, %9, %10, %11
}"""


def test_sums_are_terms_and_counters_are_whole(small_loops: None) -> None:
    graph = parse(SUMS)
    found = split(graph)
    assert loops(found) == 2
    assert [op.name for op in found.ops if op.name in ("concat", "add")] == ["concat", "add", "add"]
    for trips in (4, 0):
        args = arguments(graph, trips)
        assert_close(run(found, args), run(graph, args))
        assert_close(compile_native(graph, threads=2)(*args), run(graph, args))


def test_a_sum_that_the_loop_reads_is_whole(small_loops: None) -> None:
    graph = parse(SUMS.replace("tanh %30", "mul %30, %23"))
    assert split(graph) is graph


WHILE: Final = """graph f(%0 h: f64[6,4], %1 n: i64[]) -> (f64[6,4], i64[]) {
  %2: i64[] = constant {value=dense<i64[] 0>}
  %3: f64[6,4], %4: i64[] = while_loop %0, %2, %1 {carried=2} {
    test(%10: f64[6,4], %11: i64[], %12: i64[]) {
      %13: bool[] = lt %11, %12
      yield %13
    }
    body(%14: f64[6,4], %15: i64[], %16: i64[]) {
      %17: i64[] = constant {value=dense<i64[] 1>}
      %18: i64[] = add %15, %17
      %19: f64[6,4] = sin %14
      yield %19, %18
    }
  }
  yield %3, %4
}"""


def test_while(small_loops: None) -> None:
    graph = parse(WHILE)
    found = split(graph)
    assert loops(found) == 2
    args = (RANDOM.standard_normal((6, 4)), np.int64(5))
    assert_close(run(found, args), run(graph, args))
    assert_close(compile_native(graph, threads=2)(*args), run(graph, args))


def test_while_that_looks_at_what_the_parts_share(small_loops: None) -> None:
    """Rows of it are read by each part, and the whole by the test."""
    graph = parse("""graph f(%0 h: f64[6,4], %1 c: f64[6,4]) -> (f64[6,4], f64[]) {
  %2: f64[] = constant {value=dense<f64[] 0.0>}
  %3: f64[6,4], %4: f64[] = while_loop %0, %2, %1 {carried=2} {
    test(%10: f64[6,4], %11: f64[], %12: f64[6,4]) {
      %13: f64[] = sum %12 {axis=None, keepdims=False}
      %14: bool[] = lt %11, %13
      yield %14
    }
    body(%15: f64[6,4], %16: f64[], %17: f64[6,4]) {
      %18: f64[] = constant {value=dense<f64[] 1.0>}
      %19: f64[] = add %16, %18
      %20: f64[6,4] = add %15, %17
      yield %20, %19
    }
  }
  yield %3, %4
}""")
    found = split(graph)
    assert loops(found) == 2
    for total in (5.0, 0.0):
        args = (RANDOM.standard_normal((6, 4)), np.full((6, 4), total / 24))
        assert_close(run(found, args), run(graph, args))
        assert_close(compile_native(graph, threads=2)(*args), run(graph, args))


def test_while_that_looks_at_all_rows(small_loops: None) -> None:
    text = WHILE.replace(
        "%13: bool[] = lt %11, %12", "%31: f64[] = max %10 {axis=None, keepdims=False}\n %13: bool[] = lt %31, %31"
    )
    graph = parse(text)
    assert split(graph) is graph


LISTS: Final = """graph f(%0 h: f64[6,4], %1 n: i64[]) -> (f64[6,4]) {
  %2: list<f64[6,4]> = list_make %0 {element=f64[6,4]}
  %3: f64[6,4], %4: list<f64[6,4]> = for_loop %1, %0, %2 {carried=2} {
    body(%10 i: i64[], %11 h: f64[6,4], %12: list<f64[6,4]>) {
      %13: f64[6,4] = sin %11
      %14: list<f64[6,4]> = list_append %12, %13
      yield %13, %14
    }
  }
  %5: f64[6,4] = for_loop %1, %3, %4 {carried=1} {
    body(%20 i: i64[], %21 h: f64[6,4], %22: list<f64[6,4]>) {
      %23: f64[6,4] = list_get %22, %20 {checked=True}
      %24: f64[6,4] = mul %21, %23
      yield %24
    }
  }
  yield %5
}"""


def test_lists_between_loops_are_cut_in_their_elements(small_loops: None) -> None:
    graph = parse(LISTS)
    found = split(graph)
    assert loops(found) == 4
    for trips in (4, 0):
        args = (RANDOM.standard_normal((6, 4)), np.int64(trips))
        assert_close(run(found, args), run(graph, args))
        assert_close(compile_native(graph, threads=2)(*args), run(graph, args))


@pytest.mark.parametrize(
    "read",
    [
        "%6: f64[u0,6,4] = list_stack %4 {axis=0}\n %7: f64[6,4] = sum %6 {axis=(0,), keepdims=False}",
        "%7: f64[6,4] = list_get %4, %1 {checked=True}",
        "%6: i64[] = list_len %2\n %8: f64[] = cast %6 {dtype=f64}\n %7: f64[6,4] = mul %5, %8",
    ],
)
def test_lists_that_are_read_behind_the_loops(read: str, small_loops: None) -> None:
    """Along the axis that is cut; and a list that the loops only begin with is read as it is."""
    end = f"{read}\n yield %5, %7"
    graph = parse(LISTS.replace("yield %5", end).replace("-> (f64[6,4])", "-> (f64[6,4], f64[6,4])"))
    found = split(graph)
    assert loops(found) == 4
    args = (RANDOM.standard_normal((6, 4)), np.int64(3))
    assert_close(run(found, args), run(graph, args))
    assert_close(compile_native(graph, threads=2)(*args), run(graph, args))


def test_lists_that_tensors_become(small_loops: None) -> None:
    """As in the gradient of a loop whose states are stacked."""
    graph = parse("""graph f(%0 h: f64[6,4], %1 n: i64[], %2 x: f64[5,6,4]) -> (f64[6,4]) {
  %3: list<f64[6,4]> = list_from_tensor %2 {axis=0}
  %4: f64[6,4], %5: list<f64[6,4]> = for_loop %1, %0, %3 {carried=2} {
    body(%10 i: i64[], %11 h: f64[6,4], %12: list<f64[6,4]>) {
      %13: i64[] = constant {value=dense<i64[] -1>}
      %14: list<f64[6,4]>, %15: f64[6,4] = list_pop %12, %13 {checked=True}
      %16: f64[6,4] = mul %11, %15
      yield %16, %14
    }
  }
  yield %4
}""")
    found = split(graph)
    assert loops(found) == 2
    args = (RANDOM.standard_normal((6, 4)), np.int64(3), RANDOM.standard_normal((5, 6, 4)))
    assert_close(run(found, args), run(graph, args))
    assert_close(compile_native(graph, threads=2)(*args), run(graph, args))


def test_what_may_be_missing_is_whole(small_loops: None) -> None:
    graph = parse("""graph f(%0 h: f64[6,4], %1 n: i64[]) -> (f64[6,4]) {
  %2: optional<f64[6,4]> = none {type=f64[6,4]}
  %3: f64[6,4], %4: optional<f64[6,4]> = for_loop %1, %0, %2, %2 {carried=2} {
    body(%10 i: i64[], %11 h: f64[6,4], %12: optional<f64[6,4]>, %13: optional<f64[6,4]>) {
      %14: f64[6,4] = sin %11
      yield %14, %13
    }
  }
  yield %3
}""")
    found = split(graph)
    assert loops(found) == 2
    args = (RANDOM.standard_normal((6, 4)), np.int64(3))
    assert_close(run(found, args), run(graph, args))


@pytest.mark.parametrize("end", ["yield %3, %4", "%6: i64[] = list_len %4\n yield %5, %6"])
def test_lists_that_are_read_whole(end: str, small_loops: None) -> None:
    results = "f64[6,4], list<f64[6,4]>" if "list_len" not in end else "f64[6,4], i64[]"
    graph = parse(LISTS.replace("yield %5", end).replace("-> (f64[6,4])", f"-> ({results})"))
    assert split(graph) is graph


def test_loops_beside_others_stay(small_loops: None) -> None:
    loop = """
  %3: f64[6,4] = for_loop %1, %0 {carried=1} {
    body(%30: i64[], %31: f64[6,4]) {
      %32: f64[6,4] = sin %31
      yield %32
    }
  }"""
    both = loop + loop.replace("%3", "%4")
    graph = parse(f"graph f(%0 h: f64[6,4], %1 n: i64[]) -> (f64[6,4], f64[6,4]) {{ {both} \n yield %3, %4 }}")
    assert split(graph) is graph
    alone = parse(f"graph f(%0 h: f64[6,4], %1 n: i64[]) -> (f64[6,4]) {{ {loop} \n yield %3 }}")
    assert loops(split(alone)) == 2


def test_what_is_worth_it() -> None:
    """Half of the rows must be enough for a product, and a trip for a thread."""

    def is_split(rows: int, columns: int, body: str) -> bool:
        t = f"f32[{rows},{columns}]"
        graph = parse(f"""graph f(%0 h: {t}, %1 n: i64[], %2 w: f32[{columns},{columns}]) -> ({t}) {{
  %3: {t} = for_loop %1, %0, %2 {{carried=1}} {{
    body(%10 i: i64[], %11 h: {t}, %12 w: f32[{columns},{columns}]) {{
      %13: {t} = {body}
      yield %13
    }}
  }}
  yield %3
}}""")
        return split(graph) is not graph

    assert is_split(32, 128, "matmul %11, %12")
    assert not is_split(30, 128, "matmul %11, %12")
    assert not is_split(32, 16, "matmul %11, %12")
    assert is_split(512, 512, "tanh %11")
    assert not is_split(8, 16, "tanh %11")


def test_exact_code_adds_in_the_order_of_the_program(small_loops: None) -> None:
    graph = parse(SUMS.replace("tanh", "neg"))
    args = arguments(graph)
    program = compile_native(graph, exact=True, threads=2)
    assert not program.module.groups
    assert [x.tobytes() for x in program(*args)] == [x.tobytes() for x in run(graph, args)]


@pytest.mark.parametrize("name", CASES_WITH_LISTS)
def test_graphs_with_control_flow(name: str, small_loops: None) -> None:
    graph = CASES_WITH_LISTS[name].graph
    whole = scheduled(split(graph))
    for args in CASES_WITH_LISTS[name].args:
        assert_close(run(whole, copy_of(list(args))), run(graph, copy_of(list(args))))


@pytest.mark.parametrize("name", CASES_WITH_LISTS)
def test_gradients(name: str, small_loops: None) -> None:
    graph = CASES_WITH_LISTS[name].graph
    try:
        joint = optimize(vjp(graph, [i for i, p in enumerate(graph.params) if is_float(p.type)]))
    except NotDifferentiableError:
        pytest.skip("there is no gradient")
    whole = scheduled(split(joint))
    for args in CASES_WITH_LISTS[name].args:
        results = run(graph, copy_of(list(args)))
        cts = [ones_like(x) for x, v in zip(results, graph.results, strict=True) if is_float(v.type)]
        given = (*args, *cts)
        assert_close(run(whole, copy_of(list(given))), run(joint, copy_of(list(given))))


@pytest.mark.parametrize(("rows", "functions"), [(6, 1), (7, 2)])
def test_parts_of_one_size_are_one_function(rows: int, functions: int, small_loops: None) -> None:
    graph = parse(
        str(for_loop(INDEPENDENT["a product that is added to"]))
        .replace("f64[6,4]", f"f64[{rows},4]")
        .replace("f64[5,6,4]", f"f64[5,{rows},4]")
    )
    program = compile_native(graph, threads=2)
    assert program.llvm.count('define internal i32 @"piece') == functions
    args = arguments(graph)
    assert_close(program(*args), run(graph, args))
    with pytest.raises(IndexError, match="index 5 is out of bounds for axis 0 with size 5"):
        program(*arguments(graph, 6))


@given(case=graphs_with_args(max_ops=14))
@settings(max_examples=60)
def test_random_graphs(case: tuple[Graph, tuple[Any, ...]]) -> None:
    graph, args = case
    with ExitStack() as limits:
        for module, names in LIMITS.items():
            limits.enter_context(mock.patch.multiple(module, **dict.fromkeys(names, 0)))
        limits.enter_context(mock.patch.object(chosen_cuts, "SHARED", 0.001))
        found = split(graph)
    assert_close(run(found, copy_of(list(args))), run(graph, copy_of(list(args))))

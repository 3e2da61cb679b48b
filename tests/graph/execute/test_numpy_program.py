"""The NumPy program: what it looks like, and the cases that random graphs rarely meet."""

import linecache
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from graph.errors import IndexRangeError
from graph.execute.interpreter import run
from graph.execute.numpy_program import compile_program, numpy_source
from graph.ir.op import Graph
from graph.ir.printer import print_attr
from graph.text.parser import parse
from support.golden import assert_golden
from support.values import assert_apart, assert_same, copy_of


def assert_program_agrees(graph: Graph, *args: Any) -> tuple[Any, ...]:
    """The program gives what the interpreter gives, twice, and leaves the arguments alone."""
    expected = run(graph, copy_of(list(args)))
    program = compile_program(graph)
    for _ in range(2):
        given = copy_of(list(args))
        found = program(*given)
        assert_same(found, expected)
        assert_same(given, list(args))
        assert_apart(found, given)
    return expected


LOOP = """
graph collatz(%0 n: i64[]) -> (i64[]) {
  %1: i64[] = constant {value=dense<i64[] 0>}
  %2: i64[], %3: i64[] = while_loop %0, %1 {carried=2} {  # model.py:3
    test(%4 n: i64[], %5 steps: i64[]) {
      %6: i64[] = constant {value=dense<i64[] 1>}
      %7: bool[] = ne %4, %6  # model.py:3
      yield %7
    }
    body(%8 n: i64[], %9 steps: i64[]) {
      %10: i64[] = constant {value=dense<i64[] 2>}
      %11: i64[] = mod %8, %10  # model.py:4
      %12: i64[] = constant {value=dense<i64[] 0>}
      %13: bool[] = eq %11, %12  # model.py:4
      %14: i64[] = cond %13, %8 {  # model.py:4
        then(%15 n: i64[]) {
          %16: i64[] = constant {value=dense<i64[] 2>}
          %17: i64[] = floor_div %15, %16  # model.py:5
          yield %17
        }
        else(%18 n: i64[]) {
          %19: i64[] = constant {value=dense<i64[] 3>}
          %20: i64[] = mul %18, %19  # model.py:7
          %21: i64[] = constant {value=dense<i64[] 1>}
          %22: i64[] = add %20, %21  # model.py:7
          yield %22
        }
      }
      %23: i64[] = constant {value=dense<i64[] 1>}
      %24: i64[] = add %9, %23  # model.py:8
      yield %14, %24
    }
  }
  yield %3
}
"""


def test_source_reads_like_python() -> None:
    program = compile_program(parse(LOOP))
    assert_golden("execute/collatz.py.txt", program.source)
    assert program(np.int64(27)) == (111,)


def test_shown_source_is_what_runs() -> None:
    """The text has, line by line, the statements that the compiled function has."""
    program = compile_program(parse(LOOP))
    namespace: dict[str, Any] = {}
    exec(compile(program.source, "shown.py", "exec"), namespace)
    shown, made = namespace["collatz"].__code__, program.function.__code__
    assert shown.co_code == made.co_code
    assert shown.co_firstlineno == made.co_firstlineno
    lines = [[line for *_, line in code.co_lines()] for code in (shown, made)]
    assert set(lines[0]) == set(lines[1])


def swap(results: str) -> Graph:
    """A loop whose body yields two of its carried values %6, %7 and their sum %8."""
    return parse(
        f"""
        graph f(%0 a: f64[2], %1 b: f64[2], %2 n: i64[]) -> (f64[2], f64[2]) {{
          %3: f64[2], %4: f64[2] = for_loop %2, %0, %1 {{carried=2}} {{
            body(%5 i: i64[], %6 a: f64[2], %7 b: f64[2]) {{
              %8: f64[2] = add %6, %7
              yield {results}
            }}
          }}
          yield %3, %4
        }}
        """
    )


@pytest.mark.parametrize("results", ["%7, %6", "%7, %8", "%8, %6", "%8, %8", "%6, %6", "%7, %7"])
@pytest.mark.parametrize("trips", [-1, 0, 1, 2, 3])
def test_carried_values_move_all_at_once(results: str, trips: int) -> None:
    assert_program_agrees(swap(results), np.array([1.0, 2.0]), np.array([3.0, 5.0]), np.int64(trips))


def test_value_carried_and_captured_is_not_overwritten() -> None:
    """The loop updates its copy; the captured value of the same name keeps what it was."""
    graph = parse(
        """
        graph f(%0 x: f64[3], %1 n: i64[]) -> (f64[3]) {
          %2: f64[3] = neg %0
          %3: f64[3] = for_loop %1, %2, %2 {carried=1} {
            body(%4 i: i64[], %5 y: f64[3], %6 w: f64[3]) {
              %7: f64[] = index %6, %4 {index=('$',)}
              %8: f64[] = constant {value=dense<f64[] 0.0>}
              %9: i64[] = constant {value=dense<i64[] 2>}
              %10: f64[3] = index_set %5, %8, %9 {index=('$',)}
              %11: f64[3] = add %10, %7
              yield %11
            }
          }
          yield %3
        }
        """
    )
    assert_program_agrees(graph, np.array([1.0, 2.0, 3.0]), np.int64(3))


def test_list_given_as_argument_is_not_appended_to() -> None:
    graph = parse(
        """
        graph f(%0 l: list<f64[2]>, %1 x: f64[2], %2 n: i64[]) -> (list<f64[2]>, f64[2]) {
          %3: list<f64[2]> = for_loop %2, %0, %1 {carried=1} {
            body(%4 i: i64[], %5: list<f64[2]>, %6: f64[2]) {
              %7: list<f64[2]> = list_append %5, %6
              yield %7
            }
          }
          yield %3, %1
        }
        """
    )
    assert_program_agrees(graph, [np.zeros(2)], np.ones(2), np.int64(2))
    assert "list_append_inplace" in compile_program(graph).source


def test_pushed_array_is_not_overwritten_later() -> None:
    """Residuals: what is on the list keeps its value while the loop goes on updating."""
    graph = parse(
        """
        graph f(%0 x: f64[2], %1 n: i64[]) -> (list<f64[2]>, f64[2]) {
          %2: list<f64[2]> = list_make {element=f64[2]}
          %3: f64[2], %4: list<f64[2]> = for_loop %1, %0, %2 {carried=2} {
            body(%5 i: i64[], %6 x: f64[2], %7: list<f64[2]>) {
              %8: list<f64[2]> = list_append %7, %6
              %9: f64[] = constant {value=dense<f64[] 1.0>}
              %10: f64[2] = index_add %6, %9 {index=(0,)}
              yield %10, %8
            }
          }
          yield %4, %3
        }
        """
    )
    values, _ = assert_program_agrees(graph, np.zeros(2), np.int64(3))
    assert [v[0] for v in values] == [0.0, 1.0, 2.0]


@pytest.mark.parametrize("result", ["%0", "%2", "%3", "%4"])
def test_results_share_nothing(result: str) -> None:
    """A parameter, a constant, a view of a parameter and a read-only view, each given twice."""
    graph = parse(
        f"""
        graph f(%0 x: f64[3,100], %1 y: f64[100]) -> (f64[3,100], f64[3,100]) {{
          %2: f64[3,100] = constant {{value={_dense((3, 100))}}}
          %3: f64[3,100] = flip %0 {{axis=(0,)}}
          %4: f64[3,100] = broadcast_to %1 {{shape=(3, 100)}}
          yield {result}, {result}
        }}
        """
    )
    assert_program_agrees(graph, np.ones((3, 100)), np.ones(100))


def _dense(shape: tuple[int, ...]) -> str:
    return print_attr(np.ones(shape))


def test_exception_carries_the_users_line_and_traceback_shows_the_program() -> None:
    graph = parse(
        """
        graph f(%0 x: f64[3], %1 i: i64[], %2 t: bool[]) -> (f64[]) {
          %3: f64[] = cond %2, %0, %1 {  # model.py:1
            then(%4: f64[3], %5: i64[]) {
              %6: f64[] = call %4, %5 {function='at'}  # model.py:2
              yield %6
            }
            else(%7: f64[3], %8: i64[]) {
              %9: f64[] = constant {value=dense<f64[] 0.0>}
              yield %9
            }
          }
          yield %3
        }
        function at = at(%0 x: f64[3], %1 i: i64[]) -> (f64[]) {
          %2: f64[] = index %0, %1 {index=('$',)}  # model.py:7
          yield %2
        }
        """
    )
    program = compile_program(graph)
    assert program(np.zeros(3), np.int64(3), np.False_) == (0.0,)
    with pytest.raises(IndexRangeError) as caught:
        program(np.zeros(3), np.int64(3), np.True_)
    assert caught.value.what == "index 3 is out of bounds for axis 0 with size 3"
    assert caught.value.__notes__ == ["model.py:7"]
    text = "".join(traceback.format_exception(caught.value))
    assert "v1 = as_scalar(index_kernel(x, i, index=('$',)))" in text
    assert "(v1,) = at(x, i)" in text


def test_source_for_tracebacks_goes_with_the_program() -> None:
    program = compile_program(parse(LOOP))
    name = program.filename
    assert linecache.getlines(name)[-1] == "    return (steps,)\n"
    del program
    assert name not in linecache.cache


@pytest.mark.parametrize("kind", ["for_loop", "cond"])
def test_deep_nests_run(kind: str) -> None:
    """Python takes 20 nested loops; deeper ones become functions."""
    depth = 60
    text, value = "", "%0"
    for i in range(depth):
        x = f"%{3 * i + 10}"
        head = f"{x}: f64[] = "
        if kind == "for_loop":
            text += f"{head}for_loop %1, {value}, %1 {{carried=1}} {{\n body(%8: i64[], %0: f64[], %1: i64[]) {{\n"
        else:
            text += f"{head}cond %2, {value}, %2 {{\n then(%0: f64[], %2: bool[]) {{ yield %0 }}\n"
            text += "else(%0: f64[], %2: bool[]) {\n"
    text += "%5: f64[] = constant {value=dense<f64[] 1.0>}\n %6: f64[] = add %0, %5\n yield %6 }\n"
    for i in reversed(range(depth)):
        end = "}\n" if i else ""
        text += f"}}\n yield %{3 * i + 10} {end}"
    graph = parse(f"graph f(%0: f64[], %1: i64[], %2: bool[]) -> (f64[]) {{\n{text}}}")
    assert_program_agrees(graph, np.float64(0.5), np.int64(1), np.False_)


def test_buffers_of_dead_values_are_reused() -> None:
    graph = parse(
        """
        graph f(%0 x: f64[100,100]) -> (f64[100,100]) {
          %1: f64[100,100] = tanh %0
          %2: f64[100,100] = add %1, %0
          %3: f64[100,100] = mul %2, %1
          %4: f64[100,100] = exp %3
          yield %4
        }
        """
    )
    source = compile_program(graph).source
    assert "np.exp(v3, out=v3)" in source
    assert "out=x" not in source
    assert_program_agrees(graph, np.linspace(0.0, 1.0, 10_000).reshape(100, 100))


def test_standalone_script_needs_numpy_alone(tmp_path: Path) -> None:
    script = tmp_path / "collatz_script.py"
    text = numpy_source(parse(LOOP)) + "\nimport sys\nprint(*collatz(27), 'graph' in sys.modules)\n"
    script.write_text(text, encoding="utf-8")
    result = subprocess.run(
        [sys.executable, "-P", str(script)], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert result.stdout.split() == ["111", "False"]
    assert "from graph" not in text


def test_standalone_script_has_constants_and_kernels() -> None:
    graph = parse(
        f"""
        graph f(%0 x: f64[100], %1 i: i64[], %2 k: u64[2]) -> (f64[], f64[100], c64[2], f64[4], u64[2]) {{
          %3: f64[100] = constant {{value={_dense((100,))}}}
          %4: f64[100] = mul %0, %3
          %5: f64[] = index %4, %1 {{index=('$',)}}
          %6: c64[2] = constant {{value=dense<c64[2] [complex(1.0, -0.0), complex(nan, inf)]>}}
          %7: f64[100] = softmax %4 {{axis=-1}}
          %8: f64[4], %9: u64[2] = random_uniform %2 {{shape=(4,), dtype=f64}}
          yield %5, %7, %6, %8, %9
        }}
        """
    )
    args = (np.arange(100.0), np.int64(3), np.array([1, 2], np.uint64))
    expected = assert_program_agrees(graph, *args)
    namespace: dict[str, Any] = {}
    exec(numpy_source(graph), namespace)
    assert_same(namespace["f"](*args), expected)

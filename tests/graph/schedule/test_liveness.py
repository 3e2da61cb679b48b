"""Which buffers may be overwritten, and when; and that ops declare truly whether their results are views."""

import numpy as np
import pytest

from graph.ir.op import Graph, Op
from graph.ir.opdef import lookup
from graph.ir.walk import walk
from graph.schedule.liveness import YIELDED, last_uses, plan_buffers
from graph.text.parser import parse
from support.samples import Sample, all_samples


def op(graph: Graph, name: str) -> Op:
    return next(o for o in walk(graph) if o.name == name)


def overwritable(text: str, name: str) -> set[int]:
    graph = parse(text)
    return set(plan_buffers(graph).overwritable[op(graph, name)])


def test_last_uses() -> None:
    graph = parse("graph f(%0: f64[], %1: f64[]) -> (f64[]) { %2: f64[] = neg %0 %3: f64[] = add %2, %0 yield %2 }")
    x, unused = graph.params
    last = last_uses(graph)
    assert last[x] == 1
    assert unused not in last
    assert last[graph.ops[0].result] == YIELDED


def straight(body: str, results: str = "%9") -> str:
    types = ", ".join(["f64[4]"] * len(results.split(",")))
    return f"graph f(%0: f64[4], %1: i64[]) -> ({types}) {{ {body} yield {results} }}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(straight("%9: f64[4] = tanh %0"), set[int](), id="argument"),
        pytest.param(straight("%2: f64[4] = neg %0 %9: f64[4] = tanh %2"), {0}, id="dead"),
        pytest.param(straight("%2: f64[4] = neg %0 %9: f64[4] = tanh %2", "%9, %2"), set[int](), id="yielded"),
        pytest.param(
            straight("%2: f64[4] = neg %0 %9: f64[4] = tanh %2 %3: f64[4] = add %9, %2"), set[int](), id="read later"
        ),
        pytest.param(
            straight(
                "%2: f64[4] = neg %0 %3: f64[4] = flip %2 {axis=(0,)} %9: f64[4] = tanh %2 %4: f64[4] = add %3, %9",
                "%4",
            ),
            set[int](),
            id="a view is read later",
        ),
        pytest.param(
            straight("%2: f64[4] = neg %0 %3: f64[4] = flip %2 {axis=(0,)} %9: f64[4] = tanh %3"), set[int](), id="view"
        ),
        pytest.param(
            straight("%2: f64[4] = broadcast_to %0 {shape=(4,)} %9: f64[4] = tanh %2"),
            set[int](),
            id="broadcast",
        ),
        pytest.param(
            straight(
                "%2: f64[4] = neg %0 %3: list<f64[4]> = list_make %2 {element=f64[4]} %9: f64[4] = tanh %2"
                " %4: i64[] = list_len %3"
            ),
            set[int](),
            id="on a list",
        ),
    ],
)
def test_what_tanh_may_overwrite(text: str, expected: set[int]) -> None:
    assert overwritable(text, "tanh") == expected


LOOP = """
graph f(%0: f64[4], %1: i64[]) -> (f64[4]) {{
  %2: f64[4] = {made}
  %3: f64[4] = for_loop %1, %2 {{carried=1}} {{
    body(%4: i64[], %5: f64[4]) {{
      %6: f64[] = constant {{value=dense<f64[] 1.0>}}
      %7: f64[4] = index_set %5, %6, %4 {{index=('$',)}}
      yield %7
    }}
  }}
  {after}
}}
"""


@pytest.mark.parametrize(
    ("made", "after", "is_copied"),
    [
        ("neg %0", "yield %3", False),
        ("neg %0", "%8: f64[4] = add %2, %3 yield %8", True),
        ("flip %0 {axis=(0,)}", "yield %3", True),
    ],
)
def test_loop_that_updates_copies_what_it_may_not_take(made: str, after: str, is_copied: bool) -> None:
    graph = parse(LOOP.format(made=made, after=after))
    plan = plan_buffers(graph)
    assert plan.entry_copies[op(graph, "for_loop")] == ({0} if is_copied else set())
    assert 0 in plan.overwritable[op(graph, "index_set")]


def gives_several(sample: Sample) -> bool:
    with np.errstate(all="ignore"):
        return isinstance(lookup(sample.op).kernel(*sample.operands, **sample.attrs), tuple)


@pytest.mark.parametrize("sample", [s for s in all_samples() if gives_several(s)], ids=str)
def test_views_are_declared(sample: Sample) -> None:
    """Results that share memory with each other are views; those that do with an operand are tested in test_ops."""
    opdef = lookup(sample.op)
    with np.errstate(all="ignore"):
        out = opdef.kernel(*sample.operands, **sample.attrs)
    arrays = [x for x in out if isinstance(x, np.ndarray)]
    between = any(np.shares_memory(a, b) for i, a in enumerate(arrays) for b in arrays[i + 1 :])
    assert opdef.aliases or not between


@pytest.mark.parametrize("sample", [s for s in all_samples() if lookup(s.op).inplace is not None], ids=str)
def test_inplace_twin_gives_the_same_in_its_first_operand(sample: Sample) -> None:
    opdef = lookup(sample.op)
    assert opdef.inplace is not None
    target = np.array(sample.operands[0])
    found = opdef.inplace(target, *sample.operands[1:], **sample.attrs)
    np.testing.assert_array_equal(found, opdef.kernel(*sample.operands, **sample.attrs))
    assert np.shares_memory(found, target) or not target.size

"""Each pass on a graph that shows what it does, and what it must leave alone."""

from functools import partial

import pytest

from graph.ir.verify import verify
from graph.passes.batch_products import batch_products
from graph.passes.branch_results import branch_results
from graph.passes.constant_fold import constant_fold
from graph.passes.cse import cse
from graph.passes.dce import dce
from graph.passes.fuse_products import fuse_products
from graph.passes.hoist_transposes import hoist_transposes
from graph.passes.inline_calls import inline_calls
from graph.passes.invariant_carried import invariant_carried
from graph.passes.licm import licm
from graph.passes.nested import Pass
from graph.passes.pipeline import TO_RUN, optimize
from graph.passes.prune_branch import prune_branch
from graph.passes.simplify import simplify
from graph.passes.sink import sink
from graph.passes.small_tensors import small_tensors_as_numbers
from graph.passes.transpose_products import transpose_products
from graph.text.parser import parse
from support.golden import GOLDEN_DIR, assert_golden

CASES: dict[str, Pass] = {
    "constant_fold": constant_fold,
    "constant_fold_facts": constant_fold,
    "simplify": simplify,
    "simplify_powers": simplify,
    "cse": cse,
    "cse_effects": cse,
    "dce": dce,
    "prune_branch": prune_branch,
    "licm": licm,
    "sink": sink,
    "sink_unread": sink,
    "invariant_carried": invariant_carried,
    "inline_calls": inline_calls,
    "branch_results": branch_results,
    "transpose_products": transpose_products,
    "batch_products": batch_products,
    "hoist_transposes": hoist_transposes,
    "fuse_products": fuse_products,
    "small_tensors": small_tensors_as_numbers,
    "pipeline": optimize,
    "to_run": partial(optimize, passes=TO_RUN),
}


@pytest.mark.parametrize("name", CASES)
def test_pass_does_what_its_golden_says(name: str) -> None:
    before = parse((GOLDEN_DIR / "passes" / f"{name}.before.ir").read_text(encoding="utf-8"))
    verify(before)
    after = CASES[name](before)
    verify(after)
    assert_golden(f"passes/{name}.after.ir", str(after))


@pytest.mark.parametrize("name", CASES)
def test_second_time_changes_nothing(name: str) -> None:
    """What a pass has done it need not do again."""
    after = parse((GOLDEN_DIR / "passes" / f"{name}.after.ir").read_text(encoding="utf-8"))
    assert str(CASES[name](after)) == str(after)

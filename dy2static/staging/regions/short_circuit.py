"""`and` and `or`: the second operand is computed where Python would. Where that makes no difference, as it is cheap and
cannot fail, it is computed always, and no branch is needed."""

from collections.abc import Callable
from typing import Any, Final

from dy2static.staging.locate import user_location
from dy2static.staging.regions.branch import Branch, label_of, merge_branches, stage_branch
from dy2static.staging.regions.facts import BOOL
from dy2static.staging.stager import Stager
from dy2static.staging.values.staged import OF_KIND, StagedNumber, StagedTensor, staged
from graph.aval import Aval
from graph.ir.lowering import Elementwise
from graph.ir.op import Op
from graph.ir.opdef import Effect, effect_of
from graph.ir.value import Value
from graph.ir.walk import copy_op

MOST_OPS: Final = 8
"""How many ops on numbers cost no more than a branch."""
FREE: Final = frozenset({"constant", "dim"})
NAMES: Final = ("the result",)


def staged_either(stager: Stager, first: Any, test: Any, other: Callable[[], Any], when: bool) -> Any:
    """`other()` where the truth of `test`, which is that of `first`, is `when`; else `first`.

    Raises: BranchTypeError where the two have no type in common.
    """
    loc = user_location()
    stager.builder.loc = loc
    pred = stager.truth(test)
    sides = ("then", "else") if when else ("else", "then")
    with stager.cells.variables.of(other):
        branch = stage_branch(stager, sides[0], lambda: (other(),), (), NAMES, stager.told(pred, when))
        if _is_flag(first) and _is_cheap(branch):
            truth = _inlined(stager, branch)
            stager.builder.loc = loc
            (value,) = stager.builder.apply("logical_and" if when else "logical_or", (pred, truth), {})
            result = branch.outputs[0]
            made = staged(value, isinstance(first, StagedNumber) and isinstance(result, StagedNumber))
            stager.sharing.merge(made, [first, result], label_of(NAMES[0]))
            return made
        rest = stage_branch(stager, sides[1], lambda: (first,), (), NAMES, stager.told(pred, not when))
    return merge_branches(stager, pred, (branch, rest) if when else (rest, branch), NAMES, loc)[0]


def _is_flag(value: Any) -> bool:
    """Whether it is one bool of the graph."""
    return type(value) in (StagedTensor, OF_KIND["b"]) and value.graph_value.type == BOOL


def _is_cheap(branch: Branch) -> bool:
    """Whether a branch only makes a bool, of numbers, in a few ops that cannot fail."""
    if branch.raises or branch.changed or len(branch.builder.ops) > MOST_OPS:
        return False
    return _is_flag(branch.outputs[0]) and all(map(_is_of_numbers, branch.builder.ops))


def _is_of_numbers(op: Op) -> bool:
    if op.name in FREE:
        return True
    is_scalar = all(isinstance(v.type, Aval) and not v.type.shape for v in op.operands)
    return is_scalar and isinstance(op.opdef.lower, Elementwise) and effect_of(op) is Effect.PURE


def _inlined(stager: Stager, branch: Branch) -> Value:
    """Append the ops of a branch where it stands; returns its only output."""
    env = {inner: outer for outer, inner in branch.builder.captured().items()}
    for op in branch.builder.ops:
        copy_op(stager.builder, op, env)
    value: Value = branch.outputs[0].graph_value
    return env.get(value, value)

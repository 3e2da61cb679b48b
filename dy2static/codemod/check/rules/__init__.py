"""The rules, in the order of their numbers: D0 conversion, D1 what is frozen into the graph, D2 tensors whose value
Python would need, D3 comparisons, D4 gradients, D5 changes and structure."""

from typing import Final

from dy2static.codemod.check.rule import Rule
from dy2static.codemod.check.rules import (
    alias_change,
    cached,
    clock,
    conditional_key,
    decorator_order,
    growing_state,
    guarded_where,
    identity,
    late_binding,
    math_function,
    mutable_default,
    none_comparison,
    numpy_buffer,
    numpy_copy,
    object_number,
    outer_iterator,
    outside_world,
    python_value,
    randomness,
    refused,
    rewrapped,
)

RULES: Final[tuple[Rule, ...]] = (
    refused.RULE,
    decorator_order.RULE,
    rewrapped.RULE,
    cached.RULE,
    clock.RULE,
    randomness.RULE,
    outside_world.RULE,
    object_number.RULE,
    outer_iterator.RULE,
    python_value.RULE,
    numpy_copy.RULE,
    math_function.RULE,
    numpy_buffer.RULE,
    identity.RULE,
    none_comparison.RULE,
    guarded_where.RULE,
    alias_change.RULE,
    mutable_default.RULE,
    late_binding.RULE,
    conditional_key.RULE,
    growing_state.RULE,
)
BY_ID: Final = {rule.id: rule for rule in RULES}

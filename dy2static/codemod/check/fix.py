"""Repairs carried out on libcst: everything that is not repaired stays as it was, to the last blank."""

from collections.abc import Sequence
from typing import Any, Final

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from dy2static.codemod.check.check import check_text
from dy2static.codemod.check.finding import Finding, Repair
from dy2static.codemod.check.rule import Rule

MAX_ROUNDS: Final = 10
"""A repair may uncover another, never many: what is not settled by then is left."""

Place = tuple[int, int, int, int]


def fixed(text: str, file: str, rules: Sequence[Rule]) -> tuple[str, list[Finding]]:
    """The text with all repairs made, and the findings that were repaired. Again on the result, it changes nothing."""
    repaired: list[Finding] = []
    for _ in range(MAX_ROUNDS):
        findings = [finding for finding in check_text(text, file, rules) if finding.repair is not None]
        changed = apply(text, [finding.repair for finding in findings if finding.repair is not None])
        if changed == text:
            break
        text = changed
        repaired += findings
    return text, repaired


def apply(text: str, repairs: Sequence[Repair]) -> str:
    """The text with `repairs` made. One that no node of libcst answers to is left out."""
    if not repairs:
        return text
    wrapper = MetadataWrapper(cst.parse_module(text), unsafe_skip_copy=True)
    return wrapper.visit(_Repairer(repairs)).code


class _Repairer(cst.CSTTransformer):
    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self, repairs: Sequence[Repair]) -> None:
        super().__init__()
        self.expressions: dict[Place, Repair] = {}
        self.definitions: dict[tuple[int, int], Repair] = {}
        for repair in repairs:
            span = repair.span
            if repair.of_definition:
                self.definitions[span.line, span.col] = repair
            else:
                self.expressions[span.line, span.col, span.end_line, span.end_col] = repair

    def on_leave(self, original_node: Any, updated_node: Any) -> Any:
        updated_node = super().on_leave(original_node, updated_node)
        if not isinstance(original_node, cst.BaseExpression | cst.FunctionDef):
            return updated_node
        place: Any = self.get_metadata(PositionProvider, original_node)
        start = place.start.line, place.start.column + 1
        if isinstance(original_node, cst.FunctionDef):
            repair = self.definitions.pop(start, None)
        else:
            repair = self.expressions.pop((*start, place.end.line, place.end.column + 1), None)
        return updated_node if repair is None else repair.change(updated_node)

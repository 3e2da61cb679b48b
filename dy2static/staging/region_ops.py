"""Appending the ops that own regions."""

from collections.abc import Mapping, Sequence
from typing import Any

from dy2static.staging.stager import Stager
from graph.ir.op import Graph
from graph.ir.opdef import OpDef
from graph.ir.value import Value


def append_region_op(
    stager: Stager, opdef: OpDef, operands: Sequence[Value], attrs: Mapping[str, Any], regions: tuple[Graph, ...]
) -> tuple[Value, ...]:
    """Append one op with regions to the graph under construction."""
    return stager.builder.append(opdef, operands, attrs, regions)

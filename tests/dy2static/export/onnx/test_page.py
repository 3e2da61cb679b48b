"""docs/export.md lists every op under how it becomes ONNX; `--update-golden` writes the list."""

from pathlib import Path

import pytest

from graph.ir.onnx_form import AsLowered, NoOnnx, OnnxBuiltIn, OnnxDropped, OnnxForm, OnnxOp, OnnxRule
from graph.ir.opdef import OpDef, all_ops

PAGE = Path(__file__).resolve().parents[4] / "docs" / "export.md"
MARK = "<!-- ops: checked by tests/dy2static/export/onnx/test_page.py -->\n"


def kind(form: OnnxForm) -> str:
    match form:
        case AsLowered():
            return "what its native lowering says, on whole tensors"
        case OnnxRule() | OnnxOp():
            return "nodes by a rule of its own"
        case OnnxBuiltIn():
            return "control flow"
        case OnnxDropped():
            return "left out, with a warning"
        case NoOnnx(reason):
            return f"refused: {reason}"


def listed() -> str:
    rows: dict[str, list[OpDef]] = {}
    for op in all_ops():
        rows.setdefault(kind(op.onnx), []).append(op)
    lines = ["| becomes | ops |", "|---|---|"]
    for said in sorted(rows, key=lambda said: (said.startswith("refused"), -len(rows[said]))):
        lines.append(f"| {said} | {', '.join(f'`{op.name}`' for op in rows[said])} |")
    return "\n".join(lines) + "\n"


def test_every_op_is_listed(request: pytest.FixtureRequest) -> None:
    before, mark, after = PAGE.read_text(encoding="utf-8").partition(MARK)
    if request.config.getoption("--update-golden"):
        PAGE.write_text(before + mark + listed(), encoding="utf-8")
    else:
        assert after == listed()

"""The table of kernels: ONNX Runtime has those that it says are there."""

import onnx
import onnxruntime
import pytest
from onnx import helper

from dy2static.export.onnx.kernels import IR_VERSION, KERNELS, OPSET, computes_in, has_kernel
from graph.dtypes import SHORT_NAMES, DType, bool_, float16, float32, float64, int32, int64, uint8, uint64

INDICES = ("ScatterElements",)
INPUTS = {"Where": 3, "Clip": 3, "Range": 3, "ScatterElements": 3}
ONE = ("Not", "Neg", "Abs", "Sign", "Floor", "Ceil", "Round")


def is_loaded(op_type: str, dtype: DType) -> bool:
    schema = onnx.defs.get_schema(op_type, OPSET)
    count = max(INPUTS.get(op_type, 0), schema.min_input)
    types = [helper.np_dtype_to_tensor_dtype(dtype)] * count
    if op_type == "Where":
        types[0] = onnx.TensorProto.BOOL
    if op_type == "ScatterElements":
        types[1] = onnx.TensorProto.INT64
    if op_type in ("TopK", "Tile", "Expand", "Pad", "CumSum"):
        types[1] = onnx.TensorProto.INT64
    inputs = [helper.make_tensor_value_info(f"x{i}", t, None) for i, t in enumerate(types)]
    if op_type == "ConcatFromSequence":
        element = helper.make_tensor_type_proto(types[0], None)
        inputs = [helper.make_value_info("x0", helper.make_sequence_type_proto(element))]
    required: dict[str, object] = {
        "MaxPool": {"kernel_shape": [2]},
        "AveragePool": {"kernel_shape": [2]},
        "BitShift": {"direction": "LEFT"},
        "Einsum": {"equation": "i->i"},
        "ConcatFromSequence": {"axis": 0},
    }.get(op_type, {})  # pyright: ignore[reportAssignmentType]
    outputs = [f"y{i}" for i in range(max(schema.min_output, 1))]
    node = helper.make_node(op_type, [x.name for x in inputs], outputs, **required)
    graph = helper.make_graph([node], "g", inputs, [onnx.ValueInfoProto(name=y) for y in outputs])
    opset = helper.make_opsetid("", OPSET)
    model = helper.make_model(graph, opset_imports=[opset], ir_version=IR_VERSION)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    try:
        onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        if "NOT_IMPLEMENTED" in str(error) or "Type" in str(error):
            return False
        raise
    return True


@pytest.mark.parametrize("op_type", sorted(KERNELS))
def test_the_kernels_are_there(op_type: str) -> None:
    assert [SHORT_NAMES[dtype] for dtype in KERNELS[op_type] if not is_loaded(op_type, dtype)] == []


@pytest.mark.parametrize(
    ("op_type", "dtype", "own"),
    [
        ("Tan", float16, float16),
        ("Tan", float64, None),
        ("Where", bool_, uint8),
        ("Where", uint64, int64),
        ("ReduceSum", uint8, int32),
        ("ReduceMax", uint64, None),
        ("Range", float16, float32),
        ("Gather", uint64, uint64),
    ],
)
def test_what_has_no_kernel_is_computed_in_what_holds_it(op_type: str, dtype: DType, own: DType | None) -> None:
    found = computes_in(op_type, dtype)
    assert found is own if own is None else found == own  # a dtype takes None for float64
    assert has_kernel(op_type, dtype) == (own is not None and own == dtype)

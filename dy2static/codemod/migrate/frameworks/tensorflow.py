"""TensorFlow 2. Layers of Keras have no counterpart: they learn their sizes at the first call."""

from typing import Final

from dy2static.codemod.migrate.entries import Entry
from dy2static.codemod.migrate.framework import Framework, Primitive, below, same_names

UNARY: Final = (
    "abs acos acosh asin asinh atan atanh ceil cos cosh erf exp expm1 floor log log1p reciprocal round rsqrt sigmoid "
    "sign sin sinh sqrt square tan tanh"
)
BINARY: Final = (
    "add subtract multiply divide maximum minimum pow atan2 equal not_equal less less_equal greater greater_equal"
)
REDUCE: Final = "input_tensor/ axis keepdims -name"

MATH: Final = {
    **same_names(UNARY, "xp.$", "x/ -name"),
    **same_names(BINARY, "xp.$", "x/ y/ -name"),
    **same_names("is_nan is_inf is_finite", "xp.$", "x/ -name"),
    "is_nan": Entry("xp.isnan", "x/ -name"),
    "is_inf": Entry("xp.isinf", "x/ -name"),
    "is_finite": Entry("xp.isfinite", "x/ -name"),
    "negative": Entry("xp.negative", "x/ -name"),
    "floordiv": Entry("xp.floor_divide", "x/ y/ -name"),
    "mod": Entry("xp.remainder", "x/ y/ -name"),
    "floormod": Entry("xp.remainder", "x/ y/ -name"),
    "truediv": Entry("xp.divide", "x/ y/ -name"),
    "squared_difference": Entry("$xp.square({x} - {y})", "x y -name"),
    "divide_no_nan": Entry("$xp.where({y} == 0, 0, {x} / $xp.where({y} == 0, 1, {y}))", "x y -name"),
    **same_names("logical_and logical_or logical_xor", "xp.$", "x/ y/ -name"),
    "logical_not": Entry("xp.logical_not", "x/ -name"),
    "reduce_sum": Entry("xp.sum", REDUCE),
    "reduce_mean": Entry("xp.mean", REDUCE),
    "reduce_prod": Entry("xp.prod", REDUCE),
    "reduce_max": Entry("xp.max", REDUCE),
    "reduce_min": Entry("xp.min", REDUCE),
    "reduce_all": Entry("xp.all", REDUCE),
    "reduce_any": Entry("xp.any", REDUCE),
    "reduce_std": Entry("xp.std", REDUCE),
    "reduce_variance": Entry("xp.var", REDUCE),
    "reduce_logsumexp": Entry("xp.logsumexp", REDUCE),
    "argmax": Entry("xp.argmax", "input/ axis -output_type -name"),
    "argmin": Entry("xp.argmin", "input/ axis -output_type -name"),
    "cumsum": Entry("xp.cumsum", "x/ axis !exclusive !reverse -name"),
    "cumprod": Entry("xp.cumprod", "x/ axis !exclusive !reverse -name"),
    "softplus": Entry("xp.softplus", "features/ -name"),
    "add_n": Entry("sum({inputs})", "inputs -name"),
    "top_k": Entry("xp.topk", "input/ k/ !sorted -name"),
    "l2_normalize": Entry(
        "xp.normalize", "x/ axis epsilon=eps -name", "`xp.normalize(x, axis=...)` divides by the norm."
    ),
    "count_nonzero": Entry("xp.count_nonzero", "input/ axis keepdims -dtype -name"),
}
TF: Final = {
    **MATH,
    "constant": Entry("xp.asarray", "value/ dtype !shape -name"),
    "convert_to_tensor": Entry("xp.asarray", "value/ dtype -dtype_hint -name"),
    "Variable": Entry("xp.Parameter", "initial_value/ -trainable -validate_shape -caching_device -name -dtype"),
    "identity": Entry("xp.copy", "input/ -name"),
    "stop_gradient": Entry("{input}.detach()", "input -name"),
    "cast": Entry("xp.astype", "x/ dtype/ -name"),
    "zeros": Entry("xp.zeros", "shape/ dtype -name"),
    "ones": Entry("xp.ones", "shape/ dtype -name"),
    "fill": Entry("xp.full", "dims/ value/ -name"),
    "zeros_like": Entry("xp.zeros_like", "input/ dtype -name"),
    "ones_like": Entry("xp.ones_like", "input/ dtype -name"),
    "eye": Entry("xp.eye", "num_rows/ num_columns/ !batch_shape dtype -name"),
    "range": Entry("xp.arange", "start/ limit/ delta/ dtype -name"),
    "linspace": Entry("xp.linspace", "start/ stop/ num/ -name"),
    "reshape": Entry("xp.reshape", "tensor/ shape/ -name"),
    "transpose": Entry("xp.transpose", "a/ perm/ !conjugate -name"),
    "expand_dims": Entry("xp.expand_dims", "input/ axis -name"),
    "squeeze": Entry("xp.squeeze", "input/ axis -name"),
    "concat": Entry("xp.concat", "values/ axis -name"),
    "stack": Entry("xp.stack", "values/ axis -name"),
    "unstack": Entry("xp.unstack", "value/ !num axis -name"),
    "split": Entry("xp.split", "value/ num_or_size_splits/ axis -num -name"),
    "tile": Entry("xp.tile", "input/ multiples/ -name"),
    "reverse": Entry("xp.flip", "tensor/ axis -name"),
    "roll": Entry("xp.roll", "input/ shift/ axis -name"),
    "gather": Entry("xp.take", "params/ indices/ -validate_indices axis !batch_dims -name"),
    "where": Entry("xp.where", "condition/ x/ y/ -name"),
    "clip_by_value": Entry("xp.clip", "t/ clip_value_min/ clip_value_max/ -name"),
    "broadcast_to": Entry("xp.broadcast_to", "input/ shape/ -name"),
    "matmul": Entry("xp.matmul", "a/ b/ !transpose_a !transpose_b !adjoint_a !adjoint_b -name"),
    "tensordot": Entry("xp.tensordot", "a/ b/ axes/ -name"),
    "einsum": Entry("xp.einsum"),
    "norm": Entry("xp.norm", "tensor/ !ord axis keepdims -name"),
    "one_hot": Entry("xp.one_hot", "indices/ depth/ !on_value !off_value !axis -dtype -name"),
    "sort": Entry("xp.sort", "values/ axis !direction -name"),
    "argsort": Entry("xp.argsort", "values/ axis !direction stable -name"),
    "rank": Entry("{input}.ndim", "input -name"),
    "size": Entry("{input}.size", "input -out_type -name"),
    "shape": Entry("{input}.shape", "input -out_type -name"),
    "print": Entry("print"),
    "meshgrid": Entry("xp.meshgrid"),
    "linalg.matmul": Entry("xp.matmul", "a/ b/ !transpose_a !transpose_b -name"),
    "linalg.det": Entry("xp.det", "input/ -name"),
    "linalg.inv": Entry("xp.inv", "input/ !adjoint -name"),
    "linalg.solve": Entry("xp.solve", "matrix/ rhs/ !adjoint -name"),
    "linalg.norm": Entry("xp.norm", "tensor/ !ord axis keepdims -name"),
    "linalg.trace": Entry("xp.trace", "x/ -name"),
    "linalg.matvec": Entry("{a} @ {b}", "a b -name"),
    "random.set_seed": Entry("xp.seed", "seed/"),
    "random.uniform": Entry("$xp.random.uniform({shape})", "shape"),
    "random.normal": Entry("$xp.random.normal({shape})", "shape"),
    "debugging.assert_equal": Entry("assert_equal", "!x", "write `assert`: it is checked at every run."),
}
NN: Final = {
    **same_names("relu relu6 elu selu", "xp.$", "features/ -name"),
    "silu": Entry("xp.silu", "features/ -beta"),
    "swish": Entry("xp.silu", "features/ -beta"),
    "gelu": Entry("xp.gelu", "features/ !approximate -name"),
    "leaky_relu": Entry("xp.leaky_relu", "features/ alpha=negative_slope -name"),
    "softplus": Entry("xp.softplus", "features/ -name"),
    "softsign": Entry("xp.softsign", "features/ -name"),
    "softmax": Entry("xp.softmax", "logits/ axis -name"),
    "log_softmax": Entry("xp.log_softmax", "logits/ axis -name"),
    "sigmoid": Entry("xp.sigmoid", "x/ -name"),
    "tanh": Entry("xp.tanh", "x/ -name"),
    "l2_loss": Entry("$xp.sum($xp.square({t})) / 2", "t -name"),
    "bias_add": Entry("{value} + {bias}", "value bias -name"),
    "moments": Entry("($xp.mean({x}, axis={axes}), $xp.var({x}, axis={axes}))", "x axes"),
    "embedding_lookup": Entry("xp.take", "params/ ids/ axis"),
}
DTYPES: Final = "float16 bfloat16 float32 float64 int8 int16 int32 int64 uint8 uint16 uint32 uint64"
PAIRS: Final = ("pred_fn_pairs:functions", "default", "exclusive:-exclusive", "strict:-strict", "name:-name")

FRAMEWORK: Final = Framework(
    name="tensorflow",
    packages=("tensorflow",),
    functions={
        **below("tensorflow", TF),
        **below("tensorflow.math", MATH),
        **below("tensorflow.nn", NN),
        "tensorflow.math.pow": Entry("xp.pow", "x/ y/ -name"),
        "tensorflow.math.log_sigmoid": Entry("xp.logsigmoid", "x/ -name"),
    },
    methods={
        "get_shape": Entry("{self}.shape"),
        "assign_add": Entry(".assign_add", "!delta", "make it a statement of its own."),
        "assign_sub": Entry(".assign_sub", "!delta", "make it a statement of its own."),
        "read_value": Entry("{self}"),
        "set_shape": Entry("{self}", "!shape", "leave it out, or declare it with `input_spec`."),
    },
    names={
        "tensorflow.Tensor": "xp.Tensor",
        "tensorflow.Variable": "xp.Parameter",
        "tensorflow.Module": "nn.Module",
        "tensorflow.bool": "xp.bool_",
        "tensorflow.newaxis": "xp.newaxis",
        **{f"tensorflow.{name}": f"xp.{name}" for name in DTYPES.split()},
        **{f"tensorflow.dtypes.{name}": f"xp.{name}" for name in DTYPES.split()},
    },
    same=(),
    decorators=frozenset(["tensorflow.function", "tensorflow.compat.v1.function"]),
    primitives={
        "tensorflow.while_loop": Primitive(
            "while",
            (
                "cond:test",
                "body:body",
                "loop_vars:state",
                "shape_invariants:-shapes",
                "parallel_iterations:-parallel",
                "back_prop:-back_prop",
                "swap_memory:-swap",
                "maximum_iterations:!maximum_iterations",
                "name:-name",
            ),
        ),
        "tensorflow.cond": Primitive("cond", ("pred:test", "true_fn:then", "false_fn:orelse", "name:-name")),
        "tensorflow.case": Primitive("case", PAIRS),
        "tensorflow.switch_case": Primitive(
            "switch", ("branch_index:index", "branch_fns:functions", "default", "name:-name")
        ),
        "tensorflow.map_fn": Primitive(
            "map",
            (
                "fn:body",
                "elems:over",
                "dtype:-dtype",
                "parallel_iterations:-parallel",
                "back_prop:-back_prop",
                "swap_memory:-swap",
                "infer_shape:-infer",
                "name:-name",
                "fn_output_signature:-signature",
            ),
        ),
        "tensorflow.vectorized_map": Primitive("map", ("fn:body", "elems:over", "fallback_to_while_loop:-fallback")),
        "tensorflow.foldl": Primitive("fold", ("fn:body", "elems:over", "initializer:state", "name:-name")),
        "tensorflow.scan": Primitive("running", ("fn:body", "elems:over", "initializer:state", "name:-name")),
    },
    advice={
        "tensorflow.keras": "use `eager.nn` and `eager.optim`; layers take the size of their input: `nn.Linear(8, 4)`.",
        "tensorflow.GradientTape": "use `xp.value_and_grad(f)`, or `loss.backward()` and `w.grad` on Parameters.",
        "tensorflow.TensorArray": "use a list: `ys = []`, `ys.append(y)`, and `xp.stack(ys)` at the end.",
        "tensorflow.data": "use `eager.data`.",
        "tensorflow.debugging": "write `assert`: it is checked at every run.",
        "tensorflow.Assert": "write `assert`: it is checked at every run.",
        "tensorflow.device": "leave it out: there is one device.",
        "tensorflow.map_fn": "write `xp.stack([f(x) for x in xs])`.",
        "tensorflow.tensor_scatter_nd_update": "write to a copy: `y = xp.copy(x)`, `y[i] = v`.",
        "tensorflow.numpy_function": "call the function: NumPy functions work on tensors.",
        "tensorflow.py_function": "call the function: it is converted on the way.",
        **{
            f"tensorflow.{name}": "code of TensorFlow 1 builds its graph by hand: write functions, and decorate them."
            for name in ("placeholder", "Session", "global_variables_initializer", "layers", "contrib", "get_variable")
        },
        "tensorflow.TensorSpec": "use `InputSpec(None, 3)` of `dy2static`.",
    },
    keywords={},
    dropped=frozenset(["name"]),
)

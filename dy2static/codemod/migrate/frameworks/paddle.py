"""PaddlePaddle: names of PyTorch and of NumPy; axes are called `axis`, as with us."""

from typing import Final

from dy2static.codemod.migrate.entries import Entry
from dy2static.codemod.migrate.framework import Framework, Primitive, below, same_names

UNARY: Final = (
    "abs acos acosh asin asinh atan atanh ceil cos cosh erf exp expm1 floor isfinite isinf isnan log log10 log1p log2 "
    "reciprocal round rsqrt sign sin sinh sqrt square tan tanh trunc"
)
FUNCTIONS: Final = {
    **same_names(UNARY, "xp.$", "x/ -name"),
    "neg": Entry("xp.negative", "x/ -name"),
    **same_names("add subtract multiply divide maximum minimum floor_divide remainder atan2", "xp.$", "x/ y/ -name"),
    "mod": Entry("xp.remainder", "x/ y/ -name"),
    "pow": Entry("xp.pow", "x/ y/ -name"),
    "equal": Entry("xp.equal", "x/ y/ -name"),
    "not_equal": Entry("xp.not_equal", "x/ y/ -name"),
    "less_than": Entry("xp.less", "x/ y/ -name"),
    "less_equal": Entry("xp.less_equal", "x/ y/ -name"),
    "greater_than": Entry("xp.greater", "x/ y/ -name"),
    "greater_equal": Entry("xp.greater_equal", "x/ y/ -name"),
    **same_names("logical_and logical_or logical_xor", "xp.$", "x/ y/ !out -name"),
    "logical_not": Entry("xp.logical_not", "x/ !out -name"),
    **same_names("sum", "xp.$", "x/ axis dtype keepdim=keepdims -name"),
    **same_names("prod", "xp.$", "x/ axis keepdim=keepdims dtype -name"),
    **same_names("mean max min amax amin all any logsumexp", "xp.$", "x/ axis keepdim=keepdims -name"),
    **same_names("argmax argmin", "xp.$", "x/ axis keepdim=keepdims -dtype -name"),
    "std": Entry(
        "$xp.std({x}, axis={axis}, correction=1)", "x axis", "`xp.std` divides by n, unless `correction=1` is given."
    ),
    "var": Entry(
        "$xp.var({x}, axis={axis}, correction=1)", "x axis", "`xp.var` divides by n, unless `correction=1` is given."
    ),
    "norm": Entry("xp.norm", "x/ p=ord axis keepdim=keepdims -name"),
    "linalg.norm": Entry("xp.norm", "x/ p=ord axis keepdim=keepdims -name"),
    "linalg.det": Entry("xp.det", "x/"),
    "linalg.inv": Entry("xp.inv", "x/ -name"),
    "linalg.solve": Entry("xp.solve", "x/ y/ -name"),
    "cumsum": Entry("xp.cumsum", "x/ axis dtype -name"),
    "cumprod": Entry("xp.cumprod", "x/ dim=axis dtype -name"),
    "where": Entry("xp.where", "condition/ x/ y/ -name"),
    "clip": Entry("xp.clip", "x/ min max -name"),
    "to_tensor": Entry("xp.asarray", "data/ dtype -place -stop_gradient"),
    "assign": Entry("xp.copy", "x/", "`xp.copy(x)` makes a copy; to write into a tensor: `y[...] = x`."),
    "cast": Entry("xp.astype", "x/ dtype/"),
    **same_names("zeros ones empty", "xp.$", "shape/ dtype -name"),
    "full": Entry("xp.full", "shape/ fill_value/ dtype -name"),
    **same_names("zeros_like ones_like empty_like", "xp.$", "x/ dtype -name"),
    "full_like": Entry("xp.full_like", "x/ fill_value/ dtype -name"),
    "arange": Entry("xp.arange", "start/ end/ step/ dtype -name"),
    "linspace": Entry("xp.linspace", "start/ stop/ num/ dtype -name"),
    "eye": Entry("xp.eye", "num_rows/ num_columns/ dtype -name"),
    "concat": Entry("xp.concat", "x/ axis -name"),
    "stack": Entry("xp.stack", "x/ axis -name"),
    "unstack": Entry("xp.unstack", "x/ axis"),
    "unbind": Entry("xp.unstack", "input/ axis"),
    "split": Entry("xp.split", "x/ num_or_sections/ axis -name"),
    "chunk": Entry("xp.chunk", "x/ chunks/ axis -name"),
    "reshape": Entry("xp.reshape", "x/ shape/ -name"),
    "flatten": Entry("xp.flatten", "x/ start_axis=start_dim stop_axis=end_dim -name"),
    "squeeze": Entry("xp.squeeze", "x/ axis -name"),
    "unsqueeze": Entry("xp.expand_dims", "x/ axis -name"),
    "transpose": Entry("xp.transpose", "x/ perm/ -name"),
    "t": Entry("{input}.T", "input -name"),
    "flip": Entry("xp.flip", "x/ axis -name"),
    "roll": Entry("xp.roll", "x/ shifts/ axis -name"),
    "tile": Entry("xp.tile", "x/ repeat_times/ -name"),
    "expand": Entry("xp.broadcast_to", "x/ shape/ -name"),
    "broadcast_to": Entry("xp.broadcast_to", "x/ shape/ -name"),
    "tril": Entry("xp.tril", "x/ diagonal=k -name"),
    "triu": Entry("xp.triu", "x/ diagonal=k -name"),
    "gather": Entry("$xp.take({x}, {index}, axis=0)", "x index"),
    "index_select": Entry("$xp.take({x}, {index}, axis={axis})", "x index axis"),
    "take_along_axis": Entry("xp.take_along_axis", "arr/ indices/ axis"),
    "topk": Entry("xp.topk", "x/ k/ axis largest !sorted -name"),
    "argsort": Entry("xp.argsort", "x/ axis descending stable -name"),
    "sort": Entry("xp.sort", "x/ axis descending stable -name"),
    "matmul": Entry("xp.matmul", "x/ y/ !transpose_x !transpose_y -name"),
    "mm": Entry("xp.matmul", "input/ mat2/ -name"),
    "bmm": Entry("xp.matmul", "x/ y/ -name"),
    "dot": Entry("xp.dot", "x/ y/ -name"),
    "outer": Entry("xp.outer", "x/ y/ -name"),
    "einsum": Entry("xp.einsum"),
    "allclose": Entry("xp.allclose"),
    "shape": Entry("{input}.shape", "input"),
    "numel": Entry("{x}.size", "x"),
    "increment": Entry("{x} + 1", "x"),
    "seed": Entry("xp.seed", "seed/"),
    "rand": Entry("xp.random.uniform", "shape/ dtype -name"),
    "randn": Entry("xp.random.normal", "shape/ dtype -name"),
    "no_grad": Entry("xp.no_grad"),
    "grad": Entry("xp.grad", "!outputs", "write the loss as a function and use `xp.grad(f)`, or `loss.backward()`."),
}
NN: Final = {
    **same_names("relu relu6 selu silu mish sigmoid softsign tanh", "xp.$", "x/ -name"),
    "swish": Entry("xp.silu", "x/ -name"),
    "log_sigmoid": Entry("xp.logsigmoid", "x/ -name"),
    "gelu": Entry("xp.gelu", "x/ !approximate -name"),
    "elu": Entry("xp.elu", "x/ alpha -name"),
    "leaky_relu": Entry("xp.leaky_relu", "x/ negative_slope -name"),
    "softplus": Entry("xp.softplus", "x/ beta !threshold -name"),
    "softmax": Entry("xp.softmax", "x/ axis !dtype -name"),
    "log_softmax": Entry("xp.log_softmax", "x/ axis !dtype -name"),
    "dropout": Entry("xp.dropout", "x/ p !axis training -mode -name"),
    "linear": Entry("{x} @ {weight} + {bias}", "x weight bias", "the weight is (in, out): write `x @ weight + bias`."),
    "mse_loss": Entry("xp.mse_loss", "input/ label/ reduction -name"),
    "l1_loss": Entry("xp.l1_loss", "input/ label/ reduction -name"),
    "cross_entropy": Entry(
        "xp.cross_entropy", "input/ label/ weight ignore_index reduction !soft_label !axis -use_softmax"
    ),
    "normalize": Entry("xp.normalize", "x/ p axis epsilon=eps -name"),
    "one_hot": Entry("xp.one_hot", "x/ num_classes -name"),
}
METHODS: Final = {
    "dim": Entry("{self}.ndim"),
    "numel": Entry("{self}.size"),
    "t": Entry("{self}.T"),
    "cast": Entry("{self}.astype({dtype})", "dtype"),
    "unsqueeze": Entry(".expand_dims", "axis"),
    **{
        name: Entry(f".{name}", "axis keepdim=keepdims")
        for name in ("mean", "max", "min", "all", "any", "argmax", "argmin")
    },
    "sum": Entry(".sum", "axis dtype keepdim=keepdims"),
    "transpose": Entry("{self}.transpose({perm})", "perm"),
    "expand": Entry("$xp.broadcast_to({self}, {shape})", "shape"),
    "matmul": Entry("{self} @ {y}", "y"),
    "clear_grad": Entry(".zero_grad", "-set_to_zero"),
    "less_than": Entry("{self} < {y}", "y"),
    "greater_than": Entry("{self} > {y}", "y"),
}
DTYPES: Final = "float16 bfloat16 float32 float64 int8 int16 int32 int64 uint8"
LAYERS: Final = [
    "Linear",
    "Conv1D",
    "Conv2D",
    "ReLU",
    "ReLU6",
    "Tanh",
    "Sigmoid",
    "GELU",
    "SELU",
    "Softplus",
    "Mish",
    "Identity",
    "Flatten",
    "Dropout",
    "Embedding",
    "Sequential",
    "LayerNorm",
    "MaxPool1D",
    "MaxPool2D",
    "AvgPool1D",
    "AvgPool2D",
]
COND: Final = Primitive("cond", ("pred:test", "true_fn:then", "false_fn:orelse", "name:-name", "return_names:-names"))

FRAMEWORK: Final = Framework(
    name="paddle",
    packages=("paddle",),
    functions={
        **below("paddle", FUNCTIONS),
        **below("paddle.tensor", FUNCTIONS),
        **below("paddle.nn.functional", NN),
        "paddle.nn.Linear": Entry("nn.Linear", "in_features/ out_features/ !weight_attr !bias_attr -name"),
        "paddle.nn.LayerList": Entry("nn.ModuleList"),
        "paddle.nn.Silu": Entry("nn.SiLU"),
        "paddle.nn.Swish": Entry("nn.SiLU"),
        "paddle.nn.Softmax": Entry("nn.Softmax", "axis -name"),
        **{f"paddle.nn.{name}": Entry(f"nn.{name}", "-name") for name in ("ReLU", "ReLU6", "Tanh", "Sigmoid", "Mish")},
        "paddle.optimizer.SGD": Entry("$optim.SGD({parameters}, lr={learning_rate})", "learning_rate parameters"),
        "paddle.optimizer.Adam": Entry("$optim.Adam({parameters}, lr={learning_rate})", "learning_rate parameters"),
        "paddle.optimizer.AdamW": Entry("$optim.AdamW({parameters}, lr={learning_rate})", "learning_rate parameters"),
        "paddle.optimizer.Momentum": Entry(
            "$optim.SGD({parameters}, lr={learning_rate}, momentum={momentum})", "learning_rate momentum parameters"
        ),
    },
    methods=METHODS,
    names={
        "paddle.Tensor": "xp.Tensor",
        "paddle.nn.Layer": "nn.Module",
        "paddle.bool": "xp.bool_",
        "paddle.pi": "xp.pi",
        "paddle.inf": "xp.inf",
        "paddle.nan": "xp.nan",
        **{f"paddle.{name}": f"xp.{name}" for name in DTYPES.split()},
        **{f"paddle.nn.{name}": f"nn.{name.replace('1D', '1d').replace('2D', '2d')}" for name in LAYERS},
    },
    same=(),
    decorators=frozenset(["paddle.jit.to_static", "paddle.jit.dy2static.to_static", "paddle.jit.api.to_static"]),
    primitives={
        "paddle.static.nn.cond": COND,
        "paddle.static.nn.while_loop": Primitive(
            "while", ("cond:test", "body:body", "loop_vars:state", "is_test:-is_test", "name:-name")
        ),
        "paddle.static.nn.case": Primitive("case", ("pred_fn_pairs:functions", "default", "name:-name")),
        "paddle.static.nn.switch_case": Primitive(
            "switch", ("branch_index:index", "branch_fns:functions", "default", "name:-name")
        ),
    },
    advice={
        "paddle.static": "write plain Python and decorate it with `to_static`.",
        "paddle.io": "use `eager.data`.",
        "paddle.jit.save": "keep `model.state_dict()`, or export the graph.",
        "paddle.jit.not_to_static": "leave it out: calls inside are converted on the way.",
        "paddle.set_device": "leave it out: there is one device.",
        "paddle.optimizer": "use `eager.optim`: parameters come first, the rate is `lr`.",
    },
    keywords={"keepdim": "keepdims"},
    dropped=frozenset(["name", "place"]),
    definitions={},
)

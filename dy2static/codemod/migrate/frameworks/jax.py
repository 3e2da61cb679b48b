"""JAX: `jax.numpy` is NumPy's namespace, and so is ours."""

from typing import Final

from dy2static.codemod.migrate.entries import Entry
from dy2static.codemod.migrate.framework import Framework, Primitive, below, same_names

NUMPY: Final = {
    "array": Entry("xp.asarray", "object/ dtype -copy"),
    "asarray": Entry("xp.asarray", "a/ dtype -order -copy"),
    "float32": Entry("$xp.asarray({x}, dtype=$xp.float32)", "x"),
    "float64": Entry("$xp.asarray({x}, dtype=$xp.float64)", "x"),
    "int32": Entry("$xp.asarray({x}, dtype=$xp.int32)", "x"),
    "dot": Entry("xp.dot", "a/ b/ -precision"),
    "matmul": Entry("xp.matmul", "a/ b/ -precision"),
    "einsum": Entry("xp.einsum"),
    "clip": Entry("xp.clip", "arr/ min/ max/"),
    "sum": Entry("xp.sum", "a/ axis dtype !out keepdims !initial !where"),
    "prod": Entry("xp.prod", "a/ axis dtype !out keepdims !initial !where"),
    "mean": Entry("xp.mean", "a/ axis !dtype !out keepdims !where"),
    "var": Entry("xp.var", "a/ axis !dtype !out ddof keepdims !where"),
    "std": Entry("xp.std", "a/ axis !dtype !out ddof keepdims !where"),
    **same_names("max min amax amin", "xp.$", "a/ axis !out keepdims !initial !where"),
    "where": Entry("xp.where", "condition/ x/ y/"),
    "stack": Entry("xp.stack", "arrays/ axis !out !dtype"),
    "concatenate": Entry("xp.concat", "arrays/ axis !dtype"),
    "full": Entry("xp.full", "shape/ fill_value/ dtype"),
    "zeros": Entry("xp.zeros", "shape/ dtype"),
    "ones": Entry("xp.ones", "shape/ dtype"),
    "dtype": Entry("$xp.result_type({x})", "x"),
    "size": Entry("{x}.size", "x"),
    "shape": Entry("{x}.shape", "x"),
    "ndim": Entry("{x}.ndim", "x"),
}
LAX: Final = {
    **same_names("exp log log1p expm1 sin cos tan tanh sqrt rsqrt abs sign floor ceil erf square", "xp.$", "x/"),
    **same_names("add pow", "xp.$", "x/ y/"),
    "sub": Entry("xp.subtract", "x/ y/"),
    "mul": Entry("xp.multiply", "x/ y/"),
    "div": Entry("xp.divide", "x/ y/"),
    "max": Entry("xp.maximum", "x/ y/"),
    "min": Entry("xp.minimum", "x/ y/"),
    "neg": Entry("xp.negative", "x/"),
    "logistic": Entry("xp.sigmoid", "x/"),
    "select": Entry("xp.where", "pred/ on_true/ on_false/"),
    "stop_gradient": Entry("{x}.detach()", "x"),
    "dot": Entry("xp.matmul", "lhs/ rhs/ -precision -preferred_element_type"),
    "clamp": Entry("$xp.clip({x}, {min}, {max})", "min x max"),
    "reshape": Entry("xp.reshape", "operand/ new_sizes/"),
    "cumsum": Entry("xp.cumsum", "operand/ axis"),
    "dynamic_index_in_dim": Entry("xp.take", "operand/ index/ axis"),
    "concatenate": Entry("xp.concat", "operands/ dimension=axis"),
}
NN: Final = {
    **same_names("relu relu6 sigmoid softplus silu selu elu gelu leaky_relu log_softmax softmax mish glu", "xp.$"),
    "swish": Entry("xp.silu"),
    "log_sigmoid": Entry("xp.logsigmoid"),
    "logsumexp": Entry("xp.logsumexp", "a/ axis !b keepdims"),
    "one_hot": Entry("xp.one_hot", "x/ num_classes/"),
    "tanh": Entry("xp.tanh"),
}
JAX: Final = {
    "grad": Entry("xp.grad", "fun/ argnums has_aux !holomorphic -allow_int"),
    "value_and_grad": Entry("xp.value_and_grad", "fun/ argnums has_aux !holomorphic -allow_int"),
    "vjp": Entry("xp.vjp"),
    "jvp": Entry("xp.jvp", "fun/ primals/ tangents/"),
    "device_put": Entry("{x}", "x -device"),
    "device_get": Entry("{x}", "x"),
    "block_until_ready": Entry("{x}", "x"),
    "scipy.special.erf": Entry("xp.erf"),
    "scipy.special.logsumexp": Entry("xp.logsumexp", "a/ axis !b keepdims"),
    "scipy.special.expit": Entry("xp.sigmoid"),
    "checkpoint": Entry("{fun}", "fun"),
}

LAX_PRIMITIVES: Final = {
    "while_loop": Primitive("while", ("cond_fun:test", "body_fun:body", "init_val:state"), state="one"),
    "fori_loop": Primitive(
        "fori", ("lower", "upper", "body_fun:body", "init_val:state", "unroll:-unroll"), state="one"
    ),
    "scan": Primitive(
        "scan", ("f:body", "init:state", "xs:over", "length", "reverse:!reverse", "unroll:-unroll"), state="one"
    ),
    "map": Primitive("map", ("f:body", "xs:over")),
    "cond": Primitive("cond", ("pred:test", "true_fun:then", "false_fun:orelse")),
    "switch": Primitive("switch", ("index", "branches:functions"), clamps=True),
}

FRAMEWORK: Final = Framework(
    name="jax",
    packages=("jax",),
    functions={
        **below("jax", JAX),
        **below("jax.numpy", NUMPY),
        **below("jax.lax", LAX),
        **below("jax.nn", NN),
    },
    methods={"block_until_ready": Entry("{self}")},
    names={
        "jax.Array": "xp.Tensor",
        "jax.numpy.ndarray": "xp.Tensor",
        "jax.numpy.pi": "xp.pi",
        "jax.numpy.inf": "xp.inf",
        "jax.numpy.nan": "xp.nan",
        "jax.numpy.e": "xp.e",
        "jax.numpy.newaxis": "xp.newaxis",
        **{f"jax.numpy.{name}": f"xp.{name}" for name in ("float16", "bfloat16", "float32", "float64", "bool_")},
        **{f"jax.numpy.{sign}int{bits}": f"xp.{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)},
    },
    same=(("jax.numpy", "xp"), ("jax.numpy.linalg", "xp.linalg")),
    decorators=frozenset(["jax.jit", "jax.api.jit"]),
    primitives={f"jax.lax.{name}": primitive for name, primitive in LAX_PRIMITIVES.items()},
    advice={
        "jax.vmap": "write the function for a whole batch: operations broadcast over leading axes.",
        "jax.pmap": "write the function for a whole batch: operations broadcast over leading axes.",
        "jax.random": "draw from `eager.random.Generator(seed)`; its state moves on by itself, so keys are not split.",
        "jax.tree_util": "write the loop over the containers out.",
        "jax.tree": "write the loop over the containers out.",
        "jax.hessian": "nest `xp.grad` and `xp.jvp`.",
        "jax.jacfwd": "take rows from `xp.vjp`, or columns from `xp.jvp`.",
        "jax.jacrev": "take rows from `xp.vjp`, or columns from `xp.jvp`.",
        "jax.lax.associative_scan": "write a `for` loop, or `xp.cumsum` and its like.",
        "jax.config": "leave it out: precision is that of the dtypes, 64 bits unless another is named.",
        "jax.debug.print": "use `print`: it prints at every run, in order.",
    },
)

"""Neural functions, named as in `torch.nn.functional`: activations, losses, normalisation, attention."""

import math
from collections.abc import Sequence
from typing import Any, Final, Literal

from eager.creation import arange, asarray, astype, full, full_like, zeros_like
from eager.dispatch import apply, dims_of
from eager.elementwise import (
    abs,
    clip,
    erf,
    exp,
    expm1,
    greater,
    log1p,
    maximum,
    minimum,
    multiply,
    rsqrt,
    square,
    tanh,
    unary,
    where,
)
from eager.indexing import take, take_along_axis
from eager.linalg import matmul, vector_norm
from eager.manipulation import expand_dims, matrix_transpose, squeeze, tril
from eager.manipulation import pad as pad_numpy
from eager.random import Generator, default_generator
from eager.reductions import mean, sum, var
from eager.tensor import Tensor
from graph.dtypes import bool_, int64, is_integer
from graph.errors import DTypeError, ShapeError
from graph.ir.opdef import lookup

LOG_SOFTMAX: Final = lookup("log_softmax")
SOFTMAX: Final = lookup("softmax")

Reduction = Literal["none", "mean", "sum"]

# Activations

sigmoid: Final = unary("sigmoid", doc="1 / (1 + exp(-x)).")


def relu(x: Any, /) -> Tensor:
    """`x`, or 0 where it is negative; the slope at 0 is 0."""
    x = asarray(x)
    return where(greater(x, 0), x, 0)


def relu6(x: Any, /) -> Tensor:
    """`x` between 0 and 6."""
    return clip(x, 0, 6)


def leaky_relu(x: Any, /, negative_slope: float = 0.01) -> Tensor:
    """`x`, or `negative_slope * x` where it is negative."""
    x = asarray(x)
    return where(greater(x, 0), x, multiply(x, negative_slope))


def elu(x: Any, /, alpha: float = 1.0) -> Tensor:
    """`x`, or `alpha * (exp(x) - 1)` where it is negative."""
    x = asarray(x)
    return where(greater(x, 0), x, expm1(minimum(x, 0)) * alpha)


def selu(x: Any, /) -> Tensor:
    """The self-normalising `elu` of Klambauer et al. 2017."""
    return elu(x, 1.6732632423543772) * 1.0507009873554805


def gelu(x: Any, /, approximate: Literal["none", "tanh"] = "none") -> Tensor:
    """x times the normal distribution function of x; or its approximation by tanh."""
    x = asarray(x)
    if approximate == "tanh":
        return 0.5 * x * (1.0 + tanh(math.sqrt(2.0 / math.pi) * (x + 0.044715 * x * square(x))))
    return 0.5 * x * (1.0 + erf(x * math.sqrt(0.5)))


def silu(x: Any, /) -> Tensor:
    """x * sigmoid(x)."""
    x = asarray(x)
    return x * sigmoid(x)


def mish(x: Any, /) -> Tensor:
    """x * tanh(softplus(x))."""
    x = asarray(x)
    return x * tanh(softplus(x))


def softplus(x: Any, /, beta: float = 1.0) -> Tensor:
    """log(1 + exp(beta * x)) / beta, without overflow."""
    x = asarray(x)
    return _softplus(x) if beta == 1.0 else _softplus(x * beta) / beta


_softplus: Final = unary("softplus")


def softsign(x: Any, /) -> Tensor:
    """x / (1 + |x|)."""
    x = asarray(x)
    return x / (1 + abs(x))


def hardtanh(x: Any, /, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """`x` between two bounds."""
    return clip(x, min_val, max_val)


def logsigmoid(x: Any, /) -> Tensor:
    """log(sigmoid(x)), without overflow."""
    return -softplus(-asarray(x))


def softmax(x: Any, /, axis: int = -1) -> Tensor:
    """exp(x) over its sum along `axis`, without overflow."""
    return apply(SOFTMAX, asarray(x), axis=axis)


def log_softmax(x: Any, /, axis: int = -1) -> Tensor:
    """The logarithm of `softmax`, without loss of digits."""
    return apply(LOG_SOFTMAX, asarray(x), axis=axis)


def glu(x: Any, /, axis: int = -1) -> Tensor:
    """One half of `x` along `axis`, gated by the sigmoid of the other."""
    value, gate = asarray(x).chunk(2, axis)
    return value * sigmoid(gate)


# Losses


def _reduced(loss: Tensor, reduction: Reduction) -> Tensor:
    match reduction:
        case "none":
            return loss
        case "mean":
            return mean(loss)
        case "sum":
            return sum(loss)
        case _:
            raise ValueError(f"reduction must be 'none', 'mean' or 'sum', not {reduction!r}")


def mse_loss(input: Any, target: Any, /, reduction: Reduction = "mean") -> Tensor:
    """Squared difference."""
    return _reduced(square(asarray(input) - asarray(target)), reduction)


def l1_loss(input: Any, target: Any, /, reduction: Reduction = "mean") -> Tensor:
    """Absolute difference."""
    return _reduced(abs(asarray(input) - asarray(target)), reduction)


def huber_loss(input: Any, target: Any, /, reduction: Reduction = "mean", delta: float = 1.0) -> Tensor:
    """Half the squared difference up to `delta`, linear beyond."""
    size = abs(asarray(input) - asarray(target))
    near = minimum(size, delta)
    return _reduced(near * (size - 0.5 * near), reduction)


def smooth_l1_loss(input: Any, target: Any, /, reduction: Reduction = "mean", beta: float = 1.0) -> Tensor:
    """`huber_loss` over its `delta`."""
    return huber_loss(input, target, reduction, beta) / beta


def binary_cross_entropy_with_logits(
    input: Any, target: Any, /, weight: Any = None, reduction: Reduction = "mean", pos_weight: Any = None
) -> Tensor:
    """Cross entropy between `target` probabilities and sigmoid(`input`), without overflow."""
    x, y = asarray(input), asarray(target)
    if pos_weight is None:
        loss = maximum(x, 0) - x * y + log1p(exp(-abs(x)))
    else:
        loss = (1 - y) * x + (1 + (asarray(pos_weight) - 1) * y) * (log1p(exp(-abs(x))) + maximum(-x, 0))
    return _reduced(loss if weight is None else loss * weight, reduction)


def binary_cross_entropy(input: Any, target: Any, /, reduction: Reduction = "mean") -> Tensor:
    """Cross entropy between probabilities; logarithms are cut off at -100, as in PyTorch."""
    p, y = asarray(input), asarray(target)
    return _reduced(-(y * maximum(p.log(), -100.0) + (1 - y) * maximum(log1p(-p), -100.0)), reduction)


def nll_loss(
    input: Any, target: Any, /, weight: Any = None, ignore_index: int = -100, reduction: Reduction = "mean"
) -> Tensor:
    """Negative log likelihood: minus the element of `input` (n, c, ...) that the class indices `target` (n, ...) name.

    Classes are on axis 1 (on axis 0 of a vector). The mean is weighted. `ignore_index` counts nothing.
    """
    x, y = asarray(input), asarray(target)
    if not is_integer(y.dtype):
        raise DTypeError(f"`nll_loss`: the targets are class indices, they cannot be {y.aval}")
    axis = 0 if x.ndim == 1 else 1
    if dims_of(y) != dims_of(x)[:axis] + dims_of(x)[axis + 1 :]:
        raise ShapeError(f"`nll_loss`({x.aval}, {y.aval}): targets must have the input's shape without its axis {axis}")
    ignored = y == ignore_index
    index = where(ignored, 0, y)
    picked = squeeze(take_along_axis(x, expand_dims(index, axis), axis=axis), axis)
    one = full_like(picked, 1) if weight is None else take(asarray(weight), index, axis=0)
    share = where(ignored, 0, one)
    loss = -picked * share
    return sum(loss) / sum(share) if reduction == "mean" else _reduced(loss, reduction)


def cross_entropy(
    input: Any,
    target: Any,
    /,
    weight: Any = None,
    ignore_index: int = -100,
    reduction: Reduction = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """Cross entropy of softmax(`input`), (n, c, ...), against class indices (n, ...) or probabilities (n, c, ...)."""
    x, y = asarray(input), asarray(target)
    axis = 0 if x.ndim == 1 else 1
    logs = log_softmax(x, axis)
    if is_integer(y.dtype):
        loss = nll_loss(logs, y, weight, ignore_index, reduction)
        if not label_smoothing:
            return loss
        keep = y != ignore_index
        weighted = logs if weight is None else logs * _along(weight, x.ndim, axis)
        even = where(keep, -mean(weighted, axis), 0)
        if reduction == "mean":
            counted = keep if weight is None else where(keep, take(asarray(weight), where(keep, y, 0), axis=0), 0)
            smooth = sum(even) / sum(counted)
        else:
            smooth = _reduced(even, reduction)
        return (1 - label_smoothing) * loss + label_smoothing * smooth
    if label_smoothing:
        y = y * (1 - label_smoothing) + label_smoothing / x.shape[axis]
    terms = y * logs if weight is None else y * logs * _along(weight, x.ndim, axis)
    loss = -sum(terms, axis)
    return sum(loss) / max(math.prod(loss.shape), 1) if reduction == "mean" else _reduced(loss, reduction)


def _along(weight: Any, ndim: int, axis: int) -> Tensor:
    """A vector that broadcasts along `axis`."""
    return asarray(weight).reshape((-1,) + (1,) * (ndim - axis - 1))


def kl_div(input: Any, target: Any, /, reduction: Reduction = "mean") -> Tensor:
    """target * (log(target) - input), for log probabilities `input`; 0 where the target is."""
    x, y = asarray(input), asarray(target)
    positive = greater(y, 0)
    return _reduced(where(positive, y * (where(positive, y, 1).log() - x), 0), reduction)


# Layers


def linear(x: Any, weight: Any, /, bias: Any = None) -> Tensor:
    """x @ weight.T + bias, with weight (out, in)."""
    product = matmul(x, matrix_transpose(weight))
    return product if bias is None else product + bias


def embedding(input: Any, weight: Any, /, padding_idx: int | None = None) -> Tensor:
    """Rows of `weight` by index; the row `padding_idx` gets no gradient."""
    index, table = asarray(input), asarray(weight)
    rows = take(table, index, axis=0)
    if padding_idx is None:
        return rows
    padded = expand_dims(index == padding_idx % table.shape[0], -1)
    return where(padded, rows.detach(), rows)


def one_hot(x: Any, /, num_classes: int = -1) -> Tensor:
    """1 where the class is, 0 elsewhere, on a new last axis; by default as many classes as the largest index needs."""
    index = asarray(x)
    if not is_integer(index.dtype):
        raise DTypeError(f"`one_hot` takes class indices, not {index.aval}")
    classes = int(index.max()) + 1 if num_classes == -1 else num_classes
    return astype(expand_dims(index, -1) == arange(classes), int64)


def dropout(x: Any, /, p: float = 0.5, training: bool = True, generator: Generator | None = None) -> Tensor:
    """Zero with probability `p`, what is left scaled by 1 / (1 - p); the identity when not training."""
    x = asarray(x)
    if not 0 <= p <= 1:
        raise ValueError(f"a dropout probability must lie between 0 and 1, not {p}")
    if not training or p == 0:
        return x
    if p == 1:
        return x * zeros_like(x)
    kept = (generator or default_generator()).uniform(x.shape) >= p
    return where(kept, x / (1 - p), 0)


def layer_norm(
    x: Any, normalized_shape: int | Sequence[int], /, weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Tensor:
    """Zero mean and unit variance over the last axes, which have `normalized_shape`; then scaled and shifted."""
    x = asarray(x)
    shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
    if dims_of(x)[x.ndim - len(shape) :] != shape:
        raise ShapeError(f"`layer_norm`: the last axes of {x.aval} do not have the shape {shape}")
    axes = tuple(range(-len(shape), 0))
    return _scaled(_normalized(x, axes, eps), weight, bias)


def rms_norm(x: Any, normalized_shape: int | Sequence[int], /, weight: Any = None, eps: float = 1e-5) -> Tensor:
    """Unit mean square over the last axes; then scaled."""
    x = asarray(x)
    count = 1 if isinstance(normalized_shape, int) else len(normalized_shape)
    size = mean(square(x), tuple(range(-count, 0)), keepdims=True)
    return _scaled(x * rsqrt(size + eps), weight, None)


def _normalized(x: Tensor, axes: tuple[int, ...], eps: float) -> Tensor:
    centred = x - mean(x, axes, keepdims=True)
    return centred * rsqrt(mean(square(centred), axes, keepdims=True) + eps)


def _scaled(x: Tensor, weight: Any, bias: Any) -> Tensor:
    x = x if weight is None else x * weight
    return x if bias is None else x + bias


def batch_norm(
    x: Any,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    momentum: float | Tensor = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Per channel (axis 1): zero mean and unit variance by the batch's statistics when training, else the running ones.

    When training, the running statistics, if given, move towards the batch's: the handles get new values.
    """
    x = asarray(x)
    axes = (0, *range(2, x.ndim))
    shape = (1, -1) + (1,) * (x.ndim - 2)
    if training or running_mean is None or running_var is None:
        centre, spread = mean(x, axes), var(x, axes)
        if training and running_mean is not None and running_var is not None:
            count = math.prod(x.shape[a] for a in axes)
            unbiased = spread.detach() * (count / (count - 1))
            running_mean.assign(running_mean * (1 - momentum) + centre.detach() * momentum)
            running_var.assign(running_var * (1 - momentum) + unbiased * momentum)
    else:
        centre, spread = running_mean, running_var
    result = (x - centre.reshape(shape)) * rsqrt(spread + eps).reshape(shape)
    return _scaled(result, *(None if p is None else asarray(p).reshape(shape) for p in (weight, bias)))


def group_norm(x: Any, num_groups: int, /, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Tensor:
    """Zero mean and unit variance over groups of channels (axis 1) and all later axes."""
    x = asarray(x)
    grouped = x.reshape((x.shape[0], num_groups, -1))
    shape = (1, -1) + (1,) * (x.ndim - 2)
    result = _normalized(grouped, (-1,), eps).reshape(x.shape)
    return _scaled(result, *(None if p is None else asarray(p).reshape(shape) for p in (weight, bias)))


def normalize(x: Any, /, p: float = 2.0, axis: int = 1, eps: float = 1e-12) -> Tensor:
    """Vectors along `axis`, over their p-norm, but no less than `eps`."""
    x = asarray(x)
    return x / maximum(vector_norm(x, axis=axis, keepdims=True, ord=p), eps)


def cosine_similarity(x1: Any, x2: Any, /, axis: int = 1, eps: float = 1e-8) -> Tensor:
    """The cosine of the angle between vectors along `axis`."""
    a, b = asarray(x1), asarray(x2)
    sizes = [maximum(vector_norm(x, axis=axis), eps) for x in (a, b)]
    return sum(a * b, axis) / (sizes[0] * sizes[1])


def scaled_dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    attn_mask: Any = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    generator: Generator | None = None,
) -> Tensor:
    """softmax(query @ key.T * scale + mask) @ value, for query (..., l, e), key (..., s, e), value (..., s, v).

    `scale` is 1 / sqrt(e) by default. A bool mask lets through where it is true; another one is added. `is_causal` lets
    each position see itself and those before.
    """
    q, k, v = asarray(query), asarray(key), asarray(value)
    factor = q.shape[-1] ** -0.5 if scale is None else scale
    scores = matmul(q, matrix_transpose(k)) * factor
    if is_causal:
        seen = tril(full((q.shape[-2], k.shape[-2]), True))
        scores = where(seen, scores, float("-inf"))
    if attn_mask is not None:
        mask = asarray(attn_mask)
        scores = where(mask, scores, float("-inf")) if mask.dtype == bool_ else scores + mask
    weights = softmax(scores, -1)
    if dropout_p:
        weights = dropout(weights, dropout_p, generator=generator)
    return matmul(weights, v)


def pad(x: Any, pad: Sequence[int], /, mode: str = "constant", value: float = 0.0) -> Tensor:
    """PyTorch's: pairs of elements before and after, the last axis first. Modes: constant, reflect, replicate,
    circular."""
    x = asarray(x)
    pairs = [(pad[i], pad[i + 1]) for i in range(0, len(pad), 2)]
    widths = [(0, 0)] * (x.ndim - len(pairs)) + pairs[::-1]
    names = {"replicate": "edge", "circular": "wrap"}
    return pad_numpy(x, widths, names.get(mode, mode), value if value or x.dtype.kind not in "biu" else 0)

"""Branches, as functions."""
import paddle
from paddle.static.nn import case, cond, switch_case


@paddle.jit.to_static
def relu_or_square(x):
    def positive():
        y = x * x
        return y

    return cond(paddle.sum(x) > 0, positive, lambda: paddle.zeros_like(x))


@paddle.jit.to_static
def choose(index, x):
    out = switch_case(
        branch_index=index,
        branch_fns=[(1, lambda: x + 1), (2, lambda: x * 2)],
        default=lambda: -x,
    )
    return out


@paddle.jit.to_static
def size_of(x):
    norm = paddle.norm(x)
    return case(
        pred_fn_pairs=[(norm < 1, lambda: paddle.to_tensor(0)), (norm < 10, lambda: paddle.to_tensor(1))],
        default=lambda: paddle.to_tensor(2),
    )

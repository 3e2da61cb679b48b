import mindspore as ms
from mindspore import ops


@ms.jit
def newton(a):
    def cond(state):
        x, n = state
        return ops.abs(x * x - a) > 1e-10

    def body(state):
        x, n = state
        return 0.5 * (x + a / x), n + 1

    x, n = ops.while_loop(cond, body, (a, 0))
    return x

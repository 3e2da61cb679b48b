"""Python's own loops and branches."""
import mindspore as ms
from mindspore import Tensor, ops


@ms.jit
def collatz(n):
    steps = Tensor(0, ms.int64)
    while n != 1:
        if n % 2 == 0:
            n = n // 2
        else:
            n = 3 * n + 1
        steps += 1
    return steps


@ms.jit
def first_above(xs, limit):
    for i in range(xs.shape[0]):
        if xs[i] > limit:
            return Tensor(i, ms.int64)
    return Tensor(-1, ms.int64)

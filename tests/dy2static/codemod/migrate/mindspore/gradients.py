"""Gradient descent on a function."""
import mindspore as ms
from mindspore import Tensor, ops


def rosenbrock(x, y):
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


@ms.jit
def gradient(x, y):
    return ms.grad(rosenbrock, grad_position=(0, 1))(x, y)


@ms.jit
def descend(x, y, rate):
    for _ in range(3):
        value, (gx, gy) = ms.value_and_grad(rosenbrock, (0, 1))(x, y)
        x -= rate * gx
        y -= rate * gy
    return x, y, value

"""Convolutions and pools in models: biases and activations around them, in branches and loops, and any batch size."""

import eager as xp
import eager.functional as F
from support.programs import f64, i64, program
from support.samples.sample import normal


@program(
    [f64(normal(2, 1, 8, 8)), f64(normal(3, 1, 3, 3)), f64(normal(3)), f64(normal(4, 3, 3, 3)), f64(normal(4))],
    [f64(normal(3, 1, 8, 8)), f64(normal(3, 1, 3, 3)), f64(normal(3)), f64(normal(4, 3, 3, 3)), f64(normal(4))],
    grad=(0, 1, 2, 3, 4),
)
def two_layers(x, w1, b1, w2, b2):
    h = xp.max_pool2d(F.relu(xp.conv2d(x, w1, b1, padding=1)), 2)
    h = xp.avg_pool2d(F.relu(xp.conv2d(h, w2, b2, padding=1)), 2, stride=1)
    return (h * h).mean()


@program(
    [f64(normal(2, 3, 20)), f64(normal(3, 3, 3)), i64(3)],
    [f64(normal(2, 3, 20)), f64(normal(3, 3, 3)), i64(0)],
    grad=(0, 1),
)
def layers_in_a_loop(x, w, n):
    for i in range(n):
        y = xp.tanh(xp.conv1d(x, w, padding=1))
        if y.sum() > x.sum():
            x = x + y
        else:
            x = x - 0.5 * y
    return x


@program([f64(normal(2, 4, 9, 7)), f64(normal(8, 2, 3, 2))], grad=(0, 1))
def strides_and_groups(x, w):
    y = xp.conv2d(x, w, stride=2, padding=(2, 1), dilation=(1, 2), groups=2)
    return xp.max_pool2d(y, (3, 2), stride=(2, 1), padding=(1, 0))

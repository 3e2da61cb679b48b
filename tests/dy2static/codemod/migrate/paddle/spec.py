"""Shapes that are declared."""
import paddle
from paddle.static import InputSpec


@paddle.jit.to_static(input_spec=[InputSpec([None, 3], "float64", "x"), InputSpec(shape=[3], dtype="float64")])
def scale(x, w):
    return x * w


def mean_square(x):
    return paddle.mean(paddle.square(x), axis=0, keepdim=True)


mean_square = paddle.jit.to_static(mean_square)

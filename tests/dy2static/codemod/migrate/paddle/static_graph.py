"""The old way: a program that is built. It is left, and listed."""
import paddle
import paddle.static as static


def build():
    paddle.enable_static()
    x = static.data("x", [None, 3])
    y = static.nn.fc(x, 10)
    return paddle.tanh(y)


def activation(x):
    return paddle.tanh(x)

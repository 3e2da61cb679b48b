import paddle


@paddle.jit.to_static
def running_mean(xs):
    """A loop over time that keeps what it finds."""
    total = paddle.zeros_like(xs[0])
    means = []
    for i in range(xs.shape[0]):
        total += xs[i]
        means.append(total / (i + 1))
    return paddle.stack(means, axis=0)


@paddle.jit.to_static
def pad_and_cut(x, left, right):
    x = paddle.concat([paddle.zeros([left]), x, paddle.zeros([right])])
    first, second = paddle.split(x, 2)
    return paddle.flip(first, axis=0), second.cast("int64")


@paddle.jit.to_static
def untouched(x):
    y = x
    y += 1.0
    return x, y

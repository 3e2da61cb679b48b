import paddle


@paddle.jit.to_static
def newton_sqrt(a):
    x = paddle.assign(a)
    i = paddle.full(shape=[], fill_value=0, dtype="int64")

    def not_done(i, x):
        return paddle.max(paddle.abs(x * x - a)) > 1e-10

    def improve(i, x):
        x = (x + a / x) * 0.5
        return [i + 1, x]

    i, x = paddle.static.nn.while_loop(not_done, improve, [i, x])
    return x

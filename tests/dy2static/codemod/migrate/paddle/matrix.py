import paddle


@paddle.jit.to_static
def exp_matrix(a, terms):
    """The exponential of a matrix, by its series."""
    n = a.shape[0]
    result = paddle.eye(n)
    term = paddle.eye(n)
    for k in range(1, terms):
        term = paddle.mm(term, a) / k
        result = paddle.add(result, term)
    return result


@paddle.jit.to_static
def solve_all(a, b):
    x = paddle.linalg.solve(a, b)
    return x, paddle.linalg.det(a), paddle.t(a)

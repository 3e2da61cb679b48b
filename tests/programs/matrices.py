"""Linear algebra in loops and branches: filters, solvers, factorisations."""

import eager as xp
from support.programs import f64, i64, program

A = [[4.0, 1.0], [1.0, 3.0]]


@program([f64(A), f64([[0.5, -0.5], [1.0, 0.0], [0.25, 2.0]])], [f64(A), f64([[1.0, 1.0]])], grad=(0, 1))
def kalman_filter(noise, measured):
    mean, spread = xp.zeros((2,)), xp.eye(2)
    for z in measured:
        spread = spread + 0.1 * xp.eye(2)
        gain = spread @ xp.inv(spread + noise)
        mean = mean + gain @ (z - mean)
        spread = (xp.eye(2) - gain) @ spread
    return mean, spread


@program([f64([1.0, 2.0]), i64(6)], [f64([0.5, 0.5]), i64(0)], [f64([3.0, 0.1]), i64(40)], grad=0)
def newton_for_two(x, most):
    steps = 0
    while steps < most and xp.sum(x * x) > 1e-3:
        value = xp.stack([x[0] * x[0] - x[1], x[1] * x[1] + x[0]])
        slopes = xp.stack([xp.stack([2 * x[0], x[0] * 0 - 1]), xp.stack([x[1] * 0 + 1, 2 * x[1]])])
        if xp.abs(xp.det(slopes)) < 1e-6:
            break
        x = x - xp.solve(slopes, value)
        steps += 1
    return x


@program([f64(A)], [f64([[2.0, 0.0, 0.0], [0.0, 1.0, 0.5], [0.0, 0.5, 3.0]])], grad=0)
def likelihood(covariance):
    lower = xp.linalg.cholesky(covariance)
    sign, log = xp.linalg.slogdet(covariance)
    residual = xp.solve(lower, xp.ones((covariance.shape[0],)))
    return xp.sum(residual * residual) + sign * log


@program([f64(A), i64(5)], [f64([[2.0, 1.0, 0.0], [1.0, 2.0, 1.0], [0.0, 1.0, 2.0]]), i64(3)])
def eigenvalues_by_qr(a, n):
    for i in range(n):
        q, r = xp.linalg.qr(a)
        a = r @ q
    return xp.linalg.diagonal(a)


@program([f64(A)], [f64([[1.0, 2.0], [2.0, 4.0]])])
def solved_where_that_is_safe(a):
    b = xp.ones((2,))
    if xp.linalg.svd(a).S[-1] > 1e-6:
        return xp.solve(a, b)
    return xp.linalg.eigh(a).eigenvalues

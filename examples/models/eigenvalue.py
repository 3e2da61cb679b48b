"""The gradient through a loop that runs until it converges: the largest eigenvalue by power iteration."""

import eager as xp
from dy2static.report.case import Case


def largest_eigenvalue(A):
    """Of a symmetric matrix. Its gradient is the outer product of the eigenvector with itself."""
    v = xp.ones(A.shape[0]) / A.shape[0] ** 0.5
    change = xp.asarray(1.0)
    while change > 1e-9:
        w = A @ v
        w = w / xp.sqrt(xp.sum(w * w))
        change = xp.max(xp.abs(w - v))
        v = w
    return v @ (A @ v)


def case() -> Case:
    return Case(
        name="eigenvalue",
        title="Gradient through a data-dependent loop",
        function=largest_eigenvalue,
        example=(xp.asarray([[5.0, 0.5, 0.1], [0.5, 1.0, 0.2], [0.1, 0.2, 0.5]]),),
        other=(xp.asarray([[2.0, 0.3, 0.1], [0.3, 1.8, 0.3], [0.1, 0.3, 1.5]]),),
        described=("eigenvalues far apart", "close together"),
        argnum=0,
    )

"""A decorator turns a function into one static graph, and every stage can be printed."""

import eager as xp
from dy2static import to_static


@to_static
def newton_sqrt(a, tol):
    x = a
    while xp.max(xp.abs(x * x - a)) > tol:
        x = 0.5 * (x + a / x)
    return x


def total(a):
    return xp.sum(newton_sqrt(a, 1e-12))


if __name__ == "__main__":
    a = xp.asarray([2.0, 9.0])
    print(newton_sqrt(a, 1e-12))

    print("\n--- the converted source\n")
    print(newton_sqrt.code)
    print("--- the graph\n")
    print(newton_sqrt.graph)
    print("\n--- the NumPy program that runs\n")
    print(newton_sqrt.program)
    print("--- the gradient, which is a graph too: 1 / (2 sqrt(a))\n")
    print(to_static(total).grad()(a))

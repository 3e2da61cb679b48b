"""Models of loops and branches as users write them: eager, converted, and the first call.

python -m benchmarks workloads
"""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

import eager as xp
from dy2static import to_static


def logistic(x, n):
    """100,000 dependent scalar steps with a branch."""
    i = 0
    while i < n:
        if x > 0.5:
            x = 3.7 * x * (1 - x)
        else:
            x = x + 0.1 * x
        i += 1
    return x


def branch(x):
    """One data-dependent branch on 8 numbers: the overhead of a call."""
    if x.mean() > 0:
        y = xp.maximum(x, 0) * 2
    else:
        y = xp.exp(x) - 1
    return y.sum()


def rnn(x, wx, wh, b, n):
    """60 dynamic steps, batch 32, hidden 128."""
    h = xp.zeros((32, 128), dtype=xp.float32)
    for t in range(n):
        h = xp.tanh(x[t] @ wx + h @ wh + b)
    return (h * h).sum()


def lotka_volterra(y):
    return xp.stack([1.5 * y[0] - y[0] * y[1], -3.0 * y[1] + y[0] * y[1]])


def ode(y, t1):
    """Adaptive Runge-Kutta 3(2), float64."""
    t = 0.0
    h = 0.01
    while t < t1:
        h = xp.minimum(h, t1 - t)
        k1 = lotka_volterra(y)
        k2 = lotka_volterra(y + h * k1 * 0.5)
        k3 = lotka_volterra(y + h * k2 * 0.75)
        yn = y + h * (2.0 / 9 * k1 + 1.0 / 3 * k2 + 4.0 / 9 * k3)
        k4 = lotka_volterra(yn)
        err = xp.sqrt(xp.sum((h * (-5.0 / 72 * k1 + 1.0 / 12 * k2 + 1.0 / 9 * k3 - 0.125 * k4)) ** 2))
        if err < 1e-6:
            t = t + h
            y = yn
        h = h * xp.clip(0.9 * (1e-6 / (err + 1e-12)) ** (1.0 / 3), 0.2, 5.0)
    return y


def chain(x):
    """Elementwise over a million float32."""
    g = 0.5 * x * (1 + xp.tanh(0.7978845608 * (x + 0.044715 * x * x * x)))
    return xp.sigmoid(g) * xp.exp(-x * x) + xp.log1p(xp.abs(x))


def inputs() -> list[tuple[Callable[..., Any], tuple[Any, ...]]]:
    r = np.random.default_rng(0)

    def f(*shape: int) -> Any:
        return xp.asarray((r.standard_normal(shape) * 0.1).astype(np.float32))

    cell = (f(64, 32, 64), f(64, 128), f(128, 128), f(128), xp.asarray(60))
    return [
        (logistic, (xp.asarray(np.float32(0.3)), xp.asarray(10_000))),
        (branch, (f(8),)),
        (rnn, cell),
        (ode, (xp.asarray([1.0, 1.0]), xp.asarray(10.0))),
        (chain, (f(1_000_000),)),
    ]


def median_us(f: Callable[[], Any], seconds: float = 1.0) -> float:
    """The median time of a call."""
    times: list[float] = []
    end = time.perf_counter() + seconds
    while len(times) < 3 or time.perf_counter() < end:
        start = time.perf_counter()
        f()
        times.append(time.perf_counter() - start)
    return float(np.median(times)) * 1e6


def main() -> None:
    print(f"{'workload':<12}{'eager us':>14}{'converted us':>14}{'ratio':>8}{'first call ms':>15}")
    for function, args in inputs():
        static = to_static(function)
        start = time.perf_counter()
        static(*args)
        first = (time.perf_counter() - start) * 1e3
        plain, converted = (median_us(partial(f, *args)) for f in (function, static))
        print(f"{function.__name__:<12}{plain:>14.1f}{converted:>14.1f}{converted / plain:>8.2f}{first:>15.1f}")


if __name__ == "__main__":
    main()

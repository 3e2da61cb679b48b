"""Sizes that are known only when the graph runs: in shapes, ranges, comparisons, text, results."""

import numpy as np

import eager as xp
from support.programs import f64, i64, program

ROWS = tuple([f64(np.arange(3.0 * n).reshape(n, 3))] for n in (2, 4, 0, 1))


@program(*ROWS, grad=0)
def in_shapes(x):
    rows = x.shape[0]
    return xp.reshape(x, (rows * 3,)), xp.zeros((rows, 2)) + len(x), xp.arange(rows), x[: rows - 1]


@program(*ROWS)
def in_numbers(x):
    rows, columns = x.shape
    total = 0
    for i in range(rows):
        total = total + i
    if rows > 2:
        total = total + 100
    return total, rows // 2, rows % 2, float(rows) / 3, min(rows, 2), max(rows, 3), rows * columns == x.size


@program(*ROWS)
def in_text(x):
    rows = x.shape[0]
    print(f"{rows} rows", x.shape, [rows])
    assert rows != 4, f"bad {rows}"
    return {"rows": rows}, (rows, rows + 1), x.shape


@program(*ROWS, grad=0)
def in_loops(x):
    rows = []
    for i in range(x.shape[0]):
        rows.append(x[i] * i)
    return xp.stack(rows) if rows else xp.zeros((0, 3)) * xp.sum(x)


@program([f64([1.0, 2.0, -3.0]), i64(3)], [f64([-1.0]), i64(0)], grad=0)
def grows_in_a_loop(x, n):
    i = n * 0
    while i < n:
        x = xp.concat([x, x[:1]])
        i = i + 1
    return x, x.shape[0]


@program([f64([1.0, 2.0, -3.0])], [f64([-1.0])], grad=0)
def differs_by_branch(x):
    y = x[1:] if xp.sum(x) > -1 else x
    return y * 2, xp.sum(y), y.shape

"""Sorting, searching and distinct values among branches and loops."""

import eager as xp
from support.programs import f64, i64, program


@program([f64([3.0, -1.0, 8.0, 2.0, 2.5])], [f64([1.0, 1.0, 0.0])], [f64([4.0])], grad=0)
def median_filter(x):
    padded = xp.concat([x[:1], x, x[-1:]])
    result = xp.zeros_like(x)
    for i in range(x.shape[0]):
        result[i] = xp.sort(padded[i : i + 3])[1]
    return result


@program([f64([0.1, 2.0, -1.0, 0.7]), i64(2)], [f64([0.5, 0.5, 0.5]), i64(1)], grad=0)
def nucleus(logits, k):
    shares = xp.sort(xp.softmax(logits, axis=0), descending=True)
    total, kept = 0.0, 0
    while kept < k and total < 0.9:
        total = total + shares[kept]
        kept = kept + 1
    return total, xp.topk(logits, 2).values


@program([i64([3, 1, 3, 3, 2])], [i64([7])], [i64([5, 4, 3, 2, 1, 1])])
def most_common(x):
    found = xp.unique_counts(x)
    best = found.values[0]
    most = found.counts[0]
    for i in range(found.values.shape[0]):
        if found.counts[i] > most:
            best, most = found.values[i], found.counts[i]
    return best, most


@program([f64([0.0, 1.0, 2.0, 4.0]), f64([0.5, 3.0, 9.0])], [f64([1.0]), f64([1.0, 0.0])], grad=1)
def interpolated(knots, x):
    total = xp.asarray(0.0)
    for value in x:
        place = xp.searchsorted(knots, value)
        if place > 0:
            total = total + value * place
    return total, xp.argsort(x)

"""Dicts whose class says what a missing key has: to read one may add it."""

import operator
from collections import Counter, defaultdict

from support.programs import f64, i64, program

MIXED, POSITIVE, EMPTY = [f64([1.0, -2.0, 3.0])], [f64([1.0, 2.0, 3.0])], [f64([])]
ADDED = "on some paths only the key is there"


class Sevens(dict):
    def __missing__(self, key):
        self[key] = 7.0
        return 7.0


@program(MIXED, POSITIVE, grad=0)
def lists_by_key(v):
    groups = defaultdict(list)
    groups["positive"], groups["negative"]
    for x in v:
        if x > 0:
            groups["positive"].append(x)
        else:
            groups["negative"].append(-x)
    return groups["positive"], groups["negative"], list(groups)


@program(MIXED, POSITIVE, grad=0)
def keys_of_the_first_trip(v):
    groups = defaultdict(list)
    for x in v:
        groups["all"].append(x)
        groups["signs"].append(x > 0)
    return groups


@program(MIXED, POSITIVE, grad=0)
def factory_of_the_program(v):
    sums = defaultdict(lambda: v[0] * 2)
    for x in v:
        sums["sum"] += x
    nested = defaultdict(lambda: defaultdict(float))
    for i, key in enumerate("aab"):
        nested[key][i] += v[i]
    return sums["sum"], sums["other"], len(sums), {key: dict(inner) for key, inner in nested.items()}


@program(MIXED, POSITIVE)
def counted(v):
    letters = Counter("abca")
    letters["a"] += 1
    letters.update("zz")
    signs = Counter(positive=0, negative=0)
    for x in v:
        signs["positive" if x > 0 else "negative"] += 1
    return letters.most_common(2), letters["q"], len(letters), signs["positive"], signs["negative"]


@program(MIXED, POSITIVE)
def counter_returned(v):
    counts, other = Counter({0: 0, 1: 0, 2: 0, 3: 0}), Counter(a=1)
    for x in v:
        counts[min(int(abs(x)), 3)] += 1
    if v[1] > 0:
        other = Counter(a=5)
    return counts, other, other["b"]


@program(MIXED, POSITIVE, grad=0)
def key_added_before_a_failure(v):
    sums = defaultdict(float)
    try:
        sums["a"] += v[0]
        if v[1] < 0:
            raise ValueError
        sums["a"] += 100
    except ValueError:
        pass
    return sums["a"], len(sums)


@program(MIXED, POSITIVE, EMPTY, grad=0, adapts=True)
def own_missing_key(v):
    table = Sevens()
    total = table["first"]
    for x in v:
        total = total + x * table["first"]
    return total, len(table)


@program(MIXED, POSITIVE, refused=ADDED)
def read_on_some_paths(v):
    sums = defaultdict(float)
    total = v[0]
    if v[1] > 0:
        total = total + sums["a"]
    return total, len(sums)


@program(MIXED, POSITIVE, refused=ADDED)
def counted_on_some_paths(v):
    counts = Counter()
    if v[1] > 0:
        counts["a"] += 1
    return len(counts)


@program(MIXED, POSITIVE, refused=ADDED)
def updated_on_some_paths(v):
    counts = Counter()
    if v[1] > 0:
        counts.update("ab")
    return len(counts)


@program(MIXED, POSITIVE, refused=ADDED)
def own_key_on_some_paths(v):
    table = Sevens()
    total = v[0]
    if v[1] > 0:
        total = total + table["a"]
    return total, dict(table)


@program([f64([1.0, 2.0]), i64(0)], [f64([1.0, 2.0]), i64(2)], refused=ADDED)
def read_in_a_loop_that_may_have_no_trip(v, n):
    sums = defaultdict(float)
    for i in range(n):
        sums["a"] += v[i]
    return dict(sums)


def with_a_dict_of_the_object():
    class Model:
        def __init__(self):
            self.known = defaultdict(float)

        def run(self, v):
            total = v[0] * 1.0
            if v[1] > 0:
                total = total + self.known["a"]
            return total, len(self.known)

    return Model().run


program(MIXED, POSITIVE, made=True, refused=ADDED)(with_a_dict_of_the_object)


@program([defaultdict(list, a=[1.0]), f64([1.0, 2.0])], [defaultdict(list), f64([3.0, 4.0])])
def of_the_caller(groups, v):
    for key, x in zip("aqa", [v[0], v[1], 3.0]):
        groups[key].append(x)
    return len(groups)


@program([[defaultdict(float)], f64([1.0])], [[Counter("a")], f64([2.0])])
def in_a_list_of_the_caller(held, v):
    held[0]["a"] += 2
    return held[0]["q"] * v, len(held[0])


@program([defaultdict(float, a=1.0), f64([1.0])], [defaultdict(lambda: 3.0), f64([2.0])])
def read_by_a_call(sums, v):
    read = operator.itemgetter("a", "c")
    return operator.getitem(sums, "a"), sums.__getitem__("b"), read(sums), list(map(sums.__getitem__, "de")), len(sums)


def taken_out_of_one_outside():
    waiting = defaultdict(float, a=1.0, b=2.0)

    def run(v, key):
        try:
            return waiting.pop(key) + v
        except KeyError:
            return len(waiting) + v * 0

    return run


ONCE_AND_AGAIN = [[f64([1.0]), key] for key in "aabba"]
program(*ONCE_AND_AGAIN, made=True)(taken_out_of_one_outside)

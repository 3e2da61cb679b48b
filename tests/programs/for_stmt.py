"""`for` over ranges, tensors, and Python iterables."""

import eager as xp
from support.programs import f32, f64, flags, i64, program

VECTORS = ([f64([1.0, 2.0, 3.0])], [f64([2.0])], [f64([])])


@program([i64(4), f64(1.5)], [i64(0), f64(1.5)], [i64(1), f64(1.5)], [i64(-2), f64(1.5)], grad=1)
def over_a_tensor_range(n, x):
    y = x
    for i in range(n):
        y = y * x + i
    return y


@program([f64(1.5), 4], [f64(1.5), 0], [f64(1.5), 1], [f32(1.5), 3], grad=0)
def over_a_python_range(x, n):
    y = x
    for i in range(n):
        y = y * x + i
    return y


@program([i64(10), i64(0), i64(-3)], [i64(0), i64(10), i64(4)], [i64(0), i64(5), i64(-1)], [i64(1), i64(2), i64(0)])
def range_of_three(a, b, c):
    total = 0
    for i in range(a, b, c):
        total = total * 2 + i
    return total


@program([i64(2), 7], [i64(7), 2], [i64(0), 3])
def range_of_two(a, b):
    last = -1
    for i in range(a, b):
        last = i
    return last


@program(*VECTORS, [f32([1.0, 2.0])], [i64([1, 2, 3])], [flags([True, False])], [f64(1.0)], grad=0)
def over_a_tensor(x):
    total = xp.zeros((), dtype=x.dtype if x.dtype.kind == "f" else xp.float64)
    for v in x:
        total = total * 0.5 + v
    return total


@program([f64([[1.0, 2.0], [3.0, 4.0]])], [f64([[1.0, 2.0]])], [xp.zeros((0, 2))], [xp.zeros((2, 0))], grad=0)
def over_rows(x):
    total = xp.zeros((x.shape[1],))
    for row in x:
        total = total + row * row
    return total


@program(*VECTORS, grad=0, adapts=True)
def enumerated(x):
    total = 0.0
    for i, v in enumerate(x):
        total = total + v * i
    return total


@program(*VECTORS)
def enumerated_from(x):
    last = 0
    for i, v in enumerate(x, 10):
        last = i
    return last


@program(
    [f64([1.0, 2.0]), f64([3.0, 4.0, 5.0])], [f64([]), f64([1.0])], [f64([1.0]), f64([2.0])], grad=(0, 1), adapts=True
)
def zipped(x, y):
    total = 0.0
    for a, b in zip(x, y):
        total = total + a * b
    return total


@program(*VECTORS, grad=0, adapts=True)
def reversed_rows(x):
    total = 0.0
    for v in reversed(x):
        total = total * 2.0 + v
    return total


@program([f64(2.0), [1.0, 2.0]], [f64(2.0), []], [f64(2.0), [f64(1.0), f64(5.0)]], grad=0)
def over_a_list(x, items):
    for item in items:
        x = x + item * x
    return x


@program([f64(2.0), {"a": 1.0, "b": 2.0}], [f64(2.0), {}])
def over_a_dict(x, items):
    for name, value in items.items():
        if name == "a":
            x = x + value
        else:
            x = x * value
    return x


@program([f64([1.0, -2.0, 3.0])], [f64([-1.0])], [f64([])], grad=0)
def branch_in_a_loop(x):
    total = xp.asarray(0.0)
    count = 0
    for v in x:
        if v > 0:
            total = total + v
            count += 1
        else:
            total = total - 0.5 * v
    return total, count


@program([i64(3), i64(2)], [i64(0), i64(2)], [i64(2), i64(0)])
def nested(n, m):
    total = 0
    for i in range(n):
        for j in range(m):
            total = total + i * 10 + j
    return total


@program([f64([[1.0, -2.0], [3.0, 4.0]])], [f64([[-1.0]])], grad=0)
def nested_over_a_matrix(x):
    total = 0.0
    for row in x:
        best = row[0]
        for v in row:
            if v > best:
                best = v
        total = total + best * best
    return total


@program([i64(3)], [i64(1)])
def target_after_the_loop(n):
    for i in range(n):
        pass
    return i


@program([i64(0)], [i64(2)])
def target_of_a_loop_without_trips(n):
    for i in range(n):
        pass
    return i


@program([f64([1.0, 2.0, 3.0])], [f64([4.0])])
def last_row_after_the_loop(x):
    for v in x:
        w = v * 2
    return v + w


@program([f64([1.0, 2.0, 3.0]), i64(2)], [f64([1.0, 2.0, 3.0]), i64(0)], grad=0)
def state_in_a_tuple(x, n):
    state = (x, 0.0)
    for i in range(n):
        state = (state[0] * 0.5, state[1] + 1.0)
    return state


@program([f64(1.0), 2], [f64(-1.0), 2], [f64(1.0), 0])
def mixed_nesting(x, n):
    for i in range(n):
        if x > 0:
            for j in range(i + 1):
                x = x + j
        else:
            x = x - i
    return x


@program([f64([1.0, 2.0, 3.0, 4.0])], [f64([1.0])], grad=0, adapts=True)
def windows(x):
    total = 0.0
    for i in range(x.shape[0] - 1):
        total = total + x[i] * x[i + 1]
    return total


@program([f64([1.0, 2.0]), f64(0.5)], [f64([]), f64(0.5)], grad=(0, 1))
def exponential_average(x, decay):
    average = xp.asarray(0.0)
    for v in x:
        average = decay * average + (1 - decay) * v
    return average


@program([i64(3)], [i64(0)])
def else_of_a_loop(n):
    total = 0
    for i in range(n):
        total = total + i
    else:
        total = total + 100
    return total


@program([f64([[1.0, 2.0], [3.0, 4.0]])], [xp.zeros((0, 2))], adapts=True)
def unpacks_rows(x):
    total = 0.0
    for a, b in x:
        total = total + a * b
    return total


@program([f64([1.0, 2.0, 3.0])], [f64([1.0])])
def index_and_loop(x):
    y = xp.zeros(x.shape)
    for i in range(x.shape[0]):
        y[i] = x[x.shape[0] - 1 - i] * i
    return y


@program([i64(3), i64(5)], [i64(5), i64(3)], [i64(-1), i64(-1)], adapts=True)
def changes_its_bound(n, m):
    total = 0
    for i in range(n):
        n = n + 1
        m = m + n
        total = total + m
    return n, m, total


class Layer:
    def __init__(self, weight: float) -> None:
        self.weight = weight

    def __call__(self, x):
        return xp.tanh(x * self.weight)


class Shift(Layer):
    def __call__(self, x):
        return x + self.weight


LAYERS = [Layer(0.5), Shift(2.0), xp.cos]
NAMES = ["first", "second", "third"]
SHARES = ([f64([1.0, -2.0]), f64([0.1, 0.6, 0.9])], [f64([1.0, -2.0]), f64([0.9, 0.9])], [f64([1.0, -2.0]), f64([])])


@program(*SHARES, grad=(0, 1))
def layers_along_with_a_tensor(x, shares):
    for layer, share in zip(LAYERS, shares):
        if share < 0.5:
            continue
        x = x + share * layer(x)
    return x


@program(*SHARES, grad=(0, 1), adapts=True)
def names_along_with_a_tensor(x, shares):
    total = 0.0
    for i, (name, share) in enumerate(zip(NAMES, shares), start=1):
        print(name, i, share)
        total += share * i
        if total > 1:
            break
    else:
        total -= 1
    table = {name: share * x for name, share in zip(NAMES, shares)}
    return total, table


@program(*SHARES, grad=(0, 1))
def layers_that_get_more_on_the_way(x, shares):
    layers = [Layer(0.5), xp.cos]
    for layer, share in zip(layers, shares):
        x = layer(x) * share
        shares[-1] += 1
        layers.append(xp.sin)
    return x, shares, len(layers)


@program(*SHARES, grad=(0, 1))
def functions_mapped_along_with_a_tensor(x, shares):
    return list(map(lambda layer, share: layer(x) * share, LAYERS, shares))


@program([f64([1.0, -2.0]), f64([0.1, 0.6, 0.9])], grad=(0, 1))
def layers_along_with_a_tensor_of_their_number(x, shares):
    for layer, share in zip(LAYERS, shares, strict=True):
        x = layer(x) if share > 0.5 else x * share
    for share, layer in zip(reversed(shares), LAYERS[::-1]):
        x = layer(x) * share
    return x

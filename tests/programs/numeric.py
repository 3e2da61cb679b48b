"""Small numeric programs: solvers, integrators, recurrences."""

import eager as xp
from support.programs import f32, f64, i64, program


@program([f64([2.0, 9.0])], [f64([1.0])], [f64([16.0, 0.25])], grad=0)
def newton_sqrt(a):
    x = a * 0.5 + 0.5
    while xp.max(xp.abs(x * x - a)) > 1e-9 * xp.max(a):
        x = 0.5 * (x + a / x)
    return x


@program([f64(0.0), f64(2.0)], [f64(-1.0), f64(5.0)], grad=1)
def bisection(low, high):
    target = high * 0.7
    for i in range(30):
        middle = 0.5 * (low + high)
        if middle * middle > target:
            high = middle
        else:
            low = middle
    return 0.5 * (low + high)


@program([f64([1.0, 0.0]), f64(0.1), i64(5)], [f64([1.0, 0.0]), f64(0.1), i64(0)], grad=(0, 1))
def oscillator(y, h, n):
    for i in range(n):
        k1 = xp.stack([y[1], -y[0]])
        z = y + 0.5 * h * k1
        y = y + h * xp.stack([z[1], -z[0]])
    return y


@program([f64(1.0), f64(1.0)], [f64(1.0), f64(0.001)], grad=0)
def adaptive_step(y, h):
    t = xp.asarray(0.0)
    steps = 0
    while t < 1.0 and steps < 200:
        if t + h > 1.0:
            h = 1.0 - t
        full = y - h * y
        half = y - 0.5 * h * y
        half = half - 0.5 * h * half
        if xp.abs(full - half) < 0.01:
            t = t + h
            y = half
            if xp.abs(full - half) < 0.001:
                h = h * 1.5
        else:
            h = h * 0.5
        steps += 1
    return y


@program([f64([[4.0, 1.0], [1.0, 3.0]]), f64([1.0, 2.0])], grad=(0, 1))
def conjugate_gradients(a, b):
    x = xp.zeros_like(b)
    r = b - a @ x
    p = r
    rs = xp.sum(r * r)
    while rs > 1e-12:
        q = a @ p
        alpha = rs / xp.sum(p * q)
        x = x + alpha * p
        r = r - alpha * q
        new = xp.sum(r * r)
        p = r + (new / rs) * p
        rs = new
    return x


@program([f64([[2.0, 1.0], [1.0, 3.0]]), i64(20)], [f64([[2.0, 1.0], [1.0, 3.0]]), i64(0)], grad=0)
def power_iteration(a, n):
    v = xp.ones((2,))
    for i in range(n):
        v = a @ v
        v = v / xp.sqrt(xp.sum(v * v))
    return xp.sum(v * (a @ v))


@program([f64([[0.5, -1.0], [0.2, 0.3], [1.0, 2.0]]), f64([0.1, 0.2]), f64([[0.3, 0.1], [-0.2, 0.4]])], grad=(0, 1, 2))
def recurrent_cell(xs, h, w):
    outputs = []
    for x in xs:
        h = xp.tanh(x + h @ w)
        outputs.append(h)
    return xp.stack(outputs)


@program([f64([0.5, 3.0, -2.0])], [f64([0.0])], [f32([0.5, -1.5])], grad=0)
def per_element_activation(x):
    out = []
    for v in x:
        if v > 1:
            out.append(xp.log(v) + 1)
        elif v > -1:
            out.append(v)
        else:
            out.append(-xp.log(-v) - 1)
    return xp.stack(out)


@program([f64([1.0, 3.0, 2.0]), f64([[0.5, 0.2, 0.3], [0.1, 0.8, 0.1], [0.4, 0.4, 0.2]]), i64(4)])
def greedy_decoding(start, transition, limit):
    token = xp.argmax(start)
    out = []
    while len(out) < limit:
        out.append(token)
        token = xp.argmax(transition[token] * (token + 1))
        if token == 1:
            break
    return out


@program([f64([0.2, 0.9]), i64(30)], [f64([2.0, 0.0]), i64(30)])
def mandelbrot(c, limit):
    z = xp.zeros((2,))
    n = 0
    for i in range(limit):
        if xp.sum(z * z) > 4:
            break
        z = xp.stack([z[0] * z[0] - z[1] * z[1] + c[0], 2 * z[0] * z[1] + c[1]])
        n += 1
    return n


@program([f64([3.0, -2.0]), f64(0.1), i64(5)], [f64([3.0, -2.0]), f64(0.1), i64(0)], grad=(0, 1))
def gradient_descent_by_hand(x, rate, n):
    for i in range(n):
        x = x - rate * (2 * x + xp.cos(x))
    return xp.sum(x * x)


@program([f64([1.0, 2.0, 3.0, 4.0]), f64(2.0)], grad=(0, 1))
def horner(coefficients, x):
    y = xp.asarray(0.0)
    for c in coefficients:
        y = y * x + c
    return y


@program([f64([0.0, 1.0, 5.0, 6.0]), f64([0.5, 5.5])], [f64([1.0, 2.0]), f64([0.0, 10.0])])
def k_means(x, centers):
    for trip in range(3):
        sums = xp.zeros((2,))
        counts = xp.zeros((2,))
        for v in x:
            k = xp.argmin(xp.abs(centers - v))
            sums[k] += v
            counts[k] += 1.0
        for k in range(2):
            if counts[k] > 0:
                centers[k] = sums[k] / counts[k]
    return centers


@program([f64([1.0, 2.0, 4.0]), f64(3.0)], [f64([1.0, 2.0, 4.0]), f64(0.0)], [f64([1.0, 2.0, 4.0]), f64(4.0)])
def binary_search(x, v):
    low, high = 0, x.shape[0]
    while low < high:
        middle = (low + high) // 2
        if x[middle] < v:
            low = middle + 1
        else:
            high = middle
    return low


@program([f64([0.1, 0.5, 0.9, 0.3])], [f64([0.9])], grad=0)
def early_exit(x):
    confidence = xp.asarray(0.0)
    used = 0
    for v in x:
        confidence = confidence + v * (1 - confidence)
        used += 1
        if confidence > 0.8:
            break
    return confidence, used


@program([f64([[1.0, 2.0], [3.0, 4.0]]), 3], [f64([[1.0, 2.0], [3.0, 4.0]]), 0], grad=0)
def matrix_power(a, n):
    result = xp.eye(2)
    while n > 0:
        if n % 2 == 1:
            result = result @ a
        a = a @ a
        n //= 2
    return result

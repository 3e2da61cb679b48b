"""Everyday code, as it is written for NumPy and PyTorch: decoding, tables, solvers, filters, simulations."""

import numpy as np

import eager as xp
from support.programs import f64, flags, i64, program

RANDOM = np.random.default_rng(0)


def normal(*shape: int):
    return f64(RANDOM.standard_normal(shape))


def gates(inputs: int, size: int):
    return {name: normal(inputs + size, size) * 0.3 for name in ("z", "r", "n")}


SPREAD = np.diag([1.0, 2.0, 3.0, 4.0])
POSITIVE = f64(SPREAD + 0.1)


class ArmijoError(Exception):
    def __init__(self, step, why="too small"):
        super().__init__(f"{why}: {step}")


@program([normal(4, 3), normal(3, 3), normal(3)], [normal(1, 3), normal(3, 3), normal(3)], grad=(0, 1))
def viterbi(emissions, transitions, start):
    """Most likely path and its score."""
    score = start + emissions[0]
    history = []
    for e in emissions[1:]:
        nxt = score[:, None] + transitions + e[None, :]
        history.append(xp.argmax(nxt, axis=0))
        score = xp.max(nxt, axis=0)
    best = xp.argmax(score)
    path = [best]
    for pointers in reversed(history):
        best = pointers[best]
        path.append(best)
    path.reverse()
    return xp.max(score), path


@program([normal(4, 2), gates(2, 3)], [normal(0, 2), gates(2, 3)], grad=0)
def gru_dict(xs, p):
    h = xp.zeros(3)
    outs = []
    for x in xs:
        xh = xp.concat([x, h])
        z = xp.sigmoid(xh @ p["z"])
        r = xp.sigmoid(xh @ p["r"])
        n = xp.tanh(xp.concat([x, r * h]) @ p["n"])
        h = (1 - z) * h + z * n
        outs.append(h)
    return outs, h


@program([i64([1, 2, 3]), i64([1, 3, 4, 5])], [i64([]), i64([1])], [i64([1]), i64([])])
def edit_distance(a, b):
    m, n = len(a), len(b)
    d = xp.zeros((m + 1, n + 1), dtype=xp.int64)
    for i in range(m + 1):
        d[i, 0] = i
    for j in range(n + 1):
        d[0, j] = j
    for i in range(1, m + 1):
        for j in range(1, n + 1):
            cost = 0 if a[i - 1] == b[j - 1] else 1
            d[i, j] = min(d[i - 1, j] + 1, d[i, j - 1] + 1, d[i - 1, j - 1] + cost)
    return d[m, n]


@program([i64([1, 3, 4]), i64([15, 20, 30]), i64(4)], [i64([]), i64([]), i64(4)], [i64([1, 3]), i64([5, 6]), 4])
def knapsack(w, v, cap):
    best = xp.zeros(cap + 1, dtype=xp.int64)
    for i in range(len(w)):
        for c in range(cap, w[i] - 1, -1):
            best[c] = max(best[c], best[c - w[i]] + v[i])
    return best[cap]


@program([i64([3, 1, 2, 5, 4])], [i64([])], [i64([1])])
def lis(a):
    best = []
    for v in a:
        lo, hi = 0, len(best)
        while lo < hi:
            mid = (lo + hi) // 2
            if best[mid] < v:
                lo = mid + 1
            else:
                hi = mid
        if lo == len(best):
            best.append(v)
        else:
            best[lo] = v
    return len(best)


@program([i64([1, 2, 3]), i64([1, 3])], [i64([]), i64([1])])
def align(a, b):
    n, m = len(a), len(b)
    S = xp.zeros((n + 1, m + 1))
    for i in range(n + 1):
        S[i, 0] = -i
    for j in range(m + 1):
        S[0, j] = -j
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            match = S[i - 1, j - 1] + (1.0 if a[i - 1] == b[j - 1] else -1.0)
            S[i, j] = max(match, S[i - 1, j] - 1, S[i, j - 1] - 1)
    i, j = n, m
    ops = []
    while i > 0 or j > 0:
        if i > 0 and j > 0 and S[i, j] == S[i - 1, j - 1] + (1.0 if a[i - 1] == b[j - 1] else -1.0):
            ops.append(0)
            i -= 1
            j -= 1
        elif i > 0 and S[i, j] == S[i - 1, j] - 1:
            ops.append(1)
            i -= 1
        else:
            ops.append(2)
            j -= 1
    return S[n, m], ops[::-1]


@program([f64([0.2, 0.3, 0.5]), f64(0.6)], [f64([0.2, 0.3, 0.5]), f64(0.0)], [f64([0.2]), f64(0.9)])
def sample_cdf(p, u):
    i, acc = 0, 0.0
    while i < len(p) - 1:
        acc += p[i]
        if u < acc:
            return i
        i += 1
    return i


@program([normal(5), 0.7], [normal(5), 0.01], [f64([1.0]), 0.9])
def nucleus(logits, p):
    probs = xp.softmax(logits)
    order = xp.argsort(probs, descending=True)
    kept, mass = [], 0.0
    for i in order:
        kept.append(i)
        mass += probs[i]
        if mass >= p:
            break
    mask = xp.zeros(len(logits), dtype=xp.bool)
    for i in kept:
        mask[i] = True
    return xp.where(mask, probs / mass, 0.0), len(kept)


@program([normal(4, 3), flags([True, False, True, False])], [normal(4, 3), flags([False] * 4)], grad=0)
def teacher_forcing(targets, force):
    h = xp.zeros(3)
    prev = targets[0]
    loss = 0.0
    for i in range(1, 4):
        h = xp.tanh(h + prev)
        pred = h * 2
        loss += ((pred - targets[i]) ** 2).mean()
        prev = targets[i] if force[i] else pred
    return loss / 3


@program([f64([[0.0, 0.0], [0.1, 0.0], [5.0, 5.0], [5.1, 5.0]]), i64(2)], [f64([[0.0, 0.0], [1.0, 0.0]]), i64(2)])
def kmeans(x, k):
    centers = x[:2]
    for it in range(10):
        d = ((x[:, None, :] - centers[None, :, :]) ** 2).sum(axis=-1)
        label = xp.argmin(d, axis=1)
        new = xp.zeros_like(centers)
        for c in range(2):
            mask = label == c
            n = mask.sum()
            if n > 0:
                new[c] = xp.where(mask[:, None], x, 0.0).sum(axis=0) / n
            else:
                new[c] = centers[c]
        if xp.allclose(new, centers):
            break
        centers = new
    return centers, label, it


@program([POSITIVE, f64([1.0, 2.0, 3.0, 4.0])], [POSITIVE, f64([0.0, 0.0, 0.0, 0.0])], grad=(1,))
def cg_inplace(A, b):
    x = xp.zeros_like(b)
    r = b - A @ x
    p = r.copy() if hasattr(r, "copy") else r
    rs = r @ r
    for k in range(10):
        if rs < 1e-10:
            break
        Ap = A @ p
        alpha = rs / (p @ Ap)
        x += alpha * p
        r -= alpha * Ap
        new = r @ r
        p *= new / rs
        p += r
        rs = new
    return x, r


@program([f64(2.0)], [f64(0.0)], [f64(-50.0)])
def newton_ls(x):
    f = lambda z: z**4 - 3 * z**2 + z
    df = lambda z: 4 * z**3 - 6 * z + 1
    d2 = lambda z: 12 * z**2 - 6
    trace = []
    for i in range(30):
        g, h = df(x), d2(x)
        step = -g / h if h > 0 else -g
        t = 1.0
        while f(x + t * step) > f(x) + 1e-4 * t * g * step:
            t *= 0.5
            if t < 1e-8:
                raise ArmijoError(t)
        x = x + t * step
        trace.append(x)
        if abs(g) < 1e-8:
            break
    else:
        print("no convergence after", i + 1)
    return x, len(trace)


@program(
    [f64([5.0, 4.0, 4.5, 4.4, 4.3, 1.0]), 2], [f64([5.0]), 2], [f64([]), 2], [f64([1.0, 2.0, xp.nan, 0.0]), 3], grad=0
)
def early_stopping(losses, patience):
    best = None
    best_epoch = -1
    bad = 0
    for epoch, loss in enumerate(losses):
        if best is None or loss < best - 0.01:
            best, best_epoch, bad = loss, epoch, 0
        else:
            bad += 1
            if bad >= patience:
                print(f"stopping at epoch {epoch}: best {best:.2f} at {best_epoch}")
                break
    else:
        print("all epochs")
    return best, best_epoch, bad


@program([f64([1.0, 2.0, 4.0, 8.0, 16.0])], grad=0)
def moving_average_list(x):
    window, out = [], []
    for v in x:
        window.append(v)
        if len(window) > 3:
            window.pop(0)
        out.append(sum(window) / len(window))
    return xp.stack(out)


@program(
    [f64([[2.0, 1.0], [4.0, 3.0]]), f64([1.0, 2.0])],
    [f64([[0.0, 1.0], [4.0, 3.0]]), f64([1.0, 2.0])],
    [f64([[0.0, 0.0], [0.0, 3.0]]), f64([1.0, 2.0])],
    grad=(0, 1),
)
def gauss(a, b):
    n = a.shape[0]
    a = a.copy()
    b = b.copy()
    for k in range(n):
        p = k
        for i in range(k + 1, n):
            if abs(a[i, k]) > abs(a[p, k]):
                p = i
        if a[p, k] == 0:
            raise ZeroDivisionError(f"column {k} has no pivot")
        if p != k:
            a[[k, p]] = a[[p, k]]
            b[k], b[p] = b[p], b[k]
        for i in range(k + 1, n):
            f = a[i, k] / a[k, k]
            a[i, k:] -= f * a[k, k:]
            b[i] -= f * b[k]
    x = xp.zeros_like(b)
    for i in range(n - 1, -1, -1):
        x[i] = (b[i] - a[i, i + 1 :] @ x[i + 1 :]) / a[i, i]
    return x


@program([f64(0.5), 0.0, f64(2.0)], [f64(3.0), 0.0, f64(2.0)], [0.5, 0.0, 2.0], grad=0)
def bisect_root(c, lo, hi):
    f = lambda z: z**3 - z - c
    if f(lo) * f(hi) > 0:
        raise ValueError(f"no sign change between {lo} and {hi}")
    while (hi - lo) / 2 > 1e-6:
        mid = (lo + hi) / 2
        if f(mid) == 0:
            return mid
        lo, hi = (lo, mid) if f(lo) * f(mid) < 0 else (mid, hi)
    return (lo + hi) / 2


@program([f64([0.0, 1.0])], grad=0)
def rk45_adaptive(y):
    f = lambda t, y: xp.stack([y[1], -y[0]])
    t, h, rejected = 0.0, 0.5, 0
    while t < 1.0:
        h = min(h, 1.0 - t)
        k1 = f(t, y)
        k2 = f(t + h, y + h * k1)
        e = xp.max(abs(k2 - k1)) * h / 2
        if e > 1e-2:
            h *= max(0.2, 0.9 * (1e-2 / e) ** 0.5)
            rejected += 1
            continue
        y = y + h * (k1 + k2) / 2
        t += h
        h *= min(5.0, 0.9 * (1e-2 / max(e, 1e-12)) ** 0.5)
    return y, t, rejected


@program([f64(1.0), f64(0.0)], grad=0)
def bouncing_ball(y, v):
    t, dt = 0.0, 0.05
    events = []
    while t < 2.0:
        ny, nv = y + dt * v, v - 9.8 * dt
        if ny < 0 and nv < 0:
            frac = y / (y - ny)
            events.append(t + frac * dt)
            ny, nv = 0.0, -0.8 * nv
        y, v = ny, nv
        t += dt
        if len(events) == 3:
            break
    return y, v, events


@program([normal(6), f64([0.1, 0.2, 0.3, 0.1, 0.2, 0.1]), f64(0.03)], grad=0)
def systematic_resample_aug(particles, w, u0):
    n = len(particles)
    new = xp.zeros_like(particles)
    c, i = w[0], 0
    for j in range(n):
        u = u0 + j / n
        while u > c and i < n - 1:
            i += 1
            c += w[i]
        new[j] = particles[i]
    return new, w


@program([f64(0.3), normal(8), f64(np.linspace(0.05, 0.95, 8))], grad=0)
def metropolis(x, noise, us):
    logp = lambda z: -0.5 * z * z
    accepted, chain = 0, []
    for eps, u in zip(noise, us):
        prop = x + eps
        if xp.log(u) < logp(prop) - logp(x):
            x = prop
            accepted += 1
        chain.append(x)
    return xp.stack(chain), accepted / len(noise)


@program([flags([[1, 0, 1], [1, 1, 0], [0, 1, 1]])], [flags([[1, 0, 1], [0, 0, 0], [0, 1, 1]])])
def percolates(grid):
    n = grid.shape[0]
    seen = xp.zeros_like(grid)
    stack = [(0, j) for j in range(n)]
    while stack:
        i, j = stack.pop()
        if not (0 <= i < n and 0 <= j < n):
            continue
        if seen[i, j] or not grid[i, j]:
            continue
        if i == n - 1:
            return True
        seen[i, j] = True
        stack += [(i + 1, j), (i, j - 1), (i, j + 1), (i - 1, j)]
    return False


@program([f64(-0.5), f64(0.5)], [f64(2.0), f64(2.0)], [-0.5, 0.1])
def mandel(cr, ci):
    zr = zi = 0.0
    for i in range(30):
        zr, zi = zr * zr - zi * zi + cr, 2 * zr * zi + ci
        if zr * zr + zi * zi > 4:
            break
    else:
        i = -1
    return i


@program([f64([0.1, 0.5, 0.9, 1.5, -1.0]), 4], [f64([]), 4], [f64([0.1, 0.7]), 2])
def histogram(x, bins):
    counts = xp.zeros(bins, dtype=xp.int64)
    outliers = 0
    for v in x:
        b = int(v * bins)
        if b < 0 or b >= bins:
            outliers += 1
            continue
        counts[b] += 1
    return counts, outliers


@program([f64([3.0, 1.0, 2.0, 0.0])], [f64([3.0])], grad=0)
def odd_even_sort(x):
    n = len(x)
    for phase in range(n):
        for i in range(phase % 2, n - 1, 2):
            if x[i] > x[i + 1]:
                x[i], x[i + 1] = x[i + 1], x[i]
    return x


@program([f64([1.5, -2.0, 3.0]), i64(3)], [f64([1.5, -2.0, 3.0]), i64(0)], grad=0)
def lr_plateau(x, n):
    lr, best, wait, hist = 0.1, xp.inf, 0, []
    for i in range(n):
        loss = abs(x[i])
        if loss < best * 0.99:
            best, wait = loss, 0
        else:
            wait += 1
            if wait >= 1:
                lr *= 0.5
                wait = 0
        hist.append((lr, best))
        if lr < 1e-3:
            break
    return lr, hist


@program([f64([1.5, -2.0, 3.0]), i64(3)], [f64([1.5, -2.0, 3.0]), i64(0)], grad=0)
def interp(x, n):
    xs, ys = [0.0, 1.0, 2.0, 4.0], [0.0, 1.0, 4.0, 16.0]
    out = []
    for v in x:
        for k in range(3):
            if xs[k] <= v <= xs[k + 1]:
                t = (v - xs[k]) / (xs[k + 1] - xs[k])
                out.append(ys[k] * (1 - t) + ys[k + 1] * t)
                break
        else:
            out.append(0.0 * v)
    return out


@program([i64([2, 7, 11, 15]), i64(9)], [i64([2, 7]), i64(100)])
def two_sum(a, target):
    for i, v in enumerate(a):
        for j in range(i + 1, len(a)):
            if v + a[j] == target:
                return i, j
    return None


@program([normal(3, 3), i64(2)], grad=0)
def value_iteration(rew, n):
    V = xp.zeros(3)
    for _ in range(n):
        newV = xp.zeros(3)
        delta = 0.0
        for s in range(3):
            best = -xp.inf
            for a in range(3):
                q = rew[s, a] + 0.9 * V[(s + a) % 3]
                if q > best:
                    best = q
            newV[s] = best
            delta = max(delta, abs(best - V[s]))
        V = newV
        if delta < 1e-3:
            break
    return V, delta


@program([normal(6), i64([0, 2, 1, 2, 0, 2])], grad=0)
def segment_sum(x, seg):
    out = xp.zeros(3)
    cnt = [0, 0, 0]
    for v, s in zip(x, seg):
        out[s] += v
    for s in seg:
        cnt[s] += 1
    return out / xp.maximum(xp.asarray(cnt), 1), cnt

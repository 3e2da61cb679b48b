"""Training inside of static code: Parameters, gradients and optimizers that tests and loops of the graph change."""

from typing import Any

import eager as xp
from eager import nn, optim
from support.programs import f64, i64, program

ROWS = f64([[1.0, 0.5], [-2.0, 1.0], [3.0, 3.0], [1.0, 1.0]])
ONE = f64([[-1.0, 0.5]])
NONE = f64([[0.0, 0.0]])[:0]


def weights() -> Any:
    return nn.Parameter(f64([1.0, 2.0]))


@program([ROWS], [ONE], made=True)
def gradient_behind_a_conditional_update():
    w = weights()

    def run(xs):
        if xs[0, 0] > 0:
            with xp.no_grad():
                w.assign(w * 3)
        total = 0.0
        for x in xs:
            total = total + xp.sum(w * w * x)
        total.backward()
        return w.grad

    return run


@program([ROWS], [ONE], made=True)
def gradient_behind_updates_in_a_loop():
    w = weights()

    def run(xs):
        for x in xs:
            if xp.sum(w * x) > 0:
                with xp.no_grad():
                    w.assign(w - 0.1 * x)
        xp.sum(w * w * xs[0]).backward()
        return w.grad, w

    return run


@program([ROWS], [ONE], made=True)
def gradient_of_what_was_before_an_update():
    w = weights()

    def run(xs):
        loss = xp.sum(w * w * xs[0])
        if xs[0, 0] > 0:
            with xp.no_grad():
                w.assign(w * 3)
        loss.backward()
        return w.grad

    return run


@program([ROWS], [ONE], made=True)
def update_in_a_handler():
    w = weights()

    def run(xs):
        try:
            with xp.no_grad():
                w.assign(w * 3)
            assert xs[0, 0] > 0
        except AssertionError:
            with xp.no_grad():
                w.assign(w * 2)
        xp.sum(w * w).backward()
        return w.grad

    return run


@program([ROWS], [ONE], [NONE], made=True, adapts=True)
def steps_that_are_skipped():
    w = weights()
    optimizer = optim.Adam([w], lr=0.1)

    def run(xs):
        skipped = 0
        for x in xs:
            optimizer.zero_grad()
            xp.sum((w * x - 1) ** 2).backward()
            if xp.all(xp.abs(w.grad) < 5):
                optimizer.step()
            else:
                skipped += 1
        return skipped, w

    return run


@program([ROWS], [ONE], [NONE], made=True)
def gradients_of_several_batches():
    w = weights()
    optimizer = optim.SGD([w], lr=0.1, momentum=0.9)

    def run(xs):
        for i, x in enumerate(xs):
            (xp.sum((w * x - 1) ** 2) / 2).backward()
            if (i + 1) % 2 == 0:
                optimizer.step()
                optimizer.zero_grad()
        return w.grad, w

    return run


@program([ROWS], [ONE], [NONE], made=True)
def step_with_gradients_on_some_paths():
    v, w = weights(), weights()
    optimizer = optim.Adam([v, w], lr=0.1)

    def run(xs):
        for x in xs:
            optimizer.zero_grad()
            if x[0] > 0:
                xp.sum((w * x - 1) ** 2).backward()
            else:
                xp.sum((w * v * x - 1) ** 2).backward()
            optimizer.step()
        return v.grad is None, w, v

    return run


@program([ROWS], [ONE], made=True, adapts=True)
def until_it_gets_no_better():
    w = weights()
    optimizer = optim.SGD([w], lr=0.1, momentum=0.9)

    def run(xs):
        best, kept = float("inf"), None
        for epoch in range(6):
            loss = xp.mean((xs @ w - 1) ** 2)
            optimizer.zero_grad()
            loss.backward()
            norm = optim.clip_grad_norm([w], 1.0)
            optimizer.step()
            if loss.detach() < best:
                best, kept = loss.detach(), w.detach()
                print(f"[{epoch:02d}] {best:.3e} (|g| = {norm:.2f})")
            else:
                break
        return best, kept

    return run


@program([f64(1.5), f64(2.0)], [f64(-1.5), f64(2.0)], grad=(0, 1))
def derivative_of_what_reads_its_argument_by_another_name(x, y):
    def loss(k, other):
        return k * other * x if x > 0 else k * k - other * x

    return xp.grad(loss, (0, 1))(x, x), xp.grad(lambda k: loss(k, x) if k > 0 else y)(y)


@program([f64(1.5), f64(2.0)], [f64(1.5), f64(-2.0)], [f64(-1.5), f64(2.0)], grad=(0, 1))
def derivative_in_a_branch(x, y):
    slope = x
    if x > 0:
        slope = xp.grad(lambda k: k * k * x if y > 0 else -k)(y)
    return slope


@program([f64(1.5), f64(2.0), i64(3)], [f64(-1.5), f64(2.0), i64(2)], [f64(1.5), f64(2.0), i64(0)], grad=(0, 1))
def derivative_in_a_loop(x, y, n):
    total = x
    for i in range(n):
        total = total + xp.grad(lambda k, i=i: k * k * y if x > i else -k)(x)
    return total


@program([f64(1.5), i64(3)], [f64(-1.5), i64(2)], made=True)
def backward_of_a_branch_in_a_branch():
    w = nn.Parameter(f64(3.0))

    def run(x, n):
        if x > 0:
            loss = w * x if n > 2 else -w
            loss.backward()
        for i in range(n):
            loss = w * w * x if i > 0 else w
            loss.backward()
        return w.grad

    return run

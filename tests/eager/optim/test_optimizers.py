"""Optimizers against NumPy references, closed forms, and a small training."""

import numpy as np
import pytest

import eager as xp
from eager import nn, optim

START = np.array([[1.0, -2.0, 0.5], [3.0, 0.25, -1.0]])
GRADIENTS = [np.random.default_rng(seed).standard_normal((2, 3)) for seed in range(6)]


def run(make, dtype=np.float64):
    """The values of one parameter after each of the gradients."""
    p = nn.Parameter(START.astype(dtype))
    optimizer = make([p])
    found = []
    for g in GRADIENTS:
        p.grad = xp.asarray(g.astype(dtype))
        optimizer.step()
        found.append(np.array(p))
    return found


def sgd(lr, momentum=0.0, weight_decay=0.0, nesterov=False):
    p, v = START.copy(), np.zeros_like(START)
    for g in GRADIENTS:
        g = g + weight_decay * p
        v = momentum * v + g
        p = p - lr * (g + momentum * v if nesterov else v)
        yield p


def adam(lr, b1=0.9, b2=0.999, eps=1e-8, weight_decay=0.0, decoupled=False, amsgrad=False):
    p, m, v, top = START.copy(), 0.0, 0.0, 0.0
    for t, g in enumerate(GRADIENTS, 1):
        if decoupled:
            p = p - lr * weight_decay * p
        else:
            g = g + weight_decay * p
        m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g * g
        top = np.maximum(top, v)
        corrected = (top if amsgrad else v) / (1 - b2**t)
        p = p - lr * (m / (1 - b1**t)) / (np.sqrt(corrected) + eps)
        yield p


def rmsprop(lr, alpha=0.99, eps=1e-8, weight_decay=0.0, momentum=0.0, centered=False):
    p, v, a, u = START.copy(), 0.0, 0.0, 0.0
    for g in GRADIENTS:
        g = g + weight_decay * p
        v, a = alpha * v + (1 - alpha) * g * g, alpha * a + (1 - alpha) * g
        u = momentum * u + g / (np.sqrt(v - a * a if centered else v) + eps)
        p = p - lr * u
        yield p


def adagrad(lr, lr_decay=0.0, weight_decay=0.0, initial=0.0, eps=1e-10):
    p, s = START.copy(), np.full_like(START, initial)
    for t, g in enumerate(GRADIENTS):
        g = g + weight_decay * p
        s = s + g * g
        p = p - lr / (1 + t * lr_decay) * g / (np.sqrt(s) + eps)
        yield p


CASES = {
    "sgd": (lambda ps: optim.SGD(ps, 0.1), sgd(0.1)),
    "decay": (lambda ps: optim.SGD(ps, 0.1, weight_decay=0.3), sgd(0.1, weight_decay=0.3)),
    "momentum": (lambda ps: optim.SGD(ps, 0.1, 0.9, 0.01), sgd(0.1, 0.9, 0.01)),
    "nesterov": (lambda ps: optim.SGD(ps, 0.1, 0.9, nesterov=True), sgd(0.1, 0.9, nesterov=True)),
    "adam": (lambda ps: optim.Adam(ps, 0.1), adam(0.1)),
    "adam, settings": (
        lambda ps: optim.Adam(ps, 0.01, (0.8, 0.95), 1e-3, 0.1),
        adam(0.01, 0.8, 0.95, 1e-3, 0.1),
    ),
    "amsgrad": (lambda ps: optim.Adam(ps, 0.1, (0.5, 0.5), amsgrad=True), adam(0.1, 0.5, 0.5, amsgrad=True)),
    "adamw": (lambda ps: optim.AdamW(ps, 0.1, weight_decay=0.2), adam(0.1, weight_decay=0.2, decoupled=True)),
    "rmsprop": (lambda ps: optim.RMSprop(ps, 0.1, weight_decay=0.1), rmsprop(0.1, weight_decay=0.1)),
    "rmsprop, centered": (
        lambda ps: optim.RMSprop(ps, 0.1, 0.9, momentum=0.5, centered=True),
        rmsprop(0.1, 0.9, momentum=0.5, centered=True),
    ),
    "adagrad": (lambda ps: optim.Adagrad(ps, 0.1, 0.2, 0.1, 0.5), adagrad(0.1, 0.2, 0.1, 0.5)),
}


@pytest.mark.parametrize("name", CASES)
def test_against_numpy(name):
    make, expected = CASES[name]
    expected = list(expected)
    for found, wanted in zip(run(make), expected, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-12)
    found = run(make, np.float32)
    assert found[-1].dtype == np.float32
    np.testing.assert_allclose(found[-1], expected[-1], rtol=2e-4)


def test_closed_forms():
    """Gradient descent on x^2 / 2 shrinks x by 1 - lr; the first step of Adam is lr against the gradient's sign."""
    x = nn.Parameter(np.array(4.0))
    optimizer = optim.SGD([x], lr=0.25)
    for _ in range(10):
        (x * x / 2).backward()
        optimizer.step()
        optimizer.zero_grad()
    assert float(x) == pytest.approx(4.0 * 0.75**10)
    p = nn.Parameter(START)
    p.grad = xp.asarray(START * 100)
    optim.Adam([p], lr=0.5, eps=0.0).step()
    np.testing.assert_allclose(p, START - 0.5 * np.sign(START), atol=1e-15)


@pytest.mark.parametrize("kind", [optim.SGD, optim.Adam, optim.AdamW, optim.RMSprop, optim.Adagrad])
def test_training_converges(kind):
    rng = np.random.default_rng(0)
    x = xp.asarray(rng.uniform(-1, 1, (64, 2)))
    y = xp.asarray((np.asarray(x)[:, 0] * np.asarray(x)[:, 1] > 0).astype(np.int64))
    g = xp.Generator(0)
    model = nn.Sequential(nn.Linear(2, 16, generator=g), nn.Tanh(), nn.Linear(16, 2, generator=g))
    optimizer = kind(model.parameters(), **({"lr": 0.5, "momentum": 0.9} if kind is optim.SGD else {"lr": 0.05}))
    first = None
    for _ in range(150):
        loss = xp.cross_entropy(model(x), y)
        first = float(loss) if first is None else first
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    assert first > 0.6
    assert float(loss) < 0.2
    assert np.mean(np.asarray(model(x)).argmax(1) == np.asarray(y)) > 0.95


def test_groups_have_their_own_settings():
    a, b = nn.Parameter(np.ones(1)), nn.Parameter(np.ones(1))
    optimizer = optim.SGD([{"params": [a]}, {"params": [b], "lr": 0.5}], lr=0.1)
    a.grad = b.grad = xp.ones(1)
    optimizer.step()
    np.testing.assert_allclose([float(a[0]), float(b[0])], [0.9, 0.5])
    assert repr(optimizer).startswith("SGD(lr=0.1, momentum=0.0, weight_decay=0.0, nesterov=False; lr=0.5")


def test_parameters_without_a_gradient_stay():
    a, b = nn.Parameter(np.ones(1)), nn.Parameter(np.ones(1))
    optimizer = optim.Adam([a, b], weight_decay=0.1)
    a.grad = xp.ones(1)
    optimizer.step()
    assert float(b[0]) == 1.0
    assert [int(s["step"]) for s in optimizer.state] == [1, 0]


def test_state_dict_goes_on_where_it_was():
    def some(count, first=None):
        p = nn.Parameter(START)
        optimizer = optim.AdamW([p], lr=0.1)
        if first is not None:
            with xp.no_grad():
                p.assign(first[0])
            optimizer.load_state_dict(first[1])
        for g in GRADIENTS[:count] if first is None else GRADIENTS[3:]:
            p.grad = xp.asarray(g)
            optimizer.step()
        return np.array(p), optimizer.state_dict()

    half = some(3)
    kept = np.array(half[1]["state"][0]["exp_avg"])
    np.testing.assert_array_equal(some(6)[0], some(3, half)[0])
    np.testing.assert_array_equal(half[1]["state"][0]["exp_avg"], kept)
    assert half[1]["param_groups"][0]["params"] == [0]


def test_state_dicts_that_do_not_fit():
    a, b = nn.Parameter(np.ones(1)), nn.Parameter(np.ones(2))
    adam = optim.Adam([a])
    with pytest.raises(optim.OptimizerStateError, match=r"have \[1\] Parameters, those of the state dict \[2\]"):
        adam.load_state_dict(optim.Adam([a, b]).state_dict())
    with pytest.raises(optim.OptimizerStateError, match=r"keeps exp_avg \(1,\), .* the state dict has exp_avg \(2,\)"):
        adam.load_state_dict(optim.Adam([b]).state_dict())
    with pytest.raises(optim.OptimizerStateError, match="has nothing"):
        adam.load_state_dict(optim.SGD([a]).state_dict())


def test_bad_settings():
    p = nn.Parameter(np.ones(1))
    with pytest.raises(ValueError, match="was given none"):
        optim.SGD([])
    with pytest.raises(ValueError, match="`lr` must not be negative, it is -1"):
        optim.SGD([p], lr=-1.0)
    with pytest.raises(ValueError, match="Nesterov's method needs a momentum"):
        optim.SGD([p], nesterov=True)
    with pytest.raises(ValueError, match=r"`betas` must lie in \[0, 1\)"):
        optim.Adam([p], betas=(0.9, 1.0))
    with pytest.raises(ValueError, match=r"`alpha` must lie in"):
        optim.RMSprop([p], alpha=2.0)
    with pytest.raises(ValueError, match="SGD has no setting 'rate'"):
        optim.SGD([{"params": [p], "rate": 1.0}])
    with pytest.raises(TypeError, match="changes Parameters, not Tensor"):
        optim.SGD([xp.ones(1)])  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match="was given twice"):
        optim.SGD([p, p])


def test_clip_grad_norm():
    a, b = nn.Parameter(np.zeros(2)), nn.Parameter(np.zeros(1))
    with pytest.raises(ValueError, match="there are no gradients to clip"):
        optim.clip_grad_norm([a], 1.0)
    a.grad, b.grad = xp.asarray([3.0, 0.0]), xp.asarray([4.0])
    assert float(optim.clip_grad_norm([a, b], 10.0)) == 5.0
    np.testing.assert_array_equal(a.grad, [3.0, 0.0])
    optim.clip_grad_norm([a, b], 1.0)
    np.testing.assert_allclose([*a.grad.tolist(), *b.grad.tolist()], [0.6, 0.0, 0.8], rtol=1e-6)

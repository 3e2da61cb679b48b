"""Modules and training steps as static graphs: what eager runs do, static runs do."""

import numpy as np
import pytest

import eager as xp
from dy2static.decorator import to_static
from eager import nn, optim


def normal(*shape, seed=1):
    return xp.Generator(seed).normal(shape)


class Gate(nn.Module):
    """A user's module with a branch on a tensor."""

    def __init__(self, size, seed):
        self.fc = nn.Linear(size, size, generator=xp.Generator(seed))
        self.calls = 0

    def forward(self, x):
        h = self.fc(x)
        if h.sum() > 0:
            h *= 2.0
        else:
            h = -h
        return h


def model(seed=0):
    g = xp.Generator(seed)
    return nn.Sequential(
        nn.Linear(3, 4, generator=g),
        nn.BatchNorm1d(4),
        nn.Sequential(nn.GELU(), Gate(4, seed)),
        nn.Dropout(0.25, generator=xp.Generator(seed)),
        nn.LayerNorm(4),
        nn.Linear(4, 2, generator=g),
    )


def assert_same_state(a, b, **tolerance):
    for (name, x), y in zip(a.state_dict().items(), b.state_dict().values(), strict=True):
        np.testing.assert_allclose(x, y, err_msg=name, **tolerance)


def test_values_gradients_and_statistics():
    plain, other = model(), model()
    static = to_static(other)
    for seed in range(4):
        x = normal(5, 3, seed=seed)
        a, b = plain(x), static(x)
        np.testing.assert_allclose(a, b)
        for net, y in ((plain, a), (other, b)):
            net.zero_grad()
            (y * y).sum().backward()
        for p, q in zip(plain.parameters(), other.parameters(), strict=True):
            np.testing.assert_allclose(p.grad, q.grad, atol=1e-12)
        assert_same_state(plain, other)
    assert len(static.programs) == 1
    assert not other[1].running_mean.requires_grad
    assert "cond" in str(static.graph)


def test_modes_have_programs_of_their_own():
    net = model()
    static = to_static(net)
    x = normal(5, 3)
    assert not np.allclose(static(x), static(x))
    net.eval()
    np.testing.assert_allclose(static(x), net(x))
    np.testing.assert_allclose(static(x), static(x))
    net.train()
    assert not np.allclose(static(x), static(x))
    assert len(static.programs) == 2


def test_two_instances_of_one_class():
    class Net(nn.Module):
        def __init__(self, seed):
            self.inner = Gate(3, seed)

        @to_static
        def forward(self, x):
            return self.inner(x) + 1.0

    first, second = Net(0), Net(1)
    x = normal(4, 3)
    for _ in range(2):
        for net in (first, second):
            np.testing.assert_allclose(net(x), net.inner(x) + 1.0)
    with xp.no_grad():
        first.inner.fc.weight *= 3.0
    np.testing.assert_allclose(first(x), first.inner(x) + 1.0)
    np.testing.assert_allclose(second(x), second.inner(x) + 1.0)


def test_a_parameter_that_is_replaced_is_found():
    net = Gate(3, 0)
    static = to_static(net)
    x = normal(4, 3)
    static(x)
    net.fc.weight = nn.Parameter(np.eye(3))
    np.testing.assert_allclose(static(x), net(x))
    net.load_state_dict(Gate(3, 5).state_dict())
    np.testing.assert_allclose(static(x), net(x))
    assert len(static.programs) == 1


def test_a_buffer_or_parameter_that_is_replaced_is_the_one_that_changes():
    net = nn.Sequential(nn.Linear(3, 2, generator=xp.Generator(0)), nn.BatchNorm1d(2))
    other = nn.Sequential(nn.Linear(3, 2, generator=xp.Generator(0)), nn.BatchNorm1d(2))

    def accumulate(module):
        def run(x):
            loss = (module(x) ** 3.0).sum()
            loss.backward()
            return loss

        return run

    plain, static = accumulate(net), to_static(accumulate(other))
    for i in range(4):
        if i == 2:
            for module in (net, other):
                module[1].running_mean = xp.ones(2)
                module[0].weight = nn.Parameter(np.ones((2, 3)))
        x = normal(5, 3, seed=i)
        np.testing.assert_allclose(plain(x), static(x), atol=1e-12)
        assert_same_state(net, other)
        for p, q in zip(net.parameters(), other.parameters(), strict=True):
            np.testing.assert_allclose(p.grad, q.grad, atol=1e-9)


def test_a_module_that_is_staged_stays_what_it_was():
    net = model()
    kinds = [type(p) for p in net.parameters()]
    to_static(net)(normal(5, 3))
    assert [type(p) for p in net.parameters()] == kinds == [nn.Parameter] * len(kinds)
    assert all(isinstance(x, xp.Tensor) and type(x) is xp.Tensor for x in net.buffers())


def test_train_and_eval_inside_a_static_function():
    net = nn.Sequential(nn.Dropout(0.5, generator=xp.Generator(0)))

    @to_static
    def evaluate(x):
        net.eval()
        y = net(x)
        net.train()
        return y

    net.eval()
    for _ in range(2):
        np.testing.assert_array_equal(evaluate(xp.ones(50)), xp.ones(50))
        assert net.training
        assert net[0].training


RECURRENT = {
    "rnn": lambda: nn.RNN(3, 2, generator=xp.Generator(0)),
    "gru": lambda: nn.GRU(3, 2, num_layers=2, generator=xp.Generator(0)),
    "lstm": lambda: nn.LSTM(3, 2, bidirectional=True, generator=xp.Generator(0)),
}


@pytest.mark.parametrize("name", RECURRENT)
def test_recurrent_layers_are_loops_of_the_graph(name):
    plain, other = RECURRENT[name](), RECURRENT[name]()
    static = to_static(other)
    for length in (4, 6, 3):
        x = normal(length, 2, 3, seed=length)
        (a, _), (b, _) = plain(x), static(x)
        np.testing.assert_allclose(a, b)
        for net, y in ((plain, a), (other, b)):
            net.zero_grad()
            (y * y).sum().backward()
        for p, q in zip(plain.parameters(), other.parameters(), strict=True):
            np.testing.assert_allclose(p.grad, q.grad, atol=1e-12)
    assert "for_loop" in str(static.graph)
    assert len(static.programs) == 2


def test_attention():
    net = nn.MultiHeadAttention(4, 2, generator=xp.Generator(0))
    static = to_static(lambda x, m: net(x, m, is_causal=True))
    for n in (3, 5):
        x, m = normal(2, n, 4), normal(2, n, 4, seed=2)
        np.testing.assert_allclose(static(x, m), net(x, m, is_causal=True))


def trainer(net, optimizer):
    def step(x, y):
        loss = xp.cross_entropy(net(x), y)
        loss.backward()
        norm = optim.clip_grad_norm(net.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        return loss, norm

    return step


OPTIMIZERS = {
    "sgd": lambda ps: optim.SGD(ps, 0.1, momentum=0.9, weight_decay=0.01, nesterov=True),
    "adam": lambda ps: optim.Adam(ps, 0.1, amsgrad=True),
    "adamw": lambda ps: optim.AdamW(ps, 0.1),
    "rmsprop": lambda ps: optim.RMSprop(ps, 0.01, momentum=0.5, centered=True),
    "adagrad": lambda ps: optim.Adagrad(ps, 0.1, lr_decay=0.1),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_training_step_is_one_graph(name):
    first, second = model(), model()
    plain_optimizer, static_optimizer = (OPTIMIZERS[name](net.parameters()) for net in (first, second))
    plain, static = trainer(first, plain_optimizer), to_static(trainer(second, static_optimizer))
    schedules = [optim.lr.StepLR(o, 3, 0.5) for o in (plain_optimizer, static_optimizer)]
    for i in range(10):
        x, y = normal(8, 3, seed=i), xp.Generator(i).integers(0, 2, (8,))
        for a, b in zip(plain(x, y), static(x, y), strict=True):
            np.testing.assert_allclose(a, b)
            assert not b.requires_grad
        for schedule in schedules:
            schedule.step()
    assert_same_state(first, second, atol=1e-10)
    for a, b in zip(plain_optimizer.state, static_optimizer.state, strict=True):
        for key, value in a.items():
            np.testing.assert_allclose(value, b[key], atol=1e-8)  # of a gradient of 0, the digits that are left
            assert not b[key].requires_grad
    assert all(type(p) is nn.Parameter and p.requires_grad and p.grad is None for p in second.parameters())
    assert len(static.programs) == 2  # the second takes the learning rate as an input


def test_gradients_that_add_up():
    first, second = Gate(3, 0), Gate(3, 0)

    def accumulate(net):
        def run(x):
            loss = (net(x) ** 2.0).sum()
            loss.backward()
            return loss

        return run

    plain, static = accumulate(first), to_static(accumulate(second))
    for i in range(4):
        x = normal(2, 3, seed=i)
        np.testing.assert_allclose(plain(x), static(x))
        for p, q in zip(first.parameters(), second.parameters(), strict=True):
            np.testing.assert_allclose(p.grad, q.grad)
            assert type(q.grad) is xp.Tensor
    second.zero_grad()
    static(normal(2, 3))
    assert len(static.programs) == 2


def test_detach_is_a_constant_to_gradients_of_the_graph():
    @to_static
    def f(x):
        return (x * x.detach()).sum()

    x = xp.asarray([1.0, 2.0])
    np.testing.assert_array_equal(f.grad()(x), [1.0, 2.0])
    x.requires_grad = True
    f(x).backward()
    np.testing.assert_array_equal(x.grad, [1.0, 2.0])


def test_no_grad_is_a_constant_to_gradients_of_the_graph():
    @xp.no_grad()
    def halved(x):
        return x * 0.5

    @to_static
    def f(x):
        return (x * halved(x)).sum()

    np.testing.assert_array_equal(f.grad()(xp.asarray([1.0, 2.0])), [0.5, 1.0])


def test_an_inner_gradient_can_be_differentiated_again():
    @to_static
    def f(x):
        return xp.grad(lambda v: (v**3.0).sum())(x).sum()

    np.testing.assert_allclose(f.grad()(xp.asarray([1.0, 2.0])), [6.0, 12.0])

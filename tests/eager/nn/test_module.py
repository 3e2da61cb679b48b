"""What a Module is made of, what it saves, and how it says what is wrong."""

import copy
import pickle

import numpy as np
import pytest

import eager as xp
from eager import nn


class Net(nn.Module):
    def __init__(self) -> None:
        self.fc = nn.Linear(3, 2)
        self.scale = nn.Parameter(np.ones(2))
        self.blocks = [nn.Linear(2, 2), {"inner": nn.Linear(2, 1, bias=False)}]
        self.register_buffer("seen", xp.zeros(()))
        self.note = "not state"

    def forward(self, x: xp.Tensor) -> xp.Tensor:
        hidden = self.blocks[0](self.fc(x) * self.scale)
        return self.blocks[1]["inner"](hidden)


NAMES = ["scale", "seen", "fc.weight", "fc.bias", "blocks.0.weight", "blocks.0.bias", "blocks.1.inner.weight"]


def test_state_is_found_in_attributes_and_containers():
    net = Net()
    assert list(net.state_dict()) == NAMES
    assert [name for name, _ in net.named_parameters()] == [n for n in NAMES if n != "seen"]
    assert [name for name, _ in net.named_buffers()] == ["seen"]
    assert [name for name, _ in net.named_children()] == ["fc", "blocks.0", "blocks.1.inner"]
    assert [name for name, _ in net.named_modules()] == ["", "fc", "blocks.0", "blocks.1.inner"]


def test_shared_parameters_come_once_but_are_saved_by_all_names():
    net = Net()
    other = nn.Linear(3, 2)
    other.weight = net.fc.weight
    net.other = other
    assert len(list(net.parameters())) == len({id(p) for p in net.parameters()}) == 7
    assert {"fc.weight", "other.weight"} <= set(net.state_dict())


def test_a_module_that_holds_its_owner_is_walked_once():
    net = Net()
    net.fc.owner = net
    assert len(list(net.modules())) == 4


def test_state_dict_round_trip():
    first, second = Net(), Net()
    second.load_state_dict(first.state_dict())
    x = xp.ones((4, 3))
    np.testing.assert_array_equal(first(x), second(x))
    second.load_state_dict({name: np.asarray(value) for name, value in first.state_dict().items()})
    np.testing.assert_array_equal(first(x), second(x))


def test_a_state_dict_is_a_snapshot():
    net = Net()
    saved = net.state_dict()
    before = np.array(saved["scale"])
    with xp.no_grad():
        net.scale *= 3.0
        net.scale[0] = 7.0
    np.testing.assert_array_equal(saved["scale"], before)
    assert not saved["scale"].requires_grad


def test_load_state_dict_says_all_that_does_not_fit_and_changes_nothing():
    net = Net()
    state = net.state_dict()
    before = np.array(net.scale)
    del state["fc.bias"]
    state["fc.weight"] = xp.ones((2, 4))
    state["scale"] = xp.ones(2) * 9.0
    state["head.weight"] = xp.ones(1)
    state["seen"] = xp.asarray(1j)
    with pytest.raises(nn.StateDictError) as caught:
        net.load_state_dict(state)
    assert str(caught.value) == (
        "the state dict does not fit this Net:\n"
        "    `fc.bias` is missing\n"
        "    `head.weight` is not part of the model\n"
        "    `seen` is f64[] in the model, c128[] in the state dict\n"
        "    `fc.weight` is f64[2,3] in the model, f64[2,4] in the state dict\n"
        "  Next: build the model as the saved one was built, or rename the entries; "
        "`strict=False` loads the names that both have."
    )
    np.testing.assert_array_equal(net.scale, before)


def test_load_state_dict_that_is_not_strict():
    net = Net()
    mismatch = net.load_state_dict({"scale": np.array([4.0, 5.0], np.float32), "head": np.ones(1)}, strict=False)
    assert mismatch.missing == [n for n in NAMES if n != "scale"]
    assert mismatch.unexpected == ["head"]
    np.testing.assert_array_equal(net.scale, [4.0, 5.0])
    assert net.scale.dtype == xp.float64
    with pytest.raises(nn.StateDictError, match="`scale` is f64\\[2\\] in the model, f64\\[3\\]"):
        net.load_state_dict({"scale": np.ones(3)}, strict=False)


def test_train_and_eval_reach_all_parts():
    net = nn.Sequential(nn.Dropout(0.5), nn.Sequential(nn.Dropout(0.5)))
    assert all(m.training for m in net.modules())
    assert net.eval() is net
    assert not any(m.training for m in net.modules())
    assert all(m.training for m in net.train().modules())


def test_apply_and_zero_grad_and_requires_grad():
    net = Net()
    visited: list[str] = []
    assert net.apply(lambda m: visited.append(type(m).__name__)) is net
    assert visited == ["Linear", "Linear", "Linear", "Net"]
    net(xp.ones((1, 3))).sum().backward()
    assert all(p.grad is not None for p in net.parameters())
    net.zero_grad()
    assert all(p.grad is None for p in net.parameters())
    net.requires_grad_(False)
    assert not net(xp.ones((1, 3))).requires_grad


def test_a_parameter_does_not_become_a_plain_tensor_unnoticed():
    net = Net()
    with pytest.raises(TypeError, match="`scale` of Net is a Parameter, it cannot become a plain tensor"):
        net.scale = net.scale * 2.0
    net.scale = nn.Parameter(np.zeros(2))
    net.scale = None
    assert "scale" not in net.state_dict()


def test_a_module_without_forward():
    class Empty(nn.Module):
        pass

    with pytest.raises(NotImplementedError, match="Empty does not define `forward`"):
        Empty()(1)


def test_text():
    assert repr(Net()) == (
        "Net(\n  (fc): Linear(3, 2)\n  (blocks.0): Linear(2, 2)\n  (blocks.1.inner): Linear(2, 1, bias=False)\n)"
    )
    assert repr(nn.Sequential(nn.Sequential(nn.ReLU()), nn.Conv2d(1, 2, 3, padding=1))) == (
        "Sequential(\n  (0): Sequential(\n    (0): ReLU()\n  )\n  (1): Conv2d(1, 2, kernel_size=(3, 3), padding=1)\n)"
    )


def test_copies_and_pickles_are_independent():
    net = Net()
    for other in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert list(other.state_dict()) == NAMES
        with xp.no_grad():
            other.scale *= 5.0
        np.testing.assert_array_equal(net.scale, [1.0, 1.0])
        assert len(list(other.parameters())) == 6


def test_containers():
    parts = [nn.Linear(2, 2) for _ in range(3)]
    stack = nn.Sequential(*parts)
    assert list(stack) == parts
    assert stack[0] is parts[0]
    assert list(stack[1:]) == parts[1:]
    assert len(stack) == 3
    listed = nn.ModuleList(parts[:1])
    listed.append(parts[1])
    listed.extend(parts[2:])
    assert list(listed.state_dict()) == [f"{i}.{name}" for i in range(3) for name in ("weight", "bias")]
    assert isinstance(listed[:2], nn.ModuleList)
    with pytest.raises(TypeError, match="a function is no Module"):
        nn.Sequential(lambda x: x)  # pyright: ignore[reportArgumentType]


def test_parameter_lists():
    class Mixture(nn.Module):
        def __init__(self) -> None:
            self.means = [nn.Parameter(np.zeros(2)), nn.Parameter(np.ones(2))]

    assert list(Mixture().state_dict()) == ["means.0", "means.1"]

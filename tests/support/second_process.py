"""A module of a user's as one process after the other has it, and static functions of it."""

import importlib
import itertools
import linecache
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import eager as xp
from dy2static import StaticFunction, to_static
from dy2static.cache.kept_programs import CONTAINERS, write
from graph.ir.written import WrittenGraph

HELPERS = """\
RATE = 0.5

def half(x):
    return x * RATE
"""
TEXT = """\
import linecache
import math
import time
import builtins
import dataclasses
import functools
from math import pi
import numpy as np
import eager as xp
import eager.functional as F
from eager import tanh as squash
import kept_helpers
from kept_helpers import half

SCALE = 2.0
MODE = "plus"
TIMES = [1.0, 2.0]
SAME = TIMES
SIZES = {"a": 3.0, "b": 4.0}
PAIR = (1.0, (2.0, "x"))
W = xp.asarray([1.0, 2.0])
V = W
TABLE = np.asarray([3.0, 4.0])
DTYPE = np.float32
SEEN = []
STEPS = {"half": half}

def scaled(x, by=3.0, *, more=1.0):
    return x * by + more

def number(x):
    return x * SCALE

def text(x):
    return x + 1 if MODE == "plus" else x - 1

def items(x):
    for t in TIMES:
        x = x * t
    return x

def keys(x):
    return [x * SIZES[key] for key in SIZES]

def nested(x):
    return x * PAIR[0] + PAIR[1][0], PAIR[1][1]

def is_same(x):
    return x + (1 if TIMES is SAME else 2)

def tensor(x):
    return x * W

def tensors(x):
    return x * W + V if W is V else x * W - V

def array(x):
    return x * TABLE

def kind(x):
    return xp.astype(x, DTYPE)

def called(x):
    return scaled(x)

def of_module(x):
    return half(x) + kept_helpers.RATE

def in_a_dict(x):
    return STEPS["half"](x)

def by_name(x):
    return squash(x) * math.floor(pi)

def length(x):
    return x * len(TIMES)

def wide(x):
    return 7

def wide_of_three(x, by, *, more):
    return x * by - more

def of_numpy(x):
    return np.sum(np.sqrt(x)) * np.pi

def made(x):
    found = [x, x + 1]
    return {"a": found, "b": (found, None, 2.5), "x": x}

def loop(x):
    t = 0.0
    while t < x.sum():
        t = t + x[0]
    return t

def fails(x):
    if x.sum() > 100:
        raise ValueError(f"too much: {x.sum()}")
    return x * 2

def closed(by):
    def inner(x):
        return x * by
    return inner

def gradient(x):
    return xp.grad(number_of)(x)

def number_of(x):
    return (x * x * SCALE).sum()

def clock(x):
    return x + (time.time() > 0)

def drawn(x):
    return F.dropout(x, 0.5)

def changes(x):
    SEEN.append(1)
    return x

def imports(x):
    import time as t
    return x + (t.time() > 0)

def of_a_set(x):
    for by in {"a", "b"}:
        x = x * (1.0 if by == "a" else 2.0)
    return x

def hashed(x):
    return x + (hash("a") > 0)

def addressed(x):
    return x + (id(SEEN) > 0)

@dataclasses.dataclass
class Options:
    by: float = 2.0

OPTIONS = Options()

def of_an_object(x):
    return x * OPTIONS.by

def asked(x):
    return x * getattr(kept_helpers, "RATE")

def its_name(x):
    return x + len(scaled.__name__)

def its_text(x):
    return x, f"{scaled}"

def its_files(x):
    return x + len(linecache.getlines(__file__))

def builtin(x):
    return x + (builtins.len([1]))

def formatted(x):
    return x, "{0.RATE}".format(kept_helpers)

def mentions(x):
    return xp.tanh(x) + xp.exp(x)

def partly(x):
    return functools.partial(scaled, by=2.0)(x)
"""


_TIME = itertools.count(1)


def imported_anew(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str = TEXT, helpers: str = HELPERS
) -> ModuleType:
    """The module as a new process has it, made of these texts."""
    write()
    for name, content in {"kept_helpers": helpers, "kept_model": text}.items():
        path = tmp_path / f"{name}.py"
        if not path.exists() or path.read_text() != content:
            path.write_text(content)
            os.utime(path, (1, next(_TIME)))  # before this process began
        monkeypatch.delitem(sys.modules, name, raising=False)
    linecache.checkcache()
    importlib.invalidate_caches()
    importlib.import_module("kept_helpers")
    return importlib.import_module("kept_model")


X = xp.asarray([0.5, 1.5])


def static(function: Any, **options: Any) -> StaticFunction:
    return to_static(function, executor="native", compile="now", **options)


def is_kept(function: StaticFunction) -> bool:
    """Whether its latest program was found, not staged."""
    found = function.cache.latest
    assert found is not None
    return isinstance(found.staged.form, WrittenGraph)


def assert_same(found: Any, expected: Any) -> None:
    assert type(found) is type(expected)
    if isinstance(expected, CONTAINERS) and expected is not None:
        assert len(found) == len(expected)
        if isinstance(expected, dict):
            assert list(found) == list(expected)
            found, expected = list(found.values()), list(expected.values())
        for a, b in zip(found, expected, strict=True):
            assert_same(a, b)
    elif isinstance(expected, xp.Tensor):
        assert found.dtype == expected.dtype
        np.testing.assert_allclose(np.asarray(found), np.asarray(expected), rtol=1e-6)
    else:
        assert found == expected

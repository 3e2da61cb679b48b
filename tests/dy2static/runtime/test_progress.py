"""Bars that show progress (`tqdm`) show what Python does, and change no result."""

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest

import eager as xp
from dy2static import to_static

LIBRARY = """
import time
from datetime import datetime

class tqdm:
    def __init__(self, iterable, desc=""):
        self.iterable, self.total, self.shown, self.began = iterable, len(iterable), [], datetime.now()

    def __iter__(self):
        for item in self.iterable:
            self.shown.append((datetime.now(), time.time()))
            yield item

    def set_postfix(self, **values):
        self.postfix = str(values)
"""
MODEL = """
from tqdm import tqdm

def over_python(x):
    bar = tqdm(range(4), desc="train")
    for i in bar:
        x = x * 2.0 if x < 10 else x + i
        bar.set_postfix(trip=i)
    return x

def over_the_graph(x, n):
    for i in tqdm(range(n)):
        x = x + i
    total = x[0] * 0.0
    for row in tqdm(x):
        total = total + row
    return x, total
"""


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    (tmp_path / "tqdm.py").write_text(LIBRARY)
    (tmp_path / "with_progress.py").write_text(MODEL)
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in ("tqdm", "with_progress"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    yield importlib.import_module("with_progress")
    for name in ("tqdm", "with_progress"):
        sys.modules.pop(name, None)


def test_over_python(model: Any) -> None:
    static = to_static(model.over_python)
    for x in (xp.asarray(1.0), xp.asarray(8.0)):
        assert float(static(x)) == float(model.over_python(x))


def test_over_the_graph(model: Any) -> None:
    static = to_static(model.over_the_graph)
    for n in (3, 0):
        x, total = static(xp.asarray([1.0, 2.0]), xp.asarray(n))
        assert x.tolist() == [1.0 + sum(range(n)), 2.0 + sum(range(n))]
        assert float(total) == sum(x.tolist())

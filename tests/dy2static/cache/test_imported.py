"""Modules that a function imports, or asks for, where it runs: what is read there is as it is before each run."""

# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import eager as xp
from dy2static import to_static
from dy2static.cache.imported import imports_of

SETTINGS = "level = 1\nscale = None\n\n\ndef twice(x):\n    return x * 2 * level\n"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    package = tmp_path / "app_of_test"
    package.mkdir()
    (package / "__init__.py").write_text("", encoding="utf-8")
    (package / "settings.py").write_text(SETTINGS, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    yield importlib.import_module("app_of_test.settings")
    for name in ("app_of_test.settings", "app_of_test"):
        del sys.modules[name]


def by_import(x: Any) -> Any:
    import app_of_test.settings

    return x * app_of_test.settings.level


def by_name(x: Any) -> Any:
    import app_of_test.settings as s

    return x * s.level


def from_package(x: Any) -> Any:
    from app_of_test import settings

    settings.level += 1
    return x * settings.level


def from_module(x: Any) -> Any:
    from app_of_test.settings import level

    return x * level


def function_of(x: Any) -> Any:
    from app_of_test.settings import twice

    return twice(x)


def of_an_inner_function(x: Any) -> Any:
    def inner(v: Any) -> Any:
        from app_of_test import settings

        return v * settings.level

    return inner(x)


def by_sys_modules(x: Any) -> Any:
    return x * sys.modules["app_of_test.settings"].level


def by_importlib(x: Any) -> Any:
    return x * importlib.import_module("app_of_test.settings").level


def stored_on_one_path(x: Any) -> Any:
    from app_of_test import settings

    if x > 2:
        settings.level += 1
        settings.scale = x
    return x * settings.level if settings.scale is None else x * settings.scale


@pytest.mark.parametrize(
    "function",
    [
        *(by_import, by_name, from_package, from_module, function_of, of_an_inner_function),
        *(by_sys_modules, by_importlib, stored_on_one_path),
    ],
)
def test_what_is_read_is_as_it_is_now(function: Any, settings: Any) -> None:
    static = to_static(function)
    found: list[list[Any]] = []
    for target in (function, static):
        settings.level, settings.scale = 1, None
        seen: list[Any] = []
        for value in (1.0, 2.0, 3.0, 4.0):
            settings.level += 1
            seen += [float(target(xp.asarray(value))), int(settings.level), settings.scale and float(settings.scale)]
        found.append(seen)
    assert found[0] == found[1]


def test_a_tensor_there_may_be_another_one(settings: Any) -> None:
    def scaled(x: Any) -> Any:
        from app_of_test import settings

        return x * settings.scale

    static = to_static(scaled)
    settings.scale = xp.asarray(2.0)
    assert float(static(xp.asarray(3.0))) == 6.0
    settings.scale = xp.asarray(5.0)
    assert float(static(xp.asarray(3.0))) == 15.0
    assert len(static.programs) == 1


@pytest.mark.usefixtures("settings")
def test_imports_of_a_function() -> None:
    found = {f.__name__: [(x.name, x.taken) for x in imports_of(f)] for f in (by_import, from_package, of_libraries)}
    assert found == {
        "by_import": [("app_of_test", ()), ("app_of_test.settings", ())],
        "from_package": [("app_of_test", ("settings",))],
        "of_libraries": [],
    }


def of_libraries() -> Any:
    import os
    from math import pi

    return os, pi


def test_a_relative_import_that_python_refuses() -> None:
    """The program meets Python's error; what looks for imports does not."""

    @to_static
    def f(x: Any) -> Any:
        try:
            from .....far import up
        except ImportError:
            return x * 2.0
        return x * up

    assert float(f(xp.asarray(3.0))) == 6.0

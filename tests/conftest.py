"""Set-up of every test run. Warnings are errors and the import mode is set in pyproject.toml."""

import gc
import importlib
import linecache
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.register_assert_rewrite("support")

from hypothesis import settings  # noqa: E402 (asserts of support/ must be registered before it is imported)

from support import golden  # noqa: E402

importlib.import_module("graph.ops")  # declares the ops, which tests of the compiler have by their names

# A run in the background has SIGINT ignored, and so would its children; tests of Ctrl-C send it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Code that is compiled meanwhile would make results depend on time; tests of that say so.
os.environ["DY2STATIC_COMPILE"] = "now"
# LLVM takes longer than most tests: those of native code ask for it, and `make test-slow` runs all with it.
os.environ.setdefault("DY2STATIC_EXECUTOR", "numpy")
# What tests compile and convert is not for the user's cache.
os.environ.setdefault("DY2STATIC_CACHE", str(Path(__file__).parent.parent / "build" / "cache_of_tests"))

# A first call compiles, so times per example say nothing; CI must give the same verdict twice.
settings.register_profile("dy2static", deadline=None, derandomize="CI" in os.environ, print_blob=True)
settings.load_profile("dy2static")


@pytest.fixture(autouse=True)
def _no_source_of_other_tests() -> Iterator[None]:
    """Tests define functions in a `model.py` that is nowhere; graphs that are only text say that they come from it."""
    yield
    linecache.cache.pop("model.py", None)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite tests/golden from what the code says now")


def pytest_configure(config: pytest.Config) -> None:
    update = bool(config.getoption("--update-golden"))
    golden.use_store(golden.GoldenStore(golden.GOLDEN_DIR, update=update))


def pytest_collection_finish() -> None:
    """What is there once all tests are collected stays. A refusal looks for garbage first (`staging.sharing`); to look
    through all that would take seconds."""
    gc.collect()
    gc.freeze()
    # What tests make lives shortly: to look for cycles as often as usual took a twentieth of the time.
    gc.set_threshold(20_000, 10, 10)

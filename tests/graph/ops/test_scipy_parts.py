"""Extensions of SciPy's without the packages around them, and with them."""

import subprocess
import sys

import pytest

from graph.ops import scipy_parts
from graph.ops.scipy_parts import extension_of_scipy

PROGRAM = """
import sys
import numpy as np
from graph.ops.unary import erf_kernel
x = np.linspace(-3, 3, 1001)
y, z = erf_kernel(x), erf_kernel(x.astype("f4"))
print("scipy.special._ufuncs" in sys.modules)
import scipy.special
print(np.array_equal(scipy.special.erf(x), y), np.array_equal(scipy.special.erf(x.astype("f4")), z))
"""


def test_an_extension_alone_and_the_package_later() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True", "True"]


def test_what_is_not_there() -> None:
    assert extension_of_scipy("linalg", "no_such_extension") is None


def test_without_scipy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scipy_parts.util, "find_spec", lambda *_: None)
    monkeypatch.delitem(sys.modules, "scipy.fft", raising=False)
    with pytest.raises(ImportError, match="SciPy is needed"):
        extension_of_scipy("fft", "nothing")

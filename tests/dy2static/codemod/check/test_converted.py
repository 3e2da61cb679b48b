"""Which functions of a file are taken to be converted."""

import pytest

from dy2static.codemod.check.converted import conversions, converted_functions
from dy2static.codemod.check.module import parse
from dy2static.codemod.source_file import NEWLINE


def converted(text: str) -> dict[str, str]:
    module = parse(text, "model.py", NEWLINE.split(text))
    return {f.scope.qualname: f.because for f in converted_functions(module, conversions(module))}


SPELLINGS = {
    "bare": "from dy2static import to_static\n@to_static\ndef f(x): return x",
    "options": "from dy2static import to_static\n@to_static(executor='interpreter')\ndef f(x): return x",
    "empty": "from dy2static import to_static\n@to_static()\ndef f(x): return x",
    "attribute": "import dy2static\n@dy2static.to_static\ndef f(x): return x",
    "alias of the module": "import dy2static as d\n@d.to_static()\ndef f(x): return x",
    "alias": "from dy2static import to_static as static\n@static\ndef f(x): return x",
    "its own module": "from dy2static.decorator import to_static\n@to_static\ndef f(x): return x",
    "star": "from dy2static import *\n@to_static\ndef f(x): return x",
    "another name": "import dy2static\nstatic = dy2static.to_static\n@static\ndef f(x): return x",
    "options by another name": (
        "import dy2static\nstatic = dy2static.to_static(executor='numpy')\n@static\ndef f(x): return x"
    ),
    "partial": (
        "import functools, dy2static\n@functools.partial(dy2static.to_static, executor='numpy')\ndef f(x): return x"
    ),
    "among others": "import a\nfrom dy2static import to_static\n@a.b\n@to_static\n@a.c(1)\ndef f(x): return x",
    "call": "from dy2static import to_static\ndef f(x): return x\nf = to_static(f)",
    "call by keyword": "from dy2static import to_static\ndef f(x): return x\ng = to_static(function=f)",
    "options, then call": ("from dy2static import to_static\ndef f(x): return x\ng = to_static(executor='numpy')(f)"),
    "call of a partial": (
        "from functools import partial\n"
        "from dy2static import to_static\n"
        "def f(a, x): return x\n"
        "g = to_static(partial(f, 1))"
    ),
    "imported in a function": (
        "def main():\n    from dy2static import to_static\n    return to_static(f)\ndef f(x): return x"
    ),
    "imported in try": (
        "try:\n    from dy2static import to_static\nexcept ImportError:\n    raise\n@to_static\ndef f(x): return x"
    ),
    "async": "from dy2static import to_static\n@to_static\nasync def f(x): return x",
    "the result passed on": "from dy2static import to_static\ndef f(x): return x\nuse(map(to_static(f), []))",
    "another name of f": "from dy2static import to_static\ndef f(x): return x\ng = f\nh = to_static(g)",
}


@pytest.mark.parametrize("text", SPELLINGS.values(), ids=SPELLINGS)
def test_spelling(text: str) -> None:
    assert converted(text) == {"f": ""}


NOT = {
    "another decorator": "from other import to_static\n@to_static\ndef f(x): return x",
    "a method of that name": "import dy2static, other\n@other.to_static\ndef f(x): return x",
    "shadowed": "from dy2static import to_static\ndef g(to_static):\n    @to_static\n    def f(x): return x",
    "not called": "from dy2static import to_static\ndef f(x): return x",
    "nothing of this file": "from dy2static import to_static\nfrom models import f\ng = to_static(f)",
}


@pytest.mark.parametrize("text", NOT.values(), ids=NOT)
def test_not_converted(text: str) -> None:
    assert converted(text) == {}


MODELS = """
from dy2static import to_static

class Base:
    def shared(self, x): return x
    def forward(self, x): return self.shared(x)

class Layer(Base):
    def helper(self, x): return x
    def forward(self, x): return super().forward(self.helper(x))
    def unused(self, x): return x

class Model:
    def __init__(self):
        self.layer = Layer()
    {decorator}
    def __call__(self, x):
        return self.layer(x)
"""


def test_methods_and_objects() -> None:
    expected = {
        "Base.shared": "Base.forward",
        "Base.forward": "Layer.forward",
        "Layer.helper": "Layer.forward",
        "Layer.forward": "Model.__call__",
        "Model.__call__": "",
    }
    assert converted(MODELS.format(decorator="@to_static")) == expected
    for use in ("to_static(Model())", "model = Model()\nf = to_static(model)", "f = to_static(Model.__call__)"):
        assert converted(MODELS.format(decorator="") + use) == expected
    inside = """
class Use:
    def __init__(self):
        self.model = Model()
        self.f = to_static(self.model)
"""
    assert converted(MODELS.format(decorator="") + inside) == expected


CALLS = """
from dy2static import to_static

def far(x): return x
def near(x): return far(x)
def handed_on(x): return x
def unused(x): return near(x)
def shadowed(x): return x

@to_static
def f(x, shadowed):
    def inner(y):
        return near(y)
    return inner(apply(handed_on, x)) + shadowed(x) + f(x)
"""


def test_called_functions() -> None:
    assert converted(CALLS) == {"far": "near", "near": "f", "handed_on": "f", "f": ""}


def test_functions_inside_are_part_of_the_one_around_them() -> None:
    text = """
from dy2static import to_static
@to_static
def f(x):
    @to_static
    def g(y): return y
    return g(x)
"""
    assert converted(text) == {"f": ""}


def test_lambdas() -> None:
    assert converted("from dy2static import to_static\nf = to_static(lambda x: x)") == {"<lambda>": ""}

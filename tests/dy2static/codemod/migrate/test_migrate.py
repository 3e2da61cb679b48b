"""Small pieces of code: what is written for them, and what is left."""

import pytest

from dy2static.codemod.migrate.frameworks import FRAMEWORKS, load
from dy2static.codemod.migrate.migrate import migrate


def written(text: str, framework: str) -> str:
    done = migrate(text, load(framework))
    assert done is not None
    return done.text


def left(text: str, framework: str) -> list[tuple[int, str]]:
    done = migrate(text, load(framework))
    assert done is not None
    return [(item.line, item.what) for item in done.left]


LAX = "from jax import lax\nimport jax.numpy as jnp\ndef f(x, n):\n"
OURS = "import eager as xp\ndef f(x, n):\n"

CASES = {
    # Names that are in use stay what they are.
    "names that are read later": (
        "    i = x\n    y = lax.while_loop(lambda i: i < n, lambda i: i + 1, 0)\n    return i, y\n",
        "    i = x\n    y = 0\n    while y < n:\n        y = y + 1\n    return i, y\n",
    ),
    "a name that the test means otherwise": (
        "    n = lax.while_loop(lambda i: i < n, lambda i: i + 1, 0)\n    return n\n",
        "    i = 0\n    while i < n:\n        i = i + 1\n    n = i\n    return n\n",
    ),
    "locals that clash": (
        "    def body(v):\n        x = v * 2\n        return x\n"
        "    y = lax.while_loop(lambda v: v < n, body, 1)\n    return x + y\n",
        "    y = 1\n    while y < n:\n        x_1 = y * 2\n        y = x_1\n    return x + y\n",
    ),
    "exchanged values": (
        "    a, b = lax.while_loop(lambda s: s[0] < n, lambda s: (s[1], s[0] + s[1]), (0, 1))\n    return a\n",
        "    a = 0\n    b = 1\n    while a < n:\n        a, b = b, a + b\n    return a\n",
    ),
    "starts that are read after they are given anew": (
        "    def body(s):\n        x, n = s\n        return n, x\n"
        "    x, n = lax.while_loop(lambda s: s[0] > 0, body, (n, x))\n    return x\n",
        "    x, n = n, x\n    while x > 0:\n        x, n = n, x\n    return x\n",
    ),
    "locals that the test reads from outside": (
        "    y = n\n    def body(i):\n        y = i + 1\n        return y\n"
        "    return lax.while_loop(lambda i: i < y, body, 0)\n",
        "    y = n\n    i = 0\n    while i < y:\n        y_1 = i + 1\n        i = y_1\n    return i\n",
    ),
    "a result that is called as what is gone over": (
        "    x, y = lax.scan(lambda c, e: (c + e, c), n, x)\n    return x, y\n",
        "    y = []\n    c = n\n    for e in x:\n        y.append(c)\n        c = c + e\n"
        "    x = c\n    y = xp.stack(y)\n    return x, y\n",
    ),
    "values that are called as what is gone over": (
        "    n, x = lax.scan(lambda c, e: (c + e, c), n, x)\n    return n, x\n",
        "    outputs = []\n    for e in x:\n        outputs.append(n)\n        n = n + e\n"
        "    x = xp.stack(outputs)\n    return n, x\n",
    ),
    "a bound that is called as the result": (
        "    n = lax.fori_loop(0, n, lambda i, s: s + i, x)\n    return n\n",
        "    s = x\n    for i in range(n):\n        s = s + i\n    n = s\n    return n\n",
    ),
    "a test that stays a function, and reads": (
        "    k = n\n    def test(i):\n        if i > 9:\n            return False\n        return i < k\n"
        "    def body(i):\n        k = i + 1\n        return k\n"
        "    return lax.while_loop(test, body, 0)\n",
        "    k = n\n    def test(i):\n        if i > 9:\n            return False\n        return i < k\n"
        "    i = 0\n    while test(i):\n        k_1 = i + 1\n        i = k_1\n    return i\n",
    ),
    "an operand that is called as a local": (
        "    def up(v):\n        x = v * 2\n        return x + v\n"
        "    y = lax.cond(n > 0, up, lambda v: v, x)\n    return y\n",
        "    if n > 0:\n        x_1 = x * 2\n        y = x_1 + x\n    else:\n        y = x\n    return y\n",
    ),
    "branches that return two values": (
        "    def up(v):\n        return v, 1\n    def down(v):\n        return -v, 2\n"
        "    return lax.cond(n > 0, up, down, x)\n",
        "    return (x, 1) if n > 0 else (-x, 2)\n",
    ),
    "a map that returns two values": (
        "    def both(v):\n        return v, 1\n    return lax.map(both, x)\n",
        "    return xp.stack([(v, 1) for v in x])\n",
    ),
    "a state that is one": (
        "    s = lax.while_loop(lambda s: s['i'] < n, lambda s: {'i': s['i'] + 1}, {'i': 0})\n    return s\n",
        "    s = {'i': 0}\n    while s['i'] < n:\n        s = {'i': s['i'] + 1}\n    return s\n",
    ),
    "functions that are used elsewhere too": (
        "    def body(v):\n        return v * 2\n"
        "    y = lax.while_loop(lambda v: v < n, body, 1)\n    return y + body(1)\n",
        "    def body(v):\n        return v * 2\n"
        "    y = 1\n    while y < n:\n        y = y * 2\n    return y + body(1)\n",
    ),
    "a function with two ways out": (
        "    def body(v):\n        if v > 3:\n            return v * 2\n        return v + 1\n"
        "    return lax.while_loop(lambda v: v < n, body, 1)\n",
        "    def body(v):\n        if v > 3:\n            return v * 2\n        return v + 1\n"
        "    v = 1\n    while v < n:\n        v = body(v)\n    return v\n",
    ),
    "inside an expression": (
        "    return 1 + lax.fori_loop(0, n, lambda i, s: s + i, x)  # sum\n",
        "    result = x\n    for i in range(n):\n        result = result + i\n    return 1 + result  # sum\n",
    ),
    "nested": (
        "    def outer(i, s):\n        return lax.fori_loop(0, i, lambda j, t: t + j, s)\n"
        "    return lax.fori_loop(1, n, outer, x)\n",
        "    s = x\n    for i in range(1, n):\n        t = s\n        for j in range(i):\n"
        "            t = t + j\n        s = t\n    return s\n",
    ),
    "a branch with an operand to be worked out": (
        "    return lax.cond(n > 0, lambda v: v * v, lambda v: -v, x + 1)\n",
        "    if n > 0:\n        v = x + 1\n        return v * v\n    else:\n        v = x + 1\n        return -v\n",
    ),
    "branches of the module": (
        "    return lax.cond(n > 0, jnp.sin, jnp.cos, x)\n",
        "    return xp.sin(x) if n > 0 else xp.cos(x)\n",
    ),
    "scan without values": (
        "    c, _ = lax.scan(lambda c, e: (c + e, None), n, x)\n    return c\n",
        "    c = n\n    for e in x:\n        c = c + e\n    return c\n",
    ),
    "scan whose values are wanted alone": (
        "    return lax.scan(lambda c, e: (c + e, c), n, x)[1]\n",
        "    outputs = []\n    c = n\n    for e in x:\n        outputs.append(c)\n        c = c + e\n"
        "    return xp.stack(outputs)\n",
    ),
}


@pytest.mark.parametrize("name", [name for name, (_, after) in CASES.items() if after is not None])
def test_control_flow(name: str) -> None:
    before, after = CASES[name]
    found = written(LAX + before, "jax")
    assert found.partition("def f(x, n):\n")[2] == after


def test_parameters_are_no_imports() -> None:
    text = "import torch\ndef f(torch, x):\n    return torch.sum(x, dim=1)\ny = torch.sum(x, dim=1)\n"
    assert written(text, "torch") == (
        "import torch\nimport eager as xp\ndef f(torch, x):\n    return torch.sum(x, dim=1)\ny = xp.sum(x, axis=1)\n"
    )


def test_a_file_without_the_framework_is_none_of_our_business() -> None:
    for text in ("import numpy as np\nx = np.sum(1)\n", "# torch\nx = 1\n", "import torchvision_like\n"):
        assert migrate(text, load("torch")) is None


def test_imports_that_are_still_used_stay() -> None:
    text = (
        '"""Doc."""\nfrom __future__ import annotations\n\nimport os, torch  # both\n'
        "from torch import nn, fft\n\nfft.fft(torch.ones(3))\n"
    )
    assert written(text, "torch") == (
        '"""Doc."""\nfrom __future__ import annotations\n\nimport eager as xp\n'
        "import os  # both\nfrom torch import fft\n\n"
        "fft.fft(xp.ones(3))\n"
    )
    assert left(text, "torch") == [(8, "`fft.fft`")]


def test_names_that_are_taken() -> None:
    text = "import torch\nxp = 3\nnn = 4\nlayer = torch.nn.Linear(2, 3)\ny = torch.exp(x)\n"
    assert written(text, "torch") == ("import eager\nxp = 3\nnn = 4\nlayer = eager.nn.Linear(2, 3)\ny = eager.exp(x)\n")


def test_imports_that_are_there_are_used() -> None:
    text = (
        "import eager as ea\nfrom dy2static import to_static\nimport jax\n"
        "@jax.jit\ndef f(x):\n    return jax.numpy.exp(x)\n"
    )
    assert written(text, "jax") == (
        "import eager as ea\nfrom dy2static import to_static\n@to_static\ndef f(x):\n    return ea.exp(x)\n"
    )


def test_layout_and_comments_stay() -> None:
    text = (
        "import torch\n\n# what it is about\ny = torch.sum(  # all of it\n    x,\n    dim = 1,  # rows\n)\n\n\n"
        "z = (torch . exp( y ))  # last\n"
    )
    assert written(text, "torch").replace("import eager as xp", "import torch").endswith("z = (xp.exp( y ))  # last\n")
    assert "# what it is about" in written(text, "torch")
    assert "# all of it" in written(text, "torch") or "axis" in written(text, "torch")


def test_what_cannot_be_told_is_left() -> None:
    text = "import torch\na = torch.sum(*args)\nb = torch.add(x, y, out=z)\nc = torch.nosuch(x)\nd = x.max(dim=1)\n"
    assert written(text, "torch") == text
    assert left(text, "torch") == [(2, "`torch.sum`"), (3, "`torch.add`"), (4, "`torch.nosuch`"), (5, "`.max()`")]


def test_methods_of_the_users_own_classes_stay() -> None:
    text = "import torch\nimport numpy as np\nclass A:\n    def f(self, x):\n"
    text += "        return self.norm(x, 1), self.size(), np.repeat(x, 2), torch.exp(x)\n"
    assert "self.norm(x, 1), self.size(), np.repeat(x, 2)" in written(text, "torch")


def test_names_of_arguments_that_are_ours_already() -> None:
    text = "import torch\ny = torch.sum(x, axis=1, keepdims=True) + x.mean(axis=0) + x.mean(0, True)\n"
    assert written(text, "torch") == (
        "import eager as xp\ny = xp.sum(x, axis=1, keepdims=True) + x.mean(axis=0) + x.mean(axis=0, keepdims=True)\n"
    )


def test_results_that_are_operators_keep_their_place() -> None:
    text = "import torch\nc = torch.ones(2)\ny = -x.mul(2).add_one() ** x.sub(1).pow(2) + x.div(a + b)\n"
    assert written(text, "torch") == (
        "import eager as xp\nc = xp.ones(2)\ny = -(x * 2).add_one() ** (x - 1).pow(2) + (x / (a + b))\n"
    )


def test_crlf_and_tabs_stay() -> None:
    text = "import jax.numpy as jnp\r\ndef f(x):\r\n\tif x:\r\n\t\treturn jnp.exp(x)\r\n"
    assert written(text, "jax") == "import eager as xp\r\ndef f(x):\r\n\tif x:\r\n\t\treturn xp.exp(x)\r\n"


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_tables_name_what_there_is(framework: str) -> None:
    """Every name of ours in a table exists; every signature can be read."""
    import_lines = "import eager as xp\nfrom eager import nn, optim\n"
    namespace: dict[str, object] = {}
    exec(import_lines, namespace)
    table = load(framework)
    missing: list[str] = []
    entries = [*table.functions.items(), *table.methods.items()]
    for name, entry in entries:
        assert all(parameter.theirs for parameter in entry.parameters), name
        targets = [entry.target] if not entry.is_template and not entry.target.startswith(".") else []
        refused = any(parameter.kind == "refuse" for parameter in entry.parameters[:1])
        missing += [f"{name}: {t}" for t in targets if not refused and not exists(t, namespace)]
    missing += [f"{name}: {target}" for name, target in table.names.items() if not exists(target, namespace)]
    assert missing == []


def exists(target: str, namespace: dict[str, object]) -> bool:
    try:
        eval(target, namespace)
    except (AttributeError, NameError):
        return False
    return True

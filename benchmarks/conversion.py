"""How long source conversion takes: a function of 300 lines made of branches and loops, beside what `ast` needs alone,
and another one made of `try`, `with` and `match`. Then how long staging takes, for 150, 300 and 600 lines.

Run: python -m benchmarks.conversion
"""

import ast
import linecache
import statistics
import time
from collections.abc import Callable
from types import FunctionType

import eager as xp
from dy2static import to_static
from dy2static.source.convert import CACHE, convert_function

BLOCK = """\
    for i in range(n):
        y = x * weights[i] + bias
        if y.sum() > {k} and not done:
            y = -y
        elif i == {k}:
            continue
        else:
            y = y / (1.0 + abs({k} - i))
        state[i], total = y, total + y.mean()
        if total > 100.0 * n:
            break
    while total > {k} and steps < limit:
        total = total * 0.5 if steps % 2 else total - 1.0
        steps += 1
        if steps == limit - {k}:
            return total, state
    self.history.append(f"{k}: {{total:.3f}}")
"""
PROTECTED = """\
    try:
        y = x * {k}
        assert y.sum() > {k}, "small"
        total = total + y
    except (ValueError, AssertionError) as error:
        total = total - 1
    else:
        total = total * 2
    finally:
        steps += 1
    with manager(x) as held:
        total = total + held
    match x:
        case {{"a": a, "b": [b, *rest]}} if a > {k}:
            total = total + a + b
        case Point(x=px, y=py) | (px, py):
            total = total + px * py
        case [{k}, _, z]:
            total = total + z
        case _:
            total = total + 1
"""
STAGED = """\
    y = x * {k} + bias
    if y.sum() > {k}:
        y = -y
        total = total + y.mean()
    elif total > 100:
        y = y / (1.0 + total)
    else:
        y = xp.tanh(y)
    steps = 0
    while total > {k} and steps < limit:
        total = total * 0.5 if steps % 2 else total - 1.0
        steps = steps + 1
    for v in y:
        if v > 1:
            total = total + v
        else:
            continue
        if total > 50:
            break
    x = x + y
"""


def repeated(head: str, block: str, lines: int, end: str) -> str:
    """Source of about so many lines."""
    count = (lines - head.count("\n") - 1) // block.count("\n")
    return head + "".join(block.format(k=k) for k in range(count)) + end


def branching_source(lines: int) -> str:
    head = "def model(self, x, weights, bias, state, n, limit):\n    total, steps, done = 0.0, 0, False\n"
    return repeated(head, BLOCK, lines, "    return total, state\n")


def protected_source(lines: int) -> str:
    head = "def model(x, manager, Point):\n    total, steps = 0.0, 0\n"
    return repeated(head, PROTECTED, lines, "    return total\n")


def staged_source(lines: int) -> str:
    return repeated("def model(x, bias, total, limit):\n", STAGED, lines, "    return total, x\n")


def function_of(source: str) -> FunctionType:
    """The function `model` of a text, whose source can be found again."""
    file = f"<benchmark {hash(source)}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    namespace: dict[str, FunctionType] = {"xp": xp}  # pyright: ignore[reportAssignmentType]
    exec(compile(source, file, "exec"), namespace)
    return namespace["model"]


def median_ms(action: Callable[[], object], repeat: int = 15) -> float:
    times: list[float] = []
    for _ in range(repeat):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e3


def staging_ms(lines: int) -> float:
    """The time from converted code to an optimized graph."""
    model = function_of(staged_source(lines))
    convert_function(model)
    args = [xp.ones(4), xp.ones(4), xp.asarray(3.0), xp.asarray(5)]
    return median_ms(lambda: to_static(model, executor="interpreter").cache.find(args, {}), repeat=5)


def main() -> None:
    source = branching_source(300)
    model, protected = function_of(source), function_of(protected_source(300))

    def convert(function: FunctionType = model) -> None:
        CACHE.clear()
        convert_function(function)

    def convert_again() -> None:
        convert_function(model)

    lines = source.count("\n")
    tree = ast.parse(source)
    print(f"{lines} lines of branches and loops, median of 15:")
    print(f"  ast.parse                {median_ms(lambda: ast.parse(source)):7.2f} ms")
    print(f"  compile, unconverted     {median_ms(lambda: compile(tree, '', 'exec')):7.2f} ms")
    print(f"  convert_function         {median_ms(convert):7.2f} ms")
    print(f"  convert_function, cached {median_ms(convert_again):7.4f} ms")
    print(f"  try, with and match      {median_ms(lambda: convert(protected)):7.2f} ms")
    for count in (150, 300, 600):
        print(f"staging {count} lines of a branching model, after conversion: {staging_ms(count):7.1f} ms")


if __name__ == "__main__":
    main()

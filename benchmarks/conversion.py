"""How long source conversion takes: a function of 300 lines made of branches and loops, beside what `ast` needs alone.

Run: python benchmarks/conversion.py
"""

import ast
import linecache
import statistics
import time
from collections.abc import Callable
from types import FunctionType

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
FILE = "<benchmark>"


def branching_source(lines: int) -> str:
    head = "def model(self, x, weights, bias, state, n, limit):\n    total, steps, done = 0.0, 0, False\n"
    blocks = (lines - 3) // BLOCK.count("\n")
    return head + "".join(BLOCK.format(k=k) for k in range(blocks)) + "    return total, state\n"


def median_ms(action: Callable[[], object], repeat: int = 15) -> float:
    times: list[float] = []
    for _ in range(repeat):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e3


def main() -> None:
    source = branching_source(300)
    linecache.cache[FILE] = (len(source), None, source.splitlines(keepends=True), FILE)
    namespace: dict[str, FunctionType] = {}
    exec(compile(source, FILE, "exec"), namespace)
    model = namespace["model"]

    def convert() -> None:
        CACHE.clear()
        convert_function(model)

    def convert_again() -> None:
        convert_function(model)

    lines = source.count("\n")
    tree = ast.parse(source)
    print(f"{lines} lines of branches and loops, median of 15:")
    print(f"  ast.parse                {median_ms(lambda: ast.parse(source)):7.2f} ms")
    print(f"  compile, unconverted     {median_ms(lambda: compile(tree, FILE, 'exec')):7.2f} ms")
    print(f"  convert_function         {median_ms(convert):7.2f} ms")
    print(f"  convert_function, cached {median_ms(convert_again):7.4f} ms")


if __name__ == "__main__":
    main()

"""Every float32 there is, through each native function: `make exhaustive EXHAUSTIVE_ARGS="exp log --cpu sse2"`.

First many float64 and pairs of floats, which are too many to try all.

Prints the rows of the tables in docs/numerics.md, and fails where a function passes its bound.
"""

import argparse
import sys
from typing import Any

import numpy as np

from graph.llvm.math import library
from support.every_float32 import BLOCK, COUNT, check
from support.float_samples import pairs, samples
from support.native_loops import AVX2, HOST, SSE2, Machine, function_loop
from support.ulps import BOUNDS, REFERENCES, errors

MACHINES = {"host": HOST, "avx2": AVX2, "sse2": SSE2}
SAMPLES = 200_000


def print_row(name: str, worst: float, place: str, nearest: float) -> bool:
    """A row of the table, and whether the function keeps its bound."""
    print(f"| {name} | {worst:.3f} | {place} | {100 * nearest:.2f} |", flush=True)
    return worst <= BOUNDS[name]


def all_of_float32(name: str, machine: Machine, every: int) -> bool:
    result = check(name, machine, range(0, COUNT, BLOCK * every))
    return print_row(name, result.worst, repr(result.place), result.nearest)


def many(name: str, dtype: Any, machine: Machine) -> bool:
    """Samples against float64 or long double. Where `logaddexp` cancels, it has no digits to compare."""
    wider = np.float64 if dtype == np.float32 else np.longdouble
    is_unary = library.declared_names()[name] == 1
    operands = (samples(dtype, 0, SAMPLES),) if is_unary else pairs(dtype, 0, SAMPLES)
    reference = REFERENCES[name](*(x.astype(wider) for x in operands))
    error = errors(function_loop(name, dtype, machine)(*operands), reference)
    if name == "logaddexp":
        has_digits = np.abs(reference) >= np.maximum(*(np.abs(x) for x in operands))
        error, operands = error[has_digits], tuple(x[has_digits] for x in operands)
    at = int(error.argmax())
    place = ", ".join(repr(float(x[at])) for x in operands)
    return print_row(name, float(error[at]), place, np.count_nonzero(error <= 0.5) / error.size)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="functions; all unless said")
    parser.add_argument("--cpu", choices=MACHINES, default="host")
    parser.add_argument("--every", type=int, default=1, help="only every so many blocks of floats")
    parser.add_argument("--only", choices=["float32", "float64"])
    options = parser.parse_args()
    machine = MACHINES[options.cpu]
    names = [name for name in options.names or library.declared_names() if name in REFERENCES]
    failed: list[str] = []
    with np.errstate(all="ignore"):
        for dtype in (np.float64, np.float32):
            if options.only in (None, dtype.__name__):
                for name in names:
                    is_all = dtype == np.float32 and library.declared_names()[name] == 1
                    is_good = all_of_float32(name, machine, options.every) if is_all else many(name, dtype, machine)
                    failed += [] if is_good else [f"{name} {dtype.__name__}"]
    if failed:
        print(f"beyond their bounds: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

"""Random programs, every mode against eager Python: `make fuzz FUZZ_ARGS="--count 20000 --seed 0"`."""

import argparse
import multiprocessing
import os
import sys
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent.parent), str(Path(__file__).resolve().parent)]

from support.fuzzing import Report, check_seed  # noqa: E402


def run_seeds(seeds: range) -> Report:
    report = Report()
    for seed in seeds:
        check_seed(seed, report)
    return report


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--most", type=int, default=20, help="differences to print")
    options = parser.parse_args()
    began = time.perf_counter()
    seeds = range(options.seed, options.seed + options.count)
    pieces = [seeds[i : i + 50] for i in range(0, len(seeds), 50)]
    whole = Report()
    with multiprocessing.get_context("fork" if options.jobs == 1 else "spawn").Pool(options.jobs) as pool:
        for report in pool.imap_unordered(run_seeds, pieces):
            whole.counts.update(report.counts)
            for seed, text in report.differences.items():
                whole.differences[seed] = text
                if len(whole.differences) <= options.most:
                    print(f"{'=' * 80}\n{text}", flush=True)
            if sys.stderr.isatty():
                done, bad = whole.counts["programs"], len(whole.differences)
                print(f"\r{done} programs, {bad} differences", end="", file=sys.stderr, flush=True)
    seconds = time.perf_counter() - began
    rate = whole.counts["programs"] / seconds
    print(
        f"{whole.counts['programs']} programs in {seconds:.0f} s ({rate:.0f} a second), {len(whole.differences)} differ"
    )
    print(", ".join(f"{what} {n}" for what, n in sorted(whole.counts.items())))
    if whole.differences:
        print("seeds:", *sorted(whole.differences))
    return 1 if whole.differences else 0


if __name__ == "__main__":
    sys.exit(main())

"""Random programs, every mode against eager Python: `make fuzz FUZZ_ARGS="--count 20000 --seed 0"`."""

import argparse
import functools
import multiprocessing
import os
import sys
import time

from support.fuzzing import Modes, Part, Report, check_seed


def run_seeds(seeds: range, modes: Modes) -> Report:
    report = Report()
    for seed in seeds:
        check_seed(seed, report, modes)
    return report


def show_constructs(report: Report) -> None:
    """In how many programs each construct stood, and the share of them of which a call was refused; then why."""
    names = sorted({*report.constructs, *report.refused})
    cells = [
        f"{name:<30}{report.constructs[name] + report.refused[name]:>6}"
        f"{report.refused[name] / (report.constructs[name] + report.refused[name]):>5.0%}"
        for name in names
    ]
    rows = -(-len(cells) // 3)
    for i in range(rows):
        print("    ".join(cells[i::rows]))
    for reason, count in report.reasons.most_common(25):
        print(f"{count:>6}  {reason[:160]}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--most", type=int, default=20, help="differences to print")
    parser.add_argument("--gradients", type=int, default=6, help="gradients of every so many programs; 0: of none")
    parser.add_argument("--native", type=int, default=10, help="every so many programs run natively too; 0: none")
    parser.add_argument("--verify", type=int, default=4, help="graphs of every so many are verified between passes")
    parser.add_argument("--anew", type=int, default=3, help="every so many are called with another Python number too")
    parser.add_argument("--constructs", action="store_true", help="how often each construct was there and refused")
    parser.add_argument(
        "--part",
        choices=[part.value for part in Part],
        default=Part.WHOLE.value,
        help="of the language: control flow over tensors, Python values and lists; with functions and classes; whole",
    )
    options = parser.parse_args()
    modes = Modes(options.gradients, options.native, options.verify, options.anew, Part(options.part))
    began = time.perf_counter()
    seeds = range(options.seed, options.seed + options.count)
    pieces = [seeds[i : i + 50] for i in range(0, len(seeds), 50)]
    whole = Report()
    with multiprocessing.get_context("fork" if options.jobs == 1 else "spawn").Pool(options.jobs) as pool:
        for report in pool.imap_unordered(functools.partial(run_seeds, modes=modes), pieces):
            for i, text in enumerate(report.differences.values(), len(whole.differences)):
                if i < options.most:
                    print(f"{'=' * 80}\n{text}", flush=True)
            whole.add(report)
            done, bad = whole.counts["programs"], len(whole.differences)
            if sys.stderr.isatty():
                print(f"\r{done} programs, {bad} differences", end="", file=sys.stderr, flush=True)
            elif done % 1000 == 0:
                print(f"{done} programs, {bad} differences", file=sys.stderr, flush=True)
    seconds = time.perf_counter() - began
    rate = whole.counts["programs"] / seconds
    print(
        f"{whole.counts['programs']} programs in {seconds:.0f} s ({rate:.0f} a second), {len(whole.differences)} differ"
    )
    print(", ".join(f"{what} {n}" for what, n in sorted(whole.counts.items())))
    if options.constructs:
        show_constructs(whole)
    if whole.differences:
        print("seeds:", *sorted(whole.differences))
    if whole.too_long:
        print("too long:", *sorted(whole.too_long))
    return 1 if whole.differences else 0


if __name__ == "__main__":
    sys.exit(main())

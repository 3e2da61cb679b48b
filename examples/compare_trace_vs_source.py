"""Trace against source conversion on models that branch. The same as the command `dy2static compare`.

    python examples/compare_trace_vs_source.py [--only NAME] [--html FILE]

Prints a table and writes a page, build/comparison.html, with sources and graphs side by side.
"""

import sys

from dy2static.cli import main

if __name__ == "__main__":
    sys.exit(main(["compare", "--html", "build/comparison.html", *sys.argv[1:]]))

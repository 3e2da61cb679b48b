"""What tests share: golden files, random inputs, the comparison of modes, sample inputs of each op."""

import os
from pathlib import Path

os.environ["DY2STATIC_VERIFY"] = "1"
# Not the user's own: what tests compile is theirs, and `make clean` removes it.
os.environ.setdefault("DY2STATIC_CACHE", str(Path(__file__).resolve().parents[2] / "build" / "native_cache"))

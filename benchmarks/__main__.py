"""Measurements: `python -m benchmarks [NAME ...] [ARGUMENT ...]`; what follows the names is for the last of them.

Without names all but `peers`, which takes long and needs the environments that `make bench-peers` makes.
"""

import subprocess
import sys

ALL = ("eager_overhead", "conversion", "workloads")
MODULES = {**{name: name for name in ALL}, "peers": "against_peers"}

given = sys.argv[1:]
count = next((i for i, word in enumerate(given) if word not in MODULES), len(given))
names, rest = given[:count], given[count:]
if rest and not names:
    sys.exit(f"there is no benchmark {rest[0]!r}; there are {', '.join(MODULES)}")
for name in names or ALL:
    print(f"== {name}", flush=True)
    arguments = rest if names and name == names[-1] else []
    done = subprocess.run([sys.executable, "-m", f"benchmarks.{MODULES[name]}", *arguments])
    if done.returncode:
        sys.exit(done.returncode)

"""All measurements, or those named: `python -m benchmarks [eager_overhead] [conversion] [workloads]`."""

import subprocess
import sys

ALL = ("eager_overhead", "conversion", "workloads")

names = sys.argv[1:] or ALL
for name in names:
    if name not in ALL:
        sys.exit(f"there is no benchmark {name!r}; there are {', '.join(ALL)}")
for name in names:
    print(f"== {name}", flush=True)
    subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=True)

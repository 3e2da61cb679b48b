"""A process that runs the workloads of one framework when it is asked to: a line of JSON in, a line of JSON out.

`python -m benchmarks.worker MODULE MODE`; the module has `load(mode) -> Framework`. Requests:
{"do": "prepare", "workload": w, "outcome": file} makes a case and its first calls, and saves what it computes;
{"do": "burst", "workload": w, "seconds": s} times calls of it. The first line out says who is there.
"""

import importlib
import json
import os
import sys
from typing import Any, TextIO

import numpy as np

from benchmarks.case import Framework, Running


def threads() -> int:
    """How many threads the framework may use."""
    return int(os.environ.get("THREADS", "2"))


def serve(module: str, mode: str) -> None:
    """Answer requests until the input ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # frameworks print what they like
    framework: Framework = importlib.import_module(module).load(mode)
    _say(answers, {"name": framework.name, "version": framework.version, "workloads": list(framework.cases)})
    running: dict[str, Running] = {}
    for line in sys.stdin:
        try:
            _say(answers, _answered(framework, running, json.loads(line)))
        except Exception as error:  # that a framework cannot do a workload is an answer
            _say(answers, {"error": f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"})


def _answered(framework: Framework, running: dict[str, Running], request: dict[str, Any]) -> dict[str, Any]:
    workload = request["workload"]
    if request["do"] == "burst":
        return {"times": running[workload].burst(request["seconds"])}
    made = running[workload] = Running(framework, workload)
    np.savez(request["outcome"], *made.outcome)
    return {"first_s": made.first_seconds}


def _say(answers: TextIO, answer: dict[str, Any]) -> None:
    answers.write(json.dumps(answer) + "\n")
    answers.flush()


if __name__ == "__main__":
    serve(sys.argv[1], sys.argv[2])

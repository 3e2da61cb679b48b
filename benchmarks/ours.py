"""Our side of the comparison: a mode is an executor of `to_static`, or "eager" for the functions as they are."""

from benchmarks.workloads import framework as load

__all__ = ["load"]

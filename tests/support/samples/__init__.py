"""Sample inputs of every op, a module per family of `graph/ops`."""

from support.samples import binary, constant, conv, indexing, large, linalg, matmul, reduce, shape, sort, unary
from support.samples.sample import Bad, Sample

MODULES = (unary, binary, constant, reduce, shape, indexing, matmul, linalg, conv, sort, large)


def all_samples() -> list[Sample]:
    return [sample for module in MODULES for sample in module.SAMPLES]


def all_bad() -> list[Bad]:
    return [bad for module in MODULES for bad in module.BAD]

"""Ordinary functions of two small ints, written so that conversion could get them wrong; no tensors.

`FUNCTIONS` run on all pairs of ints from -1 to 4. They stay as a user wrote them, clumsy or not.
"""

from types import FunctionType

from support.plain_functions import control_flow, expressions, functions

FUNCTIONS = [
    f
    for module in (control_flow, functions, expressions)
    for f in vars(module).values()
    if isinstance(f, FunctionType) and f.__module__ == module.__name__
]

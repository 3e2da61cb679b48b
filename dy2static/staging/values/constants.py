"""When two ordinary values are one to control flow."""

from types import BuiltinMethodType, FunctionType, MethodType
from typing import Any

import numpy as np


def same_constant(a: Any, b: Any) -> bool:
    """Whether two ordinary values are one to control flow: identical, equal numbers or texts of one type, one method of
    one object, or what one `def` or `lambda` made twice."""
    if a is b:
        return True
    if type(a) is not type(b):
        return False
    if isinstance(a, float):
        return a == b or (a != a and b != b)
    if isinstance(a, FunctionType):
        return _same_function(a, b)
    if isinstance(a, MethodType | BuiltinMethodType):
        return a == b and a.__self__ is b.__self__
    return isinstance(a, (bool, int, complex, str, bytes, range, np.dtype)) and a == b


def _same_function(a: FunctionType, b: FunctionType) -> bool:
    """Whether two functions do the same: of one code, over the same variables, with the same defaults."""

    def parts(f: FunctionType) -> list[Any]:
        named = f.__kwdefaults__ or {}
        return [*(f.__closure__ or ()), *(f.__defaults__ or ()), *named, *named.values(), *vars(f), *vars(f).values()]

    one, other = parts(a), parts(b)
    is_same = a.__code__ is b.__code__ and a.__globals__ is b.__globals__ and len(one) == len(other)
    return is_same and all(map(same_constant, one, other))

"""How a tensor becomes a Python value: what recorders do where they let it through."""

import operator
from typing import Any

import numpy as np

from eager.tensor import Tensor


def crossed(x: Tensor, kind: str) -> Any:
    """What `kind` of `Recorder.to_python` stands for, but for "iter", which gives no value."""
    match kind:
        case "bool":
            return bool(x)
        case "int":
            return int(x)
        case "float":
            return float(x)
        case "complex":
            return complex(x)
        case "index":
            return operator.index(x)
        case "len":
            return len(x)
        case "item":
            return x.item()
        case _:
            return np.asarray(x)

"""What `to_static` can be asked for: the one declaration of its options."""

import inspect
from typing import Any, Final, TypedDict, get_type_hints

from dy2static.cache.compiled import Compile, Executor
from dy2static.fallback import Fallback
from dy2static.input_spec import InputSpecs


class StaticOptions(TypedDict, total=False):
    """The options by name; each is off, or as the environment says, where it is not given."""

    input_spec: InputSpecs | None
    """Free dims, by parameter, in order, or as one text: "b t 64, 64 h -> b t h"."""
    executor: Executor | None
    """What runs the graph."""
    shadow: float
    """The share of the calls that are checked against plain Python."""
    fallback: Fallback | None
    """What runs a function or call that cannot become a graph."""
    compile: Compile | None
    """When machine code is made."""
    exact: bool
    """Whether native code keeps the order of all operations."""
    threads: int | None
    """How many share a large loop of native code."""
    cpu: str
    """The processor that native code is for."""
    profile: bool
    """Whether each call that leaves nothing on the tape is timed."""


OFF: Final[StaticOptions] = {
    "input_spec": None,
    "executor": None,
    "shadow": 0.0,
    "fallback": None,
    "compile": None,
    "exact": False,
    "threads": None,
    "cpu": "host",
    "profile": False,
}


def all_options(given: StaticOptions) -> dict[str, Any]:
    """Every option, with those that were given. Raises: TypeError for a name that is none."""
    for name in given:
        if name not in OFF:
            raise TypeError(f"to_static() got an unexpected keyword argument {name!r}; there are {', '.join(OFF)}")
    return {**OFF, **given}


def with_options(function: Any) -> Any:
    """The function, whose `**options` are shown one by one to `help` and to editors that run code."""
    kinds = get_type_hints(StaticOptions)
    own = [p for p in inspect.signature(function).parameters.values() if p.kind is not inspect.Parameter.VAR_KEYWORD]
    named = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kinds[name])
        for name, default in OFF.items()
    ]
    function.__signature__ = inspect.Signature([*own, *named])
    return function

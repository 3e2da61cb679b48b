"""All functions of a file, for those whose own lines cannot be told without what stands around them."""

import ast
from functools import lru_cache

Definition = ast.FunctionDef | ast.AsyncFunctionDef


@lru_cache(maxsize=16)
def functions_in(text: str) -> tuple[Definition | ast.Lambda, ...]:
    """The definitions and lambdas in a file, parsed once; none when it is no Python. To be copied before a change."""
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return ()
    return tuple(node for node in ast.walk(tree) if isinstance(node, Definition | ast.Lambda))

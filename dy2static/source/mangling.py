"""Private names: `__x` inside class `C` is `_C__x`. A function is compiled outside of its class, so we spell it out."""

import ast

from dy2static.analysis.survey import Function


def class_of(qualname: str) -> str | None:
    """The innermost class around the function of that qualified name; None outside of classes."""
    parts = qualname.split(".")
    for i in range(len(parts) - 2, -1, -1):
        if parts[i] != "<locals>" and parts[i + 1] != "<locals>":
            return parts[i]
    return None


def mangle(function: Function, class_name: str | None) -> Function:
    """Spell the private names in `function` as class `class_name` does; keywords of calls stay, as in Python."""
    prefix = (class_name or "").lstrip("_")
    if not prefix:
        return function

    def spell(name: str) -> str:
        if not name.startswith("__") or name.endswith("__") or "." in name:
            return name
        return f"_{prefix}{name}"

    for node in ast.walk(function):
        match node:
            case ast.Name():
                node.id = spell(node.id)
            case ast.Attribute():
                node.attr = spell(node.attr)
            case ast.arg():
                node.arg = spell(node.arg)
            case ast.FunctionDef() if node is not function:
                node.name = spell(node.name)
            case ast.Global() | ast.Nonlocal():
                node.names = [spell(name) for name in node.names]
            case ast.alias():
                node.asname = spell(node.asname) if node.asname else node.asname
            case _:
                pass
    return function

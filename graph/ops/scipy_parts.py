"""Extensions of SciPy's, loaded without the packages around them, which take up to a hundred times as long."""

import functools
import sys
from importlib import import_module, util
from pathlib import Path
from types import ModuleType


@functools.cache
def extension_of_scipy(package: str, name: str) -> ModuleType | None:
    """The module `scipy.<package>.<name>`; None where SciPy has no such extension. Raises ImportError without SciPy."""
    full = f"scipy.{package}.{name}"
    if f"scipy.{package}" in sys.modules:
        return import_module(full) if util.find_spec(full) is not None else None
    whole = util.find_spec("scipy")
    if whole is None:
        raise ImportError("SciPy is needed, and is not installed", name="scipy")
    for folder in whole.submodule_search_locations or ():
        for path in Path(folder, package).glob(f"{name}.*"):
            spec = util.spec_from_file_location(full, path)
            if spec is not None and spec.loader is not None and path.suffix != ".py":
                module = util.module_from_spec(spec)
                spec.loader.exec_module(module)
                # A later `import` of it has to put it into its package itself.
                sys.modules.pop(full, None)
                return module
    return None

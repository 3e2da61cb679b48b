"""Modules made of modules."""

from collections.abc import Iterable, Iterator
from typing import Any, overload

from eager.nn.module import Module


class _Modules(Module):
    """A list of modules, named by their places."""

    def __init__(self, modules: Iterable[Module]) -> None:
        self._items = [_checked(module) for module in modules]

    def members(self) -> Iterator[tuple[str, Any]]:
        for name, value in super().members():
            yield name.removeprefix("_items."), value

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[Module]:
        return iter(self._items)

    def append(self, module: Module) -> None:
        """Add a module at the end."""
        self._items.append(_checked(module))


class Sequential(_Modules):
    """Modules applied one after the other."""

    def __init__(self, *modules: Module) -> None:
        super().__init__(modules)

    @overload
    def __getitem__(self, index: int) -> Module: ...
    @overload
    def __getitem__(self, index: slice) -> "Sequential": ...
    def __getitem__(self, index: int | slice) -> Module:
        found = self._items[index]
        return Sequential(*found) if isinstance(found, list) else found

    def forward(self, x: Any) -> Any:
        for module in self._items:
            x = module(x)
        return x


class ModuleList(_Modules):
    """Modules to be used in a way of one's own. A plain list of modules as an attribute does as well."""

    def __init__(self, modules: Iterable[Module] = ()) -> None:
        super().__init__(modules)

    @overload
    def __getitem__(self, index: int) -> Module: ...
    @overload
    def __getitem__(self, index: slice) -> "ModuleList": ...
    def __getitem__(self, index: int | slice) -> Module:
        found = self._items[index]
        return ModuleList(found) if isinstance(found, list) else found

    def extend(self, modules: Iterable[Module]) -> None:
        """Add modules at the end."""
        self._items.extend(_checked(module) for module in modules)


def _checked(module: Any) -> Module:
    if not isinstance(module, Module):
        raise TypeError(f"a {type(module).__name__} is no Module\n  Next: make a Module of it that has a `forward`.")
    return module

"""The stand-in for an unbound name."""


class Undefined:
    """Stands for an unbound name where converted code has to pass it on."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"<unbound {self.name}>"

"""Golden files: texts that a person has read and agreed to, kept under tests/golden."""

import difflib
from dataclasses import dataclass
from pathlib import Path

GOLDEN_DIR = Path(__file__).resolve().parent.parent / "golden"


@dataclass(frozen=True, slots=True)
class GoldenStore:
    """Texts by name under `directory`; `update` says to rewrite them instead of comparing."""

    directory: Path
    update: bool = False

    def check(self, name: str, text: str) -> None:
        """Raises AssertionError, quoting the difference, unless `text` is what the file `name` says.

        A file ends in one newline, whether `text` does or not. With `update` the file is rewritten instead.
        """
        __tracebackhide__ = True
        path = (self.directory / name).resolve()
        if not path.is_relative_to(self.directory.resolve()):
            raise ValueError(f"golden file {name!r} lies outside {self.directory}")
        actual = text.rstrip("\n") + "\n"
        if self.update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(actual, encoding="utf-8", newline="\n")
            return
        expected = path.read_text(encoding="utf-8") if path.exists() else ""
        if actual != expected:
            what = "differs from" if path.exists() else "is not there:"
            difference = difflib.unified_diff(
                expected.splitlines(), actual.splitlines(), f"golden/{name}", "now", lineterm=""
            )
            raise AssertionError(
                f"the text {what} golden/{name}\n" + "\n".join(difference) + "\nNext: if the new text is right, "
                "rewrite it with pytest --update-golden, and read the change before it is committed"
            )


class _Run:
    """The store of this pytest run; tests/conftest.py sets it once, from the command line."""

    store = GoldenStore(GOLDEN_DIR)


def use_store(store: GoldenStore) -> None:
    _Run.store = store


def assert_golden(name: str, text: str) -> None:
    """Checks `text` against tests/golden/`name`, e.g. `assert_golden("passes/dce_dead_loop.ir", str(graph))`."""
    __tracebackhide__ = True
    _Run.store.check(name, text)

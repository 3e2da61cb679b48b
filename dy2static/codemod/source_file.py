"""A user's file: read with its own encoding and newlines, written back whole or not at all."""

import difflib
import io
import os
import re
import tempfile
import tokenize
from dataclasses import dataclass
from pathlib import Path

NEWLINE = re.compile(r"\r\n|\r|\n")
"""Where a line ends for Python; `str.splitlines` also ends them at form feeds and the like."""


class UnreadableFileError(Exception):
    """A file that is no Python source: it cannot be opened or decoded. The message names it and the reason."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """The text of a file, newlines untouched. `encoding` is what its first lines declare, else UTF-8."""

    path: Path
    text: str
    encoding: str = "utf-8"

    @property
    def lines(self) -> list[str]:
        """The lines, without their newlines."""
        return NEWLINE.split(self.text)


def read(path: Path) -> SourceFile:
    """Raises: UnreadableFileError."""
    try:
        data = path.read_bytes()
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return SourceFile(path, data.decode(encoding), encoding)
    except (OSError, SyntaxError, UnicodeDecodeError, LookupError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UnreadableFileError(f"{path}: cannot be read: {reason}") from None


def write(file: SourceFile, text: str) -> None:
    """Replace the text of `file`, in its encoding. Readers see the old file or the new one, never a part.

    A link keeps pointing to the file, which keeps its permissions. Raises: UnreadableFileError when it cannot be
    written; the old file is as it was then.
    """
    target = file.path.resolve()
    temporary: str | None = None
    try:
        data = text.encode(file.encoding)
        mode = target.stat().st_mode
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).chmod(mode & 0o7777)
        os.replace(temporary, target)
    except (OSError, UnicodeEncodeError) as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        raise UnreadableFileError(f"{file.path}: cannot be written: {error}") from None


def difference(file: SourceFile, changed: str) -> str:
    """A unified diff that `patch` takes."""
    before, after = file.text.splitlines(keepends=True), changed.splitlines(keepends=True)
    name = file.path.as_posix()
    lines = difflib.unified_diff(before, after, name, name)
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)

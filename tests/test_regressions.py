"""Programs on which modes once differed, found by `make fuzz` and kept as they were when they were smallest."""

from pathlib import Path

import pytest

from support.fuzzing import check_source

DIRECTORY = Path(__file__).parent / "support" / "regressions"
PROGRAMS = sorted(DIRECTORY.glob("*.py"))


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_modes_agree(path: Path) -> None:
    """The digits at the end of the name are the seed that its arguments are made from."""
    seed = int(path.stem.rpartition("_")[2])
    assert check_source(path.read_text(), seed, gradients=True, native=False)[0] == ""

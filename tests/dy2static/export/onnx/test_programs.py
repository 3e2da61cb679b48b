"""The programs of tests/programs as models: each exports, and ONNX Runtime agrees, or it is refused for a reason."""

import copy
import warnings
from pathlib import Path
from typing import Any, Final

import pytest

from dy2static import ExportError, ExportWarning, UnrolledLoopWarning, export_onnx, to_static
from support.programs import Program, all_programs

REASONS: Final = (
    "has no form in ONNX",
    "kernel of",
    "changes what its caller holds",
    "returns nothing that a model can give",
    "a model gives tensors",
    "a model has no recursion",
    "need several programs",
)
EVERY: Final = 30
"""How many programs one stands for in every run of the tests."""
PROGRAMS: Final = {name: program for name, program in all_programs().items() if not program.refused}


def fails(program: Program, case: tuple[Any, ...]) -> bool:
    """Whether a call raises in plain Python."""
    try:
        program.make()(*copy.deepcopy(case))
    except Exception:
        return True
    return False


def agrees(program: Program, path: Path) -> bool:
    """Whether its calls export and agree; what the program itself raises while it is staged, it raises here too."""
    for case in program.cases:
        f = to_static(program.make())
        path.unlink(missing_ok=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExportWarning)
            warnings.simplefilter("ignore", UnrolledLoopWarning)
            try:
                export_onnx(f, path, *copy.deepcopy(case))
            except ExportError as error:
                if not any(reason in error.what for reason in REASONS):
                    raise
                assert not path.exists()
                return False
            except Exception:
                if not fails(program, case):
                    raise
                return False
        assert path.exists()
    return True


@pytest.mark.parametrize("name", list(PROGRAMS)[::EVERY])
def test_a_program(name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    agrees(PROGRAMS[name], tmp_path / "program.onnx")


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_all_programs(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    found = [agrees(program, tmp_path / "program.onnx") for program in PROGRAMS.values()]
    assert sum(found) > 0.65 * len(found)

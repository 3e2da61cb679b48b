"""Finding cases in files."""

from pathlib import Path

import pytest

from dy2static.report.case import Case
from dy2static.report.cases import CaseError, case_files, load_case

CASE = """
from dy2static.report.case import Case

def identity(x):
    return x

def case():
    return Case(name="c", title="C", function=identity, example=(1,), other=(2,), described=("1", "2"))
"""


def test_files_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "b.py").write_text(CASE)
    (tmp_path / "a.py").write_text(CASE)
    (tmp_path / "helper.py").write_text("x = 1")
    assert [file.name for file in case_files([tmp_path])] == ["a.py", "b.py"]
    assert case_files([tmp_path / "helper.py"]) == [tmp_path / "helper.py"]
    made = load_case(tmp_path / "a.py")()
    assert isinstance(made, Case)
    assert made.name == "c"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1", r"f\.py defines no `case\(\)`\.\n  Next: add a function"),
        ("def case():\n    return 3", r"`case\(\)` of .*f\.py returned int, not"),
    ],
)
def test_files_without_a_case(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "f.py"
    file.write_text(text)
    with pytest.raises(CaseError, match=message):
        load_case(file)()


def test_missing_path(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match=r"gone\.py does not exist\.\n  Next:"):
        case_files([tmp_path / "gone.py"])

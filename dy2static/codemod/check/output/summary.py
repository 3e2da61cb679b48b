"""What a run of `check` came to."""

from collections.abc import Sequence
from dataclasses import dataclass

from dy2static.codemod.check.check import Checked
from dy2static.codemod.check.finding import Finding


@dataclass(frozen=True, slots=True)
class Summary:
    """The files that were checked, those that could not be, and what was repaired in how many files."""

    checked: Sequence[Checked]
    unreadable: Sequence[str] = ()
    repaired: int = 0
    repaired_files: int = 0

    @property
    def findings(self) -> list[Finding]:
        return [finding for checked in self.checked for finding in checked.findings]

    @property
    def functions(self) -> int:
        return sum(checked.functions for checked in self.checked)

    def text(self) -> str:
        """One line, or two."""
        findings = self.findings
        checked = f"{count(self.functions, 'converted function')} in {count(len(self.checked), 'file')}"
        repaired = f"repaired {count(self.repaired, 'place')} in {count(self.repaired_files, 'file')}; " * bool(
            self.repaired
        )
        if not findings:
            return f"{repaired}{checked}: nothing to report."
        files = len({finding.file for finding in findings})
        lines = [f"{repaired}{checked}: {count(len(findings), 'finding')} in {count(files, 'file')}."]
        repairable = sum(finding.repair is not None for finding in findings)
        if repairable:
            lines.append(f"{repairable} can be repaired with --fix.")
        return "\n".join(lines)


def count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"

"""What the rules say about themselves: `dy2static check --explain`, and the second half of docs/check.md."""

import textwrap

from dy2static.codemod.check.rule import Rule
from dy2static.codemod.check.rules import BY_ID, RULES


def manual_of(id_: str) -> str:
    """One rule for the terminal; all of them, a line each, where `id_` is empty. Raises: KeyError with a message."""
    if not id_:
        return "".join(f"{rule.id}  {rule.name:18} {rule.level:8} {rule.title}\n" for rule in RULES)
    rule = BY_ID.get(id_.upper())
    if rule is None:
        raise KeyError(f"there is no rule {id_}.\n  Next: `dy2static check --explain` lists them.")
    bad, good = (textwrap.indent(example, "    ") for example in (rule.bad, rule.good))
    return f"{rule.id} {rule.name} ({rule.level}): {rule.title}\n\n{rule.why}\n\nBad:\n{bad}\nGood:\n{good}"


def chapter(rule: Rule) -> str:
    """One rule as a section of Markdown."""
    why = " ".join(rule.why.split())
    return (
        f"### {rule.id} {rule.name}\n\n*{rule.level}*: {rule.title}.\n\n{why}\n\n"
        f"```py\n# bad\n{rule.bad}```\n```py\n# good\n{rule.good}```\n"
    )


def chapters() -> str:
    """All rules as Markdown, in order."""
    return "\n".join(chapter(rule) for rule in RULES)

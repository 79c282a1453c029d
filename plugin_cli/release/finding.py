"""What a rule found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "notice"]
_SHOWN_LETTERS = 300


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong or worth knowing.

    Attributes:
        rule: the rule's name, the same in every version.
        severity: an error keeps the plugin from being loaded, installed or signed.
        file: the file in the plugin that it is about.
        message: what is wrong.
        remedy: what to do.
    """

    rule: str
    severity: Severity
    file: str
    message: str
    remedy: str

    def __str__(self) -> str:
        remedy = "\n".join(map(shown, self.remedy.split("\n")))
        what = f"{shown(self.file)}: {shown(self.message)}"
        return f"{self.severity}: {what} [{self.rule}]\n  try: {remedy}"


def shown(text: str) -> str:
    """Return `text` for a terminal: what would move the cursor or turn the line around is escaped."""
    cut = text if len(text) <= _SHOWN_LETTERS else f"{text[:_SHOWN_LETTERS]}…"
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in cut
    )

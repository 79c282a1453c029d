"""What a rule found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "notice"]


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
        return f"{self.severity}: {self.file}: {self.message} [{self.rule}]\n  try: {self.remedy}"

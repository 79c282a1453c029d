"""Say what Grafana, its installer or its catalogue would refuse in a built plugin."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from plugin_cli.release.rules.finding import Finding


@dataclass(frozen=True)
class ValidateRequest:
    """What to look at: the folder or zip of a built plugin."""

    place: Path


@dataclass(frozen=True)
class ValidateResult:
    """What was found, errors first."""

    place: Path
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Whether there is no error."""
        return not any(finding.severity == "error" for finding in self.findings)


def validate(request: ValidateRequest) -> ValidateResult:
    """Return what every rule finds.

    Raises:
        ProjectError: there is no such folder or zip, or it is damaged.
    """
    from plugin_cli.release.built_plugin import open_plugin
    from plugin_cli.release.rules import check

    order = ("error", "warning", "notice")
    found = sorted(check(open_plugin(request.place)), key=lambda finding: order.index(finding.severity))
    return ValidateResult(request.place, tuple(found))

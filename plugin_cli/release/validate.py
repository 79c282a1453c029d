"""Report what Grafana, its installer or its catalogue would refuse in a built plugin."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from plugin_cli.release.finding import Finding

_SHOWN_OF_A_RULE = 20


@dataclass(frozen=True)
class ValidateResult:
    """What was found, errors first."""

    location: Path
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Return True if there is no error."""
        return not any(finding.severity == "error" for finding in self.findings)


def validate(location: Path) -> ValidateResult:
    """Return what every rule finds.

    Args:
        location: the folder or zip of a built plugin.

    Raises:
        ProjectError: the folder or zip does not exist.
    """
    from plugin_cli.release.open_plugin import open_plugin
    from plugin_cli.release.rules import check

    order = ("error", "warning", "notice")
    found = sorted(check(open_plugin(location)), key=lambda finding: order.index(finding.severity))
    return ValidateResult(location, tuple(_shortened(found)))


def _shortened(findings: list[Finding]) -> Iterator[Finding]:
    """Yield the findings, of each rule so many that a person can read them."""
    total = Counter((finding.rule, finding.severity) for finding in findings)
    shown: Counter[tuple[str, str]] = Counter()
    for finding in findings:
        key = finding.rule, finding.severity
        shown[key] += 1
        if shown[key] <= _SHOWN_OF_A_RULE:
            yield finding
        elif shown[key] == total[key]:
            more = f"and {total[key] - _SHOWN_OF_A_RULE} more like these"
            yield Finding(finding.rule, finding.severity, finding.file, more, finding.remedy)

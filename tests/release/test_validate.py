"""What `validate` makes of its rules' findings, with rules that find what a test says."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from plugin_cli.cli.registry import app
from plugin_cli.release import rules
from plugin_cli.release.finding import Finding, Severity
from plugin_cli.release.validate import validate
from tests.source_plugin import write_source_plugin

Find = Callable[..., None]


def finding(rule: str, severity: Severity, number: int = 0) -> Finding:
    return Finding(rule, severity, "plugin.json", f"{rule} {number}", "fix it")


@pytest.fixture
def find(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Find:
    """Have the rules find these in `tmp_path/dist`."""
    write_source_plugin(tmp_path)
    (tmp_path / "dist").mkdir()
    monkeypatch.chdir(tmp_path)

    def find(*findings: Finding) -> None:
        monkeypatch.setattr(rules, "check", lambda _: iter(findings))

    return find


@pytest.mark.parametrize(
    ("severities", "ok"),
    [
        ((), True),
        (("notice",), True),
        (("warning", "notice"), True),
        (("error",), False),
        (("notice", "error", "warning"), False),
    ],
)
def test_only_an_error_refuses_a_plugin(
    find: Find, tmp_path: Path, severities: tuple[Severity, ...], ok: bool
) -> None:
    find(*(finding("a", severity) for severity in severities))

    result = validate(tmp_path / "dist")
    done = CliRunner().invoke(app, ["validate", "--json"])

    assert result.ok is ok
    assert done.exit_code == (0 if ok else 1)
    document = json.loads(done.stdout)
    assert (document["ok"], len(document["findings"])) == (ok, len(severities))


def test_errors_come_first_and_each_severity_in_the_order_of_the_rules(find: Find, tmp_path: Path) -> None:
    found = [finding("b", "notice"), finding("a", "error"), finding("c", "warning"), finding("b", "error")]
    find(*found)

    assert validate(tmp_path / "dist").findings == (found[1], found[3], found[2], found[0])


@pytest.mark.parametrize(("number", "shown", "last"), [(20, 20, "a 19"), (21, 21, "and 1 more like these")])
def test_many_findings_of_a_rule_are_summed_up(
    find: Find, tmp_path: Path, number: int, shown: int, last: str
) -> None:
    find(*(finding("a", "error", index) for index in range(number)), finding("b", "error"))

    findings = validate(tmp_path / "dist").findings

    assert len(findings) == shown + 1
    assert [found.message for found in findings[-2:]] == [last, "b 0"]


def test_each_finding_is_a_line_and_the_verdict_the_last(find: Find, tmp_path: Path) -> None:
    find(finding("a", "warning"))

    done = CliRunner().invoke(app, ["validate"])

    assert done.exit_code == 0
    assert done.stdout == ""
    first, *_, last = done.stderr.splitlines()
    assert first == str(finding("a", "warning")).splitlines()[0]
    assert last == f"{tmp_path / 'dist'}: no errors"

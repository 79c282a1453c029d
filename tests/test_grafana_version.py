"""`grafanaDependency` against versions of Grafana, as npm's ranges have it."""

from __future__ import annotations

import pytest

from plugin_cli.grafana_version import allows, version_problem


@pytest.mark.parametrize(
    ("dependency", "allowed", "refused"),
    [
        (">=11.6.0", "11.6.0 12.4.3 13.0.0-91234", "11.5.9 11.6.0-12"),
        (">=11.6.0-0", "11.6.0-12 11.6.0", "11.5.9"),
        (">=11.6.0 <13", "12.99.1", "13.0.0 13.0.0-91234"),
        (">=11.6.0 <=12.4.3", "12.4.3", "12.4.4"),
        (">=11.6.0 <=12", "12.4.3", "13.0.0"),
        ("=>11.6.0", "11.6.0", "11.5.0"),
        (">12", "13.0.0", "12.4.3"),
        ("<12", "11.9.9", "12.0.0"),
        ("^12.1", "12.1.0 12.9.0", "12.0.9 13.0.0"),
        ("^12", "12.0.0 12.9.0", "13.0.0"),
        ("^0.2.3", "0.2.9", "0.3.0"),
        ("~12.1.0", "12.1.9", "12.2.0"),
        ("~12", "12.9.0", "13.0.0"),
        ("12.4.3", "12.4.3 12.4.3+security-01", "12.4.4"),
        ("=12.4.3", "12.4.3", "12.4.2"),
        ("12.4.x", "12.4.0", "12.5.0"),
        ("12.x.x", "12.4.0", "11.6.0 13.0.0"),
        ("12.*", "12.4.0", "13.0.0"),
        ("12", "12.4.0", "13.0.0"),
        ("11.x || >=12.4", "11.6.0 12.4.0 13.1.0", "12.3.9"),
        ("*", "9.0.0", ""),
    ],
)
def test_a_range_allows(dependency: str, allowed: str, refused: str) -> None:
    assert [version for version in allowed.split() if allows(dependency, version) is not True] == []
    assert [version for version in refused.split() if allows(dependency, version) is not False] == []


@pytest.mark.parametrize(
    ("dependency", "version"),
    [("newest", "12.4.3"), ("", "12.4.3"), (">=12 or so", "12.4.3"), (">=12", "main")],
)
def test_what_cannot_be_read_is_no_verdict(dependency: str, version: str) -> None:
    assert allows(dependency, version) is None


@pytest.mark.parametrize(
    "metadata", [{}, {"dependencies": None}, {"dependencies": {"grafanaDependency": 12}}]
)
def test_a_plugin_that_says_nothing_runs_in_every_grafana(metadata: dict[str, object]) -> None:
    assert version_problem(metadata, "9.0.0") is None


def test_the_problem_names_both() -> None:
    metadata = {"dependencies": {"grafanaDependency": ">=13"}}

    assert version_problem(metadata, "12.4.3") == (
        "src/plugin.json does not allow Grafana 12.4.3: grafanaDependency is >=13"
    )

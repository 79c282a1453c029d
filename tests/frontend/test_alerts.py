from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.frontend.axe import violations
from tests.frontend.bed import Bed, serve
from tests.frontend.conftest import PLAIN

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser
RULES = """
apiVersion: 1
groups:
  - orgId: 1
    name: showcase
    folder: Showcase
    interval: 1s
    rules:
      - uid: last
        title: Last value is above 15
        condition: C
        for: 0s
        annotations: {summary: The last value is above 15.}
        data:
          - refId: A
            relativeTimeRange: {from: 600, to: 0}
            datasourceUid: showcase
            model: {refId: A, alias: wide}
          - refId: B
            datasourceUid: __expr__
            model: {refId: B, type: reduce, expression: A, reducer: last}
          - refId: C
            datasourceUid: __expr__
            model:
              refId: C
              type: threshold
              expression: B
              conditions: [{evaluator: {type: gt, params: [15]}}]
"""


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    (tmp_path / "alerting").mkdir()
    (tmp_path / "alerting" / "rules.yaml").write_text(RULES)
    return tmp_path / "alerting"


@pytest.fixture
def rich_with_rules(
    browser: Browser, rich_folder: Path, line: str, tmp_path: Path, rules: Path
) -> Iterator[Bed]:
    with serve([rich_folder], tmp_path / "dist", browser, f"rich-{line}", rules) as bed:
        yield bed


@pytest.fixture
def plain_with_rules(browser: Browser, tmp_path: Path, rules: Path) -> Iterator[Bed]:
    with serve(PLAIN, tmp_path / "dist", browser, "plain", rules) as bed:
        yield bed


def look(bed: Bed) -> None:
    page = bed.open("?tab=alerts")
    rule = page.get_by_role("region", name="Last value is above 15")
    rule.get_by_text("Alerting", exact=False).first.wait_for()
    assert "B=15.5, C=1" in rule.inner_text()
    assert "The last value is above 15." in rule.inner_text()
    bed.picture(page, "alerts")
    assert violations(page, "main") == []
    bed.bridge.top = 12
    turns = rule.get_by_role("list", name="State over time").get_by_role("listitem")
    turns.filter(has_text="Normal").wait_for()
    assert [text.split()[0] for text in turns.all_inner_texts()] == ["Alerting", "Normal"]
    assert "B=12, C=0" in rule.inner_text()
    bed.picture(page, "alerts-normal")


def test_rich_page_shows_where_rules_stand(rich_with_rules: Bed) -> None:
    look(rich_with_rules)


def test_plain_page_shows_where_rules_stand(plain_with_rules: Bed) -> None:
    look(plain_with_rules)


def test_pages_say_that_there_are_no_rules(plain: Bed) -> None:
    page = plain.open()
    page.get_by_role("tab", name="Alerts").click()
    page.get_by_text("There are no rules in provisioning/alerting/.").wait_for()

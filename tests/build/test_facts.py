from __future__ import annotations

from pathlib import Path

import pytest

from plugin_cli.build.facts import build_facts
from plugin_cli.errors import UsageError
from tests.build.bundle.environment import make_plugin


def test_the_time_of_a_build_may_be_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    assert build_facts(make_plugin(tmp_path), []).date == "1970-01-02"


@pytest.mark.parametrize("value", ["abc", "-1", "1.5", " 7"])
def test_a_time_that_is_no_number_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", value)
    with pytest.raises(UsageError, match="SOURCE_DATE_EPOCH is not a number of seconds"):
        build_facts(make_plugin(tmp_path), [])

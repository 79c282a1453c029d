"""Plugins on disk for the tests of create, update and add."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.sdk.data.conftest import judge as judge


@pytest.fixture
def own_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give git no configuration but the file that is returned."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    return tmp_path / "gitconfig"

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from prometheus_client import REGISTRY

from plugin_sdk import _log
from plugin_sdk._serving.metrics import Metrics

hypothesis.settings.register_profile("plugin", deadline=None, database=None)
hypothesis.settings.load_profile("plugin")

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def log_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A file that receives the log lines instead of stderr."""
    path = tmp_path / "log"
    fd = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    for name in ("_level", "_stderr_fd", "_on_broken_pipe"):
        monkeypatch.setattr(_log, name, getattr(_log, name))
    _log.configure(level="trace", fd=fd)
    yield path
    monkeypatch.undo()
    os.close(fd)


@pytest.fixture
def logged(log_file: Path) -> Lines:
    """Return every line logged so far, decoded."""
    return lambda: [json.loads(line) for line in log_file.read_bytes().splitlines()]


@pytest.fixture
def metrics() -> Iterator[Metrics]:
    """The runtime's metrics, unregistered afterwards."""
    before = set(REGISTRY._collector_to_names)
    yield Metrics()
    for collector in set(REGISTRY._collector_to_names) - before:
        REGISTRY.unregister(collector)

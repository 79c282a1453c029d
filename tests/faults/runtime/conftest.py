"""The Go host and the plugin of the conformance tests, for what goes wrong inside a plugin's process."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance.build import go_tool
from tests.conformance.conftest import exe, host, host_program, launch, launch_shared, versions

__all__ = ["exe", "host", "host_program", "launch", "launch_shared", "versions"]
FOLDER = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if FOLDER in item.path.parents:
            item.add_marker("go")
            if go_tool() is None:
                item.add_marker(pytest.mark.skip(reason="needs go"))

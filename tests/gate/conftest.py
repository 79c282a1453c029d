"""The gate, compiled where Go is, in front of real backends."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from plugin_cli.build.remote.compile import find_go
from plugin_cli.build.remote.programs import gate_program
from plugin_cli.console import TerminalConsole
from plugin_cli.target import host_target
from plugin_sdk.client import LogLine, PluginProcess
from tests.gate.backends import Backend
from tests.sdk.process.remote.certificates import Authority, authority


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("go")
            if sys.platform == "win32":
                item.add_marker(pytest.mark.skip(reason="optional: signals of POSIX"))
            elif find_go() is None:
                item.add_marker(pytest.mark.skip(reason="needs go"))


@pytest.fixture(scope="session")
def program() -> Path:
    return gate_program(host_target(), TerminalConsole())


class Gate(PluginProcess):
    """The gate as Grafana starts it, with the keys of [plugin.<id>]."""

    def __init__(self, program: Path, keys: dict[str, str]) -> None:
        self.log: list[LogLine] = []
        env = {f"GF_PLUGIN_{key.upper()}": value for key, value in keys.items()}
        super().__init__([program], env=env, on_log=self.log.append)


Start = Callable[..., Any]


@pytest.fixture
def gate(program: Path) -> Iterator[Callable[..., Gate]]:
    started: list[Gate] = []

    def start(**keys: str) -> Gate:
        made = Gate(program, keys)
        made.__enter__()
        started.append(made)
        return made

    yield start
    for process in started:
        process.stop()


@pytest.fixture
def backend() -> Iterator[Callable[..., Backend]]:
    started: list[Backend] = []

    def start(*flags: str | Path, listen: str = "127.0.0.1:0") -> Backend:
        started.append(Backend(listen, *flags))
        return started[-1]

    yield start
    for served in started:
        served.close()


@pytest.fixture(scope="session")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("tls") / "ours")

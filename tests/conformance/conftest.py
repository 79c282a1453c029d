from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.build import ROOT, go_tool, program
from tests.conformance.host import Host, Plugin
from tests.conformance.items import FAULTS, ITEMS, NEEDS_GRAFANA
from tests.conformance.through_gate import NOT_THROUGH, Replicas

FOLDER = Path(__file__).parent
GRAFANA_ENV = {"GF_VERSION": "12.4.3", "GF_EDITION": "Open Source"}
_NAME = re.compile(r"test_(f?)0*(\d+)([a-e]?)_")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--go-sdk", choices=["newest", "grafana12"], default="newest", help="versions of the Go host"
    )
    parser.addoption(
        "--breaks",
        nargs="?",
        const="",
        default=None,
        metavar="ITEMS",
        help="run each item's tests against a deliberate break instead; all must fail (or only: 17,65b,F5)",
    )
    parser.addoption(
        "--through", choices=["gate"], default=None, help="two replicas behind the gate, over mutual TLS"
    )
    parser.addoption(
        "--report", action="store_true", help="one line for each item; a missing one fails the run"
    )


def item_of(name: str) -> str | None:
    """Return the item that a test proves, by its name: `test_017_...` is 17, `test_f05_...` is F5."""
    match = _NAME.match(name)
    return None if match is None else match[1].upper() + match[2] + match[3]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    through = config.getoption("--through", default=None)
    for item in items:
        if FOLDER in item.path.parents:
            item.add_marker("go")
            reason = NOT_THROUGH.get(item.name.partition("[")[0]) if through else None
            if reason:
                item.add_marker(pytest.mark.skip(reason=reason))
            if go_tool() is None:
                item.add_marker(pytest.mark.skip(reason="needs go"))


# The report: one line an item


class Report:
    def __init__(self) -> None:
        self.outcomes: dict[str, dict[str, str]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        item = item_of(report.nodeid.rpartition("::")[2])
        if item is None or "conformance" not in report.nodeid:
            return
        tests = self.outcomes.setdefault(item, {})
        if report.when == "call" or report.outcome != "passed":
            tests[report.nodeid] = "failed" if report.failed else report.outcome

    def of(self, item: str) -> str:
        tests = self.outcomes.get(item, {})
        if not tests:
            return "missing"
        for bad in ("failed", "skipped"):
            if bad in tests.values():
                return bad
        return "passed"

    def lines(self) -> Iterator[tuple[str, str, str]]:
        for item, title in (ITEMS | FAULTS).items():
            yield item, title, self.of(item)


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--report", default=False) and config.getoption("--breaks", default=None) is None:
        config.pluginmanager.register(Report(), "conformance-report")


def pytest_runtestloop(session: pytest.Session) -> bool | None:
    chosen: str | None = session.config.getoption("--breaks", default=None)
    if chosen is None:
        return None
    from .breaks import run

    terminal: Any = session.config.pluginmanager.get_plugin("terminalreporter")
    terminal.section("breaks", "=")
    if not run(terminal.write_line, [item for item in chosen.split(",") if item]):
        session.testsfailed += 1
    return True


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    report = session.config.pluginmanager.get_plugin("conformance-report")
    # Without Go nothing can be judged and every item is skipped; continuous integration must judge them all.
    good = {"passed"} if os.environ.get("CI") == "true" else {"passed", "skipped"}
    if report is not None and any(outcome not in good for _, _, outcome in report.lines()):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    report = config.pluginmanager.get_plugin("conformance-report")
    if report is None:
        return
    terminalreporter.section(f"conformance, Go SDK {config.getoption('--go-sdk')}")
    counts: dict[str, int] = {}
    for item, title, outcome in report.lines():
        note = "  (what leaves the plugin; the rest needs Grafana)" if item in NEEDS_GRAFANA else ""
        terminalreporter.write_line(f"{item:>4}  {outcome:<8} {title}{note}")
        counts[outcome] = counts.get(outcome, 0) + 1
    terminalreporter.write_line(
        ", ".join(f"{number} {outcome}" for outcome, number in sorted(counts.items()))
    )


# The programs and the processes


@pytest.fixture(scope="session")
def versions(request: pytest.FixtureRequest) -> str:
    chosen: str = request.config.getoption("--go-sdk", default="newest")
    return chosen


@pytest.fixture(scope="session")
def host_program(versions: str) -> Path:
    return program("host", versions)


@pytest.fixture(scope="session")
def host(host_program: Path) -> Iterator[Host]:
    # PATH and HOME stay out, as SkipHostEnv would keep them out anyway; TMPDIR stays so that sockets are found.
    running = Host(host_program, env={"TMPDIR": os.environ.get("TMPDIR", "/tmp")})
    yield running
    running.close()


@pytest.fixture(scope="session")
def exe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python plugin as one executable file: what Grafana finds in a plugin's folder."""
    return write_executable(tmp_path_factory.mktemp("plugin"))


def write_executable(folder: Path, name: str = "gpx_conformance_linux_amd64") -> Path:
    path = folder / name
    # -P and no PYTHON* variables: the interpreter is named whole, for there is no PATH to find it by.
    path.write_text(
        f"#!{sys.executable} -P\n"
        "import runpy, sys\n"
        f"sys.path[:0] = [{str(FOLDER / 'plugin')!r}, {str(ROOT)!r}]\n"
        'if __name__ == "__main__":\n'
        '    runpy.run_module("conformance_plugin", run_name="__main__")\n'
    )
    path.chmod(path.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    return path


def environment(target: str | None = None, **more: str) -> dict[str, str]:
    """Return Grafana's variables for a start of the Python plugin, and nothing else."""
    env = dict(GRAFANA_ENV)
    if target is not None:
        env["GF_PLUGIN_CONFORMANCE_CLASS"] = f"conformance_plugin.{target}"
    if os.environ.get("CONFORMANCE_BREAK"):
        env["GF_PLUGIN_CONFORMANCE_BREAK"] = os.environ["CONFORMANCE_BREAK"]
    return env | more


Launch = Callable[..., Plugin]


@pytest.fixture(scope="session")
def launch_shared(
    host: Host, exe: Path, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Launch]:
    yield from _launching(host, exe, request, tmp_path_factory)


@pytest.fixture
def launch(
    host: Host, exe: Path, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Launch]:
    """Start Python plugins of one's own; they end with the test."""
    yield from _launching(host, exe, request, tmp_path_factory)


def _launching(
    host: Host, exe: Path, request: pytest.FixtureRequest, folders: pytest.TempPathFactory
) -> Iterator[Launch]:
    started: list[Plugin] = []
    replicas: list[Replicas] = []
    through = request.config.getoption("--through", default=None)

    def start(target: str | None = None, *, env: dict[str, str] | None = None, **options: Any) -> Plugin:
        path, variables = options.pop("path", exe), environment(target, **(env or {}))
        if through:
            replicas.append(Replicas(path, variables, folders.mktemp("replicas")))
            path, variables = replicas[-1].program, replicas[-1].env
        plugin = host.start(path, env=variables, **options)
        started.append(plugin)
        return plugin

    yield start
    for plugin in started:
        plugin.kill()
    for pair in replicas:
        pair.end()


@pytest.fixture(scope="session")
def full(launch_shared: Launch) -> Plugin:
    """Our plugin with every ability; shared, so a test must leave it alive."""
    return launch_shared("full:Full")


@pytest.fixture(scope="session")
def whole(launch_shared: Launch) -> Plugin:
    return launch_shared("others:Whole")


@pytest.fixture(scope="session")
def empty(launch_shared: Launch) -> Plugin:
    return launch_shared("others:Empty")


@pytest.fixture(scope="session")
def asynchronous(launch_shared: Launch) -> Plugin:
    return launch_shared("others:Async")


@pytest.fixture(scope="session")
def mounted(launch_shared: Launch) -> Plugin:
    return launch_shared("others:Mounted")


@pytest.fixture(scope="session")
def app(launch_shared: Launch) -> Plugin:
    return launch_shared("others:Backend")


@pytest.fixture(scope="session")
def go_plugin(host: Host, versions: str) -> Iterator[Plugin]:
    """The same plugin written with the Go SDK."""
    plugin = host.start(program("refplugin", versions), env=dict(GRAFANA_ENV))
    yield plugin
    plugin.kill()


@pytest.fixture(scope="session")
def go_empty(host: Host, versions: str) -> Iterator[Plugin]:
    plugin = host.start(
        program("refplugin", versions), env=GRAFANA_ENV | {"GF_PLUGIN_REFERENCE_KIND": "empty"}
    )
    yield plugin
    plugin.kill()

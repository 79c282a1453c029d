"""What every test gets: a home of its own, no colours, and one built plugin for all that need one."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.built_plugin import BuiltPlugin, build_once

_HOME = Path.home()
# The caches of package managers stay shared: a test with an empty one would fetch everything again.
_SHARED_CACHES = {
    "UV_CACHE_DIR": _HOME / ".cache" / "uv",
    "GOPATH": _HOME / "go",
    "GOCACHE": _HOME / ".cache" / "go-build",
    "GOMODCACHE": _HOME / "go" / "pkg" / "mod",
    "npm_config_cache": _HOME / ".npm",
}
_skipped: list[str] = []
_reasons: set[str] = set()
_ran: list[str] = []


def pytest_configure() -> None:
    # A shell's background job ignores Ctrl-C, and so would every program that a test starts and interrupts.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True, scope="session")
def _isolated_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    home = tmp_path_factory.mktemp("home")
    (home / ".gitconfig").write_text("[user]\n\tname = Test\n\temail = test@example.org\n")
    with pytest.MonkeyPatch.context() as patch:
        for name, path in _SHARED_CACHES.items():
            if name not in os.environ:
                patch.setenv(name, str(path))
        patch.setenv("HOME", str(home))
        patch.setenv("XDG_CACHE_HOME", str(home / ".cache"))
        patch.setenv("XDG_CONFIG_HOME", str(home / ".config"))
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        patch.setenv("NO_COLOR", "1")
        patch.setenv("COLUMNS", "80")
        patch.setenv(
            "PLUGIN_CLI_PAGE", "plain"
        )  # a rich page is fetched and built by the tests that ask for one
        for name in ("FORCE_COLOR", "WEATHER_API_KEY", "PYTHONDONTWRITEBYTECODE"):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(scope="session")
def built_plugin() -> BuiltPlugin:
    """The scaffold `acme-weather-datasource`, built for this machine once for all test groups."""
    if sys.platform != "linux":
        pytest.skip("a Linux bundle is built on Linux")
    return build_once()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" and not report.skipped:
        _ran.append(report.nodeid)
    if report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        _reasons.add(reason.removeprefix("Skipped: "))
        if "optional:" not in reason:
            _skipped.append(f"{report.nodeid}: {reason}")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if os.environ.get("CI") == "true" and _skipped and exitstatus == 0:
        reporter = session.config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            reporter.write_line("\nskipped where nothing may be skipped:\n" + "\n".join(_skipped))
        session.exitstatus = 1
    _report_missing(session)


def _report_missing(session: pytest.Session) -> None:
    """Write down why a whole group was skipped; scripts/test says it behind the group's name."""
    path = os.environ.get("TESTS_MISSING")
    if path and _reasons and not _ran and session.exitstatus == 0:
        Path(path).write_text("; ".join(sorted(_reasons)))

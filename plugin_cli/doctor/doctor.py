"""`doctor`: what this machine lacks, and why a backend does not start."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from plugin_cli.doctor.diagnose_start import Diagnosis, diagnose
from plugin_cli.doctor.machine import Check, check_machine
from plugin_cli.errors import ProjectError, UsageError
from plugin_cli.project import Project, find_project
from plugin_cli.target import host_target


@dataclass(frozen=True)
class DoctorResult:
    """What was found.

    Attributes:
        checks: of the machine; empty when a log was read.
        diagnoses: why the backend does not start; empty when it does.
        tried: the executable that was started, or the log that was read.
    """

    checks: tuple[Check, ...]
    diagnoses: tuple[Diagnosis, ...]
    tried: str | None = None

    @property
    def healthy(self) -> bool:
        """Whether nothing required is missing and nothing is wrong."""
        return not self.diagnoses and all(check.ok or not check.required for check in self.checks)


def doctor(root: Path, *, log: Path | None = None) -> DoctorResult:
    """Look, and change nothing.

    Args:
        root: if it lies in a plugin, its built backend is started.
        log: a Grafana log to explain instead of looking at the machine.

    Raises:
        UsageError: the log cannot be read.
    """
    project = _project(root)
    if log is not None:
        try:
            text = log.read_text(encoding="utf-8", errors="replace")
        except OSError as error:
            raise UsageError(f"--log: {log} cannot be read", why=str(error)) from error
        found = diagnose(text, project.plugin_id if project else None)
        return DoctorResult((), found, str(log))
    checks = tuple(check_machine(project.metadata if project else None))
    built = project.built_executable(host_target()) if project and _has_executable(project) else None
    if project is None or built is None or not built.is_file():
        return DoctorResult(checks, ())
    return DoctorResult(checks, try_start(built, project.plugin_id), str(built))


def try_start(executable: Path, plugin_id: str) -> tuple[Diagnosis, ...]:
    """Start a built backend as Grafana does and return why it does not come up, if it does not."""
    from plugin_sdk.client import PluginProcess, PluginStartError

    try:
        with PluginProcess([executable], plugin_id=plugin_id, timeout_seconds=30):
            return ()
    except PluginStartError as error:
        return diagnose(_as_go_says_it(error.reason, executable) + "\n" + error.output)


def _as_go_says_it(reason: str, executable: Path) -> str:
    """Return the reason in the words that Grafana's log would have, which is what the rules know."""
    if "cannot be started" in reason:
        return f"fork/exec {executable}: {reason.rpartition(': ')[2].lower()}"
    before, marker, line = reason.partition("expected a handshake line on stdout, got: ")
    if marker:
        return f"Unrecognized remote plugin message: {line.partition(chr(10))[0]}"
    return "timeout while waiting for plugin to start" if "no handshake within" in before else reason


def _project(root: Path) -> Project | None:
    try:
        return find_project(root)
    except ProjectError:
        return None


def _has_executable(project: Project) -> bool:
    return isinstance(project.metadata.get("executable"), str)

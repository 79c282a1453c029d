"""Starts what was built and asks it: what can you not import, and do you answer Grafana's first call?"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

from plugin_cli.build.author_code import AuthorCode, required_imports
from plugin_cli.errors import PluginCliError, ProjectError
from plugin_cli.project import Project
from plugin_cli.system.process import child_environment, run

_START_SECONDS = 60
_BROKEN = (
    "the plugin's code could not be loaded",
    "No module named",
    "Exception calling application",
    "UNIMPLEMENTED",
    "UNAVAILABLE",
    "DEADLINE_EXCEEDED",
)


@dataclass(frozen=True)
class _Failure:
    """One import that fails inside the bundle; `missing` is the module that is not there, if that is why."""

    module: str
    missing: str | None
    error: str


def check_built(executable: Path, project: Project, code: AuthorCode, python: Path) -> None:
    """Raise unless the executable imports all it needs and answers a health check.

    Raises:
        ProjectError: an import fails; the message names the module and the setting to add.
        PluginCliError: the executable does not become a plugin.
    """
    failures = _failed_imports(executable, project, code)
    if failures:
        raise _explain(failures[0], python)
    _check_start(executable, project)


def _failed_imports(executable: Path, project: Project, code: AuthorCode) -> list[_Failure]:
    module, _, name = project.backend.entry.partition(":")
    questions = [[item.module, list(item.names)] for item in required_imports(code)]
    questions.append([module, [name.partition(".")[0]]])
    done = run(
        [executable, "-import-check"],
        what="the built executable does not start",
        # As Grafana gives it; Windows starts nothing without its own variables.
        env=child_environment() if sys.platform == "win32" else {},
        cwd=executable.parent,
        stdin=json.dumps(questions),
        timeout_seconds=_START_SECONDS,
    )
    return [_Failure(**failure) for failure in json.loads(done.stdout)]


def _explain(failure: _Failure, python: Path) -> ProjectError:
    if failure.missing is None:
        return ProjectError(
            f"the built plugin cannot import {failure.module!r}",
            why=failure.error,
            remedy=f'[tool.plugin-cli] collect = ["{_top(failure.module)}"] in pyproject.toml'
            "\nif data files of the package are missing; else mend the module",
        )
    missing = failure.missing
    installed = run([python, "-c", f"import {_top(missing)}"], what="", check=False).returncode == 0
    if installed:
        remedy = f'add to pyproject.toml: [tool.plugin-cli] hidden-imports = ["{missing}"]'
    else:
        remedy = f"add the package that holds {_top(missing)!r} to [project] dependencies in pyproject.toml"
    return ProjectError(
        f"the built plugin cannot import {missing!r}",
        why=f"{failure.error}\nneeded by {failure.module}" if failure.module != missing else failure.error,
        remedy=remedy,
    )


def _top(module: str) -> str:
    return module.partition(".")[0]


def _check_start(executable: Path, project: Project) -> None:
    from plugin_sdk.client import ClientError, PluginProcess, PluginStartError

    errors: list[str] = []
    try:
        with PluginProcess(
            [executable],
            plugin_id=project.plugin_id,
            timeout_seconds=_START_SECONDS,
            on_log=lambda line: errors.append(line.message) if line.level == "error" else None,
        ) as plugin:
            message = plugin.client.check_health().message
    except PluginStartError as error:
        raise PluginCliError(
            "the built plugin does not start", why=str(error), remedy=f"run it by hand: {executable}"
        ) from error
    except ClientError as error:
        # A plugin may refuse a data source that nobody has configured; a broken one is another matter.
        message = error.message if error.code in ("UNKNOWN", "INTERNAL") else str(error)
        if error.code not in ("INVALID_ARGUMENT", "FAILED_PRECONDITION", "NOT_FOUND"):
            errors.append(message)
    broken = next((text for text in (message, *errors) if any(sign in text for sign in _BROKEN)), None)
    if broken is not None:
        raise ProjectError("the built plugin starts, but cannot work", why=broken, remedy="mend the code")

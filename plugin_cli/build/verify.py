"""Starts what was built: does it import what goes in, and does it answer Grafana's first call?"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from plugin_cli.build.author_code import required_imports
from plugin_cli.build.bundle.bundle import Bundle, BundleInputs
from plugin_cli.build.import_check import Failure, Question, import_all
from plugin_cli.build.import_remedy import remedy_for
from plugin_cli.errors import PluginCliError, ProjectError
from plugin_cli.project import Project

_START_SECONDS = 60
_BROKEN = (
    "the plugin's code could not be loaded",
    "No module named",
    "Exception calling application",
    "UNIMPLEMENTED",
    "UNAVAILABLE",
    "DEADLINE_EXCEEDED",
)


def check_built(executable: Path, inputs: BundleInputs, bundle: Bundle) -> None:
    """Raise unless the executable imports all that went in and answers a health check.

    Every package's top-level modules are imported once for each bundle; what cannot be imported from source
    neither is a fault of the build.

    Raises:
        ProjectError: an import fails; the message names the package and what helps.
        PluginCliError: the executable does not become a plugin.
    """
    checked = bundle.folder.parent / "imports-checked"
    failures = [item for item in import_all([executable], _code_questions(inputs)) if item]
    if failures:
        raise _explain(failures[0], executable, inputs)
    if not (checked.is_file() and checked.read_text() == inputs.key):
        _check_packages(executable, inputs)
        checked.write_text(inputs.key)
    _check_start(executable, inputs.project)


def _code_questions(inputs: BundleInputs) -> list[Question]:
    module, _, name = inputs.project.backend.entry.partition(":")
    questions = [Question(item.module, item.names) for item in required_imports(inputs.code)]
    return [*questions, Question(module, (name.partition(".")[0],))]


def _check_packages(executable: Path, inputs: BundleInputs) -> None:
    questions = [Question(module, whole=True) for module in inputs.package_modules()]
    failed = [item.module for item in import_all([executable], questions) if item]
    if not failed:
        return
    again = [Question(module, whole=True) for module in failed]
    source = _names(import_all(inputs.from_source, again))
    # One after another, a module may have failed for what another had done before; alone counts.
    for question in again:
        if question.module not in source:
            (failure,) = import_all([executable], [question])
            if failure:
                raise _explain(failure, executable, inputs)


def _names(failures: Iterable[Failure | None]) -> set[str]:
    return {item.module for item in failures if item}


def _explain(failure: Failure, executable: Path, inputs: BundleInputs) -> ProjectError:
    missing = failure.missing
    owner = inputs.owner_of(failure.module)
    what = f"the built plugin cannot import {missing or failure.module!r}"
    why = failure.error
    if missing != failure.module:
        why += f"\nneeded by {failure.module}" + (f" of the package {owner}" if owner else "")
    return ProjectError(
        f"the built plugin cannot import {missing!r}" if missing else what,
        why=why,
        remedy=remedy_for(failure, executable, inputs),
    )


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
        raise ProjectError(
            "the built plugin starts but fails its health check", why=broken, remedy="fix the error above"
        )

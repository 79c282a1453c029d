"""What helps a built plugin that cannot import something; each remedy is tried before it is named."""

from __future__ import annotations

from pathlib import Path

from plugin_cli.build.bundle.bundle import BundleInputs
from plugin_cli.build.bundle.exclusions import Exclusion
from plugin_cli.build.import_check import Failure, Question, import_all

_REPORT = "plugin-cli build --clean   (and report it with this message, if it stays)"


def remedy_for(failure: Failure, executable: Path, inputs: BundleInputs) -> str:
    """Return what the author can do.

    The import is tried again with the files of the plugin's environment in reach. Where that helps, the
    difference is what the bundle lacks, and the remedy puts it there.
    """
    missing = failure.missing or failure.module
    top = missing.partition(".")[0]
    if not _helps(failure, executable, inputs):
        (at_source,) = import_all(inputs.from_source, [Question(failure.module)])
        if at_source is None:
            return _REPORT
        if failure.missing is None:
            return f"fix the error above: {failure.module} cannot be imported from source either"
        return f"add the package that holds {top!r} to [project] dependencies in pyproject.toml"
    for entry in inputs.settings.exclude:
        if top in (entry, entry.partition(".")[0]) or inputs.owner_of(missing) == entry:
            return f"remove {entry!r} from [tool.plugin-cli] exclude in pyproject.toml"
    line = _left_out(missing, failure.module, inputs)
    if line is not None:
        return f'add to pyproject.toml: [tool.plugin-cli] include = ["{line.name}"]'
    owner = inputs.owner_of(missing) or top
    if owner in inputs.selection.items:
        return _REPORT
    return f'add "{owner}" to [project] dependencies in pyproject.toml'


def _helps(failure: Failure, executable: Path, inputs: BundleInputs) -> bool:
    standard = [str(folder) for folder in inputs.facts.standard]
    compiled = [f"{folder}/lib-dynload" for folder in standard]
    site = [str(folder) for folder in inputs.facts.site]
    (again,) = import_all([executable], [Question(failure.module)], paths=[*site, *standard, *compiled])
    return again is None


def _left_out(missing: str, module: str, inputs: BundleInputs) -> Exclusion | None:
    """Return the line of the table that keeps `missing`, or files of the package of `module`, out."""
    lines = (*inputs.selection.left_out, *inputs.standard_lines)
    path = missing.replace(".", "/")
    for line in lines:
        if any(
            line.covers(line.distribution, f"{path}{ending}") for ending in ("/__init__.py", ".py", ".so")
        ):
            return line
    owner = inputs.owner_of(module)
    if inputs.owner_of(missing) != owner:
        return None
    return next((line for line in lines if owner and line.distribution == owner), None)

"""`--template`, `--vcs-ref`, `--data` and `--trust` of `create` as one template."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from plugin_cli.errors import UsageError

if TYPE_CHECKING:
    from plugin_cli.scaffold.foreign import Foreign


def template_of(
    source: str | None, vcs_ref: str | None, data: list[str] | None, *, trust: bool
) -> tuple[Foreign | None, bool]:
    """Return the organisation's template and whether it lies over ours.

    Raises:
        UsageError: the options do not fit together, or it is no copier template.
        ToolFailedError: git cannot fetch it.
    """
    if source is None:
        for flag, given in (("--vcs-ref", vcs_ref), ("--data", data), ("--trust", trust)):
            if given:
                raise UsageError(f"{flag} needs --template", remedy=f"--template SOURCE {flag} ...")
        return None, False
    from plugin_cli.scaffold.foreign import Foreign, lies_over_ours

    source = str(Path(source).absolute()) if Path(source).exists() else source
    foreign = Foreign(source, vcs_ref, dict(map(_pair, data or ())), trust)
    return foreign, lies_over_ours(foreign)


def _pair(text: str) -> tuple[str, str]:
    key, separator, value = text.partition("=")
    if not separator or not key:
        raise UsageError(f"--data does not take {text!r}", why="allowed: KEY=VALUE", remedy="--data team=sea")
    return key, value

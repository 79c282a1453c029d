"""`plugin-cli update`: one request, and what became of each file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from plugin_cli.cli.app import app


@app.command()
def update(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PACKAGE]...", help="With --packages: only these.", show_default=False),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Tell what would change; write nothing.")
    ] = False,
    packages: Annotated[
        bool, typer.Option("--packages", help="Only take the newest version of every package into uv.lock.")
    ] = False,
    vcs_ref: Annotated[
        str | None,
        typer.Option(
            metavar="REF",
            help="Tag, branch or commit of your organisation's template.",
            show_default="its newest release",
        ),
    ] = None,
    trust: Annotated[bool, typer.Option("--trust", help="Let that template run code.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Result as JSON on stdout.")] = False,
) -> None:
    """Bring this plugin to the current templates; your edits stay, conflicts are marked.

    Needs a clean git tree, so that `git restore .` takes everything back. Exit 1 where there are conflicts.
    """
    import json

    if packages or names:
        _update_packages(names or [], packages=packages, dry_run=dry_run)
        return
    from plugin_cli.scaffold.foreign import is_copiers

    if is_copiers(Path.cwd()):
        _update_by_copier(vcs_ref, trust=trust, dry_run=dry_run, as_json=as_json)
        return
    from plugin_cli.cli.show.merge import merge_json, show_merge
    from plugin_cli.cli.tool import running_tool
    from plugin_cli.console import TerminalConsole
    from plugin_cli.scaffold.update import update as run

    console = TerminalConsole()
    result = run(Path.cwd(), running_tool(), vcs_ref=vcs_ref, trust=trust, dry_run=dry_run)
    versions = {"from": result.from_version, "to": result.to_version}
    if as_json:
        console.data(json.dumps({**versions, "dry_run": dry_run, **merge_json(result.merge)}, indent=2))
    else:
        show_merge(console, result.merge)
        done = "nothing to change" if result.merge.is_empty else "would be updated" if dry_run else "updated"
        console.step(f"{done}: from plugin-cli {result.from_version} to {result.to_version}")
    raise typer.Exit(1 if result.merge.conflicts else 0)


def _update_by_copier(vcs_ref: str | None, *, trust: bool, dry_run: bool, as_json: bool) -> None:
    import json

    from plugin_cli.console import TerminalConsole
    from plugin_cli.errors import UsageError
    from plugin_cli.scaffold.foreign import update_by_copier

    if dry_run:
        raise UsageError("--dry-run is for our templates", remedy="plugin-cli update, then git diff")
    console = TerminalConsole()
    changed = update_by_copier(Path.cwd(), vcs_ref=vcs_ref, trust=trust)
    if as_json:
        conflicts = [name for name, conflict in changed.items() if conflict]
        console.data(json.dumps({"changed": list(changed), "conflicts": conflicts}, indent=2))
    else:
        for name, conflict in changed.items():
            console.step(f"{'conflict in' if conflict else 'updated'} {name}")
        console.step("updated by copier" if changed else "nothing to change")
    raise typer.Exit(1 if any(changed.values()) else 0)


def _update_packages(names: list[str], *, packages: bool, dry_run: bool) -> None:
    from plugin_cli.console import TerminalConsole
    from plugin_cli.errors import UsageError
    from plugin_cli.project import find_project
    from plugin_cli.venv.requirements import upgrade_lock

    if not packages:
        raise UsageError(
            f"unexpected argument {names[0]!r}", remedy=f"plugin-cli update --packages {' '.join(names)}"
        )
    if dry_run:
        raise UsageError("--packages goes without --dry-run", remedy="git diff uv.lock   (afterwards)")
    console = TerminalConsole()
    with console.working("looking for the newest packages"):
        changed = upgrade_lock(find_project(Path.cwd()), console, names)
    console.step("uv.lock has changed: build, test and commit it" if changed else "nothing to change")

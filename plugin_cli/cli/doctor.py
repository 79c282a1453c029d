"""`plugin-cli doctor`: the machine's checks and a start's causes as lines."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from plugin_cli.cli.app import app

if TYPE_CHECKING:
    from plugin_cli.doctor.doctor import DoctorResult


@app.command()
def doctor(
    log: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Explain this Grafana log instead; - reads it from stdin.",
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Result as JSON on stdout.")] = False,
) -> None:
    """Say what this machine lacks for which command, and why a built backend does not start.

    With --log it explains "Unrecognized remote plugin message" and its kin. Exit 1 if something is wrong.
    """
    from plugin_cli.console import TerminalConsole
    from plugin_cli.doctor.doctor import doctor as run

    path = Path("/dev/stdin") if log == Path("-") else log
    result = run(Path.cwd(), log=path)
    console = TerminalConsole()
    if as_json:
        document = {
            "checks": [asdict(check) for check in result.checks],
            "tried": result.tried,
            "diagnoses": [asdict(diagnosis) for diagnosis in result.diagnoses],
        }
        console.data(json.dumps(document, indent=2))
    else:
        console.data("\n".join(_lines(result, read_log=log is not None)))
    if not result.healthy:
        raise typer.Exit(1)


def _lines(result: DoctorResult, *, read_log: bool) -> list[str]:
    lines: list[str] = []
    for check in result.checks:
        mark = "ok     " if check.ok else ("missing" if check.required else "absent ")
        lines.append(f"{mark}  {check.name}: {check.found}")
        if not check.ok:
            lines.append(f"         needed for: {check.needed_for}")
            lines += [f"         try: {line}" for line in check.remedy.splitlines()]
    for diagnosis in result.diagnoses:
        lines.append(f"cause    {diagnosis.what}")
        lines += [f"         | {line}" for line in diagnosis.evidence.splitlines()]
        lines.append(f"         try: {diagnosis.remedy}")
    if result.tried and not result.diagnoses:
        words = "shows no reason why a backend would not start" if read_log else "starts as Grafana starts it"
        lines.append(f"ok       {result.tried} {words}")
    return lines

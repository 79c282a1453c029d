"""`plugin-cli sign`: MANIFEST.txt from Grafana's signing service."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from plugin_cli.cli.app import app


@app.command()
def sign(
    root_urls: Annotated[
        list[str] | None,
        typer.Option(
            "--root-urls",
            help="The instances a private plugin is for, as in their root_url; repeat it or use commas.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Have dist/ signed with the token in GRAFANA_ACCESS_POLICY_TOKEN; write dist/MANIFEST.txt.

    Every later change to dist/ breaks the signature: build, sign, then package.
    """
    import os

    from plugin_cli.build.swap import whole_dist
    from plugin_cli.console import TerminalConsole
    from plugin_cli.project import find_project
    from plugin_cli.release.sign import sign as run

    console = TerminalConsole()
    project = find_project(Path.cwd())
    urls = tuple(url.strip() for entry in root_urls or [] for url in entry.split(",") if url.strip())
    with whole_dist(project, console), console.working("signing"):
        result = run(project.root, root_urls=urls, environment=os.environ)
    console.step(f"signed {result.files} files: {result.manifest}")

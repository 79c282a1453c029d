"""What `plugin-cli types` writes for the models of a scaffold."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from plugin_cli.build.frontend.typescript import generated_files
from plugin_cli.scaffold.answers import Answers, render_plugin
from plugin_cli.scaffold.render import write_tree
from tests.scaffold.scaffolds import TOOL


def generated_for(answers: Answers, folder: Path) -> dict[str, str]:
    """Render the backend of `answers` into `folder` and return the files made from its models."""
    write_tree(render_plugin(answers.with_(frontend="generated"), TOOL), folder)
    package = answers.names.package
    command = [sys.executable, "-m", "plugin_sdk.schema", f"{package}.datasource:{answers.names.class_name}"]
    paths = os.pathsep.join([str(folder / "backend"), str(Path(__file__).parents[2])])
    done = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True, check=True
    )
    return generated_files(json.loads(done.stdout))

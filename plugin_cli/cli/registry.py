"""Every command, in the order of `--help`: the order of a plugin's life.

Importing a module registers its commands on `app`. The list is explicit so that tools see the imports.
"""

from __future__ import annotations

# isort: off
from plugin_cli.cli import create
from plugin_cli.cli import update
from plugin_cli.cli import add
from plugin_cli.cli import adopt
from plugin_cli.cli import types
from plugin_cli.cli import build
from plugin_cli.cli import dev
from plugin_cli.cli import call
from plugin_cli.cli import validate
from plugin_cli.cli import package
from plugin_cli.cli import sign
from plugin_cli.cli import doctor

# isort: on
from plugin_cli.cli.app import app

COMMANDS = (create, update, add, adopt, types, build, dev, call, validate, package, sign, doctor)

__all__ = ["COMMANDS", "app"]

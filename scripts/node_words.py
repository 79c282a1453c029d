"""Print the folder of the Node that the tool uses, and the words that run its npm, one a line."""

import sys

from plugin_cli.console import TerminalConsole
from plugin_cli.errors import PluginCliError
from plugin_cli.venv.node import require_node

try:
    node = require_node(TerminalConsole())
except PluginCliError as error:
    sys.exit(f"error: {error}")
sys.stdout.write("\n".join([str(node.program.parent), *node.npm, ""]))

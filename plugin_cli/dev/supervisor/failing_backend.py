"""A backend that answers every call with why the real one does not run; `plugin-cli dev` runs it for Grafana.

Grafana would otherwise go on with the code of before, or wait for ever.
"""

from __future__ import annotations

import os
from typing import Any

REASON_VARIABLE = "PLUGIN_CLI_FAILURE_REASON"


def __getattr__(name: str) -> Any:
    from plugin_sdk.errors import LoadError

    if name == "Failing":
        raise LoadError(os.environ[REASON_VARIABLE])
    raise AttributeError(name)


if __name__ == "__main__":
    from plugin_sdk import serve

    serve("plugin_cli.dev.supervisor.failing_backend:Failing")

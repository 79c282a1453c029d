"""Serves the class that the environment names.

`GF_PLUGIN_CONFORMANCE_CLASS` is how Grafana passes `[plugin.<id>] conformance_class`.
`GF_PLUGIN_CONFORMANCE_BREAK` names a file of conformance/breaks/ that spoils the runtime first; the
product knows nothing of it.
"""

import os

broken = os.environ.get("GF_PLUGIN_CONFORMANCE_BREAK")
if broken:
    from pathlib import Path

    # Kept, so that what a break opens stays open.
    names = {"__name__": "break"}
    exec(compile(Path(broken).read_text(), broken, "exec"), names)

hurry = os.environ.get("GF_PLUGIN_CONFORMANCE_HURRY")
if hurry:
    # Tests that wait for what takes ten seconds need not wait so long each time.
    from plugin_sdk._serving.watch import hung_calls

    hung_calls.WARN_SECONDS = hung_calls.REFUSE_SECONDS = float(hurry)

from plugin_sdk import serve  # noqa: E402  # a break changes what is imported here

serve(os.environ.get("GF_PLUGIN_CONFORMANCE_CLASS", "conformance_plugin.full:Full"))

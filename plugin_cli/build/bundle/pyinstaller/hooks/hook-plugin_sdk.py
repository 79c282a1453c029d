# The runtime imports its own modules by name, each when it is first needed.
from PyInstaller.utils.hooks import collect_submodules  # type: ignore[import-untyped]

_LEFT_OUT = ("plugin_sdk.client", "plugin_sdk.testing", "plugin_sdk.schema", "plugin_sdk.__main__")

hiddenimports = collect_submodules("plugin_sdk", filter=lambda name: not name.startswith(_LEFT_OUT))

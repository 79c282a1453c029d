# In the place of PyInstaller's own hook: pydantic finds its modules by names made at run time.
from PyInstaller.utils.hooks import collect_submodules  # type: ignore[import-untyped]

# The old pydantic inside pydantic is for code that imports it; such code finds it by itself.
_LEFT_OUT = ("pydantic.v1", "pydantic.mypy")

hiddenimports = collect_submodules("pydantic", filter=lambda name: not name.startswith(_LEFT_OUT))
# To print its own internals; rich stays where anything else imports it.
excludedimports = ["rich"]

"""Exit 0 where this Python's shared library is on the machine (PyInstaller puts it into every bundle)."""

import pathlib
import sys
import sysconfig

name = sysconfig.get_config_var("INSTSONAME") or ""
folders = [
    sysconfig.get_config_var("LIBDIR"),
    f"/usr/lib/{sysconfig.get_config_var('MULTIARCH')}",
    "/usr/lib",
    "/lib",
]
version = f"libpython{sys.version_info[0]}.{sys.version_info[1]}.so.1.0"
names = {name, version} if ".so" in name else {version}
found = any((pathlib.Path(folder) / each).exists() for folder in folders if folder for each in names)
sys.exit(0 if found else 1)

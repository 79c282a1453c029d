"""What stays out of a bundle, and what goes in although no import statement says so; with the reasons.

An author's own import of a module takes it off the first table. What one package alone imports
without need is in `pyinstaller/hooks/`.
"""

from __future__ import annotations

EXCLUDED_MODULES: dict[str, str] = {
    "plugin_cli": "the tool; a plugin needs the runtime only",
    "plugin_sdk.client": "the host's side of the protocol",
    "plugin_sdk.testing": "for tests",
    "plugin_sdk.schema": "run by the build, not by the plugin",
    "pydantic.v1": "an older pydantic inside pydantic, for code that asks for it",
    "pydantic.mypy": "a plugin for the type checker",
    "tkinter": "windows on a screen",
    "turtle": "windows on a screen",
    "idlelib": "an editor",
    "lib2to3": "rewrites source code",
    "ensurepip": "installs pip",
    "pip": "installs packages",
    "setuptools": "builds packages",
    "pkg_resources": "builds packages",
    "test": "Python's own tests",
    "_pydecimal": "takes the place of the compiled decimal, which is there",
    "grpc_tools": "the compiler of .proto files",
    "httpx._main": "httpx as a command; it brings click, pygments and rich",
    "pytest": "for tests",
    "_pytest": "for tests",
    "anyio.pytest_plugin": "for tests",
    "anyio._backends._trio": "for programs on trio instead of asyncio",
}

# Imported where PyInstaller cannot see it: in compiled modules, or by a name made at run time.
HIDDEN_MODULES: dict[str, str] = {
    "plugin_sdk._serving.services.admission": "loaded by name behind the handshake",
    "plugin_sdk._serving.services.data": "loaded by name behind the handshake",
    "plugin_sdk._serving.services.diagnostics": "loaded by name behind the handshake",
    "plugin_sdk._serving.services.resource": "loaded by name behind the handshake",
    "plugin_sdk._serving.services.stream": "loaded by name behind the handshake",
    "asyncio": "grpc's compiled core",
    "inspect": "grpc's compiled core",
    "pkgutil": "grpc's compiled core",
    "google._upb._message": "protobuf chooses its implementation at run time",
    "google.protobuf.internal.enum_type_wrapper": "protobuf's compiled core",
    "google.protobuf.internal.well_known_types": "protobuf's compiled core",
    "certifi": "certificates for roots that have none",
    "tzdata": "time zones for roots that have none",
}

# PyInstaller's own start hooks that cost more than they give.
DROPPED_HOOKS: dict[str, str] = {
    "pyi_rth_multiprocessing": "imports multiprocessing at every start; entry.py does it when it is needed",
    "pyi_rth_pkgutil": "imports it at every start, to find modules in an archive that is not there",
    "pyi_rth_inspect": "imports 15 modules, a third of a bare start, to find sources that are not there",
}

DROPPED_FILES: dict[str, str] = {
    "*.dist-info/RECORD": "for installers",
    "*.dist-info/WHEEL": "for installers",
    "*.dist-info/INSTALLER": "for installers",
    "*.dist-info/REQUESTED": "for installers",
    "*.dist-info/direct_url.json": "for installers, with paths of the build machine",
    "*.dist-info/licenses/*": "in THIRD_PARTY_LICENSES.txt",
    "*.pyi": "for type checkers",
    "*.cc": "sources of compiled modules",
    "*.h": "sources of compiled modules",
    "*.pyx": "sources of compiled modules",
    "*.pxd": "sources of compiled modules",
    "*/py.typed": "for type checkers",
    "grpc/_cython/_credentials/roots.pem": "the start hook gives grpc the same certificates as everyone else",
}

"""What stays out of a bundle although it is installed, each line with its size and the reason.

Everything else that the plugin's dependencies bring goes in whole. A line comes back when the author's code
imports its module, or when the author names it: `[tool.plugin-cli] include = ["scipy tests"]`.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True)
class Exclusion:
    """One line of the table.

    Attributes:
        name: what the author writes after `include` to have it.
        patterns: the files, by their names in site-packages or in the standard library.
        distribution: the package they belong to; empty for any.
        megabytes: what they were measured to take.
        reason: why no plugin misses them.
        module: an import of it, or of anything below it, in the author's code brings the files back.
        for_packages: an import in another package does so too.
    """

    name: str
    patterns: tuple[str, ...]
    distribution: str
    megabytes: float
    reason: str
    module: str = ""
    for_packages: bool = True

    def covers(self, distribution: str, file: str) -> bool:
        """Return True if `file` of `distribution` is one of its files."""
        if self.distribution not in ("", distribution):
            return False
        return any(fnmatchcase(file, pattern) for pattern in self.patterns)


def _tests(distribution: str, megabytes: float, *patterns: str, package: str = "") -> Exclusion:
    return Exclusion(
        f"{distribution} tests",
        patterns or (f"{distribution}/tests/*", f"{distribution}/*/tests/*"),
        distribution,
        megabytes,
        "its own tests and their data",
        f"{package or distribution}.tests",
    )


def _standard(
    module: str, megabytes: float, reason: str, *patterns: str, for_packages: bool = False
) -> Exclusion:
    return Exclusion(
        module, patterns or (f"{module}/*",), "", megabytes, reason, module, for_packages=for_packages
    )


PACKAGES: tuple[Exclusion, ...] = (
    Exclusion(
        "installer records",
        ("*.dist-info/INSTALLER", "*.dist-info/REQUESTED", "*.dist-info/direct_url.json", "*.dist-info/uv_*"),
        "",
        0.01,
        "what the installer notes for itself, with paths of the build machine",
    ),
    Exclusion(
        "licence files",
        ("*.dist-info/licenses/*", "*.dist-info/LICEN[CS]E*"),
        "",
        0.3,
        "their texts are in THIRD_PARTY_LICENSES.txt",
    ),
    Exclusion(
        "plugin.json",
        ("plugin.json", "*/plugin.json"),
        "",
        0.01,
        "Grafana takes every folder that holds one for a plugin",
    ),
    Exclusion(
        "the tool",
        (
            "plugin_cli/*",
            "plugin_sdk/testing/*",
            "plugin_sdk/testing.py",
            "plugin_sdk/client/*",
            "plugin_sdk/schema.py",
            "plugin_sdk/_spawn.py",
            "plugin_sdk/__main__.py",
            "*.dist-info/entry_points.txt",
        ),
        "grafana-plugin-cli",
        3.0,
        "the build itself and what runs before it; a plugin needs the runtime only",
    ),
    Exclusion(
        "pydantic.v1",
        ("pydantic/v1/*",),
        "pydantic",
        0.8,
        "an older pydantic inside pydantic, for code that imports it",
        "pydantic.v1",
    ),
    Exclusion(
        "pydantic.mypy",
        ("pydantic/mypy.py",),
        "pydantic",
        0.1,
        "a plugin for the type checker",
        "pydantic.mypy",
    ),
    *(
        Exclusion(
            f"{name} sources",
            (
                "*.pyi",
                "*.pyx",
                "*.pxd",
                "*.pxi",
                "*.proto",
                "*/py.typed",
                "*.dist-info/RECORD",
                "*.dist-info/WHEEL",
                "*/sboms/*",
            ),
            name,
            megabytes,
            "for type checkers, compilers and installers",
        )
        for name, megabytes in (("grpcio", 0.1), ("protobuf", 0.4), ("pydantic", 0.1), ("pydantic-core", 0.2))
    ),
    Exclusion(
        "protobuf tests",
        ("google/protobuf/internal/*test*", "google/protobuf/internal/*benchmark*"),
        "protobuf",
        0.2,
        "its own tests",
    ),
    _tests("certifi", 0.01),
    Exclusion(
        "grpc roots",
        ("grpc/_cython/_credentials/roots.pem",),
        "grpcio",
        0.5,
        "the start hook gives grpc the same certificates as everyone else",
    ),
    _tests("scipy", 16.3),
    _tests("statsmodels", 16.7),
    _tests("pandas", 15.3, "pandas/tests/*"),
    _tests("sympy", 9.6),
    _tests("numpy", 6.7),
    _tests("scikit-learn", 5.8, "sklearn/tests/*", "sklearn/*/tests/*", package="sklearn"),
    _tests("numba", 4.8),
    _tests("xarray", 3.1, "xarray/tests/*"),
    _tests("networkx", 3.0),
    _tests("pyarrow", 2.6, "pyarrow/tests/*"),
    _tests("matplotlib", 2.3),
    Exclusion(
        "pyarrow headers",
        ("pyarrow/include/*", "pyarrow/src/*", "pyarrow/includes/*", "pyarrow/*.pyx", "pyarrow/*.pxi"),
        "pyarrow",
        6.5,
        "to compile other programs against it",
    ),
    Exclusion(
        "fonttools sources",
        ("fontTools/*.c",),
        "fonttools",
        6.0,
        "C that its compiled modules were made from",
    ),
)

STANDARD_LIBRARY: tuple[Exclusion, ...] = (
    _standard("test", 31.0, "Python's own tests", "test/*", "*/test/*", "*/tests/*"),
    _standard("_test", 0.6, "parts of Python's own tests", "_test*", "_ctypes_test*", "_xx*", "xx*"),
    _standard("ensurepip", 3.2, "installs pip"),
    _standard("venv", 0.1, "makes environments, with ensurepip"),
    _standard("idlelib", 1.5, "an editor with windows"),
    _standard("tkinter", 9.0, "windows on a screen, with Tcl and Tk", "tkinter/*", "_tkinter*"),
    _standard("turtle", 0.4, "windows on a screen", "turtle.py", "turtledemo/*"),
    _standard("lib2to3", 0.7, "rewrites sources of Python 2"),
    _standard("pydoc_data", 0.5, "texts of help() for a terminal"),
    _standard("_pydecimal", 0.2, "for Pythons without the compiled decimal", "_pydecimal.py"),
    _standard("readline", 0.8, "line editing in a terminal", "readline*"),
    _standard("curses", 0.8, "windows in a terminal", "curses/*", "_curses*"),
    _standard("nis", 1.7, "Sun's yellow pages, with Kerberos", "nis*"),
    _standard("ossaudiodev", 0.1, "sound cards of old", "ossaudiodev*"),
    _standard("dbm", 1.9, "two databases of the system", "_gdbm*", "_dbm*", for_packages=True),
    _standard("sqlite3", 1.7, "a database", "sqlite3/*", "_sqlite3*", for_packages=True),
    _standard("crypt", 0.2, "passwords of the system", "crypt.py", "_crypt*", "spwd*", for_packages=True),
    _standard("distutils", 0.7, "builds packages", for_packages=True),
    _standard("unittest", 0.3, "runs tests", for_packages=True),
    _standard("doctest", 0.1, "runs tests", "doctest.py", for_packages=True),
    _standard("pdb", 0.1, "a debugger in a terminal", "pdb.py", for_packages=True),
    _standard("pydoc", 0.2, "help() for a terminal", "pydoc.py", for_packages=True),
    _standard("xmlrpc", 0.1, "calls in XML", for_packages=True),
    _standard("_pyio", 0.1, "for Pythons without the compiled io", "_pyio.py"),
    Exclusion(
        "other systems",
        ("asyncio/windows_*", "asyncio/proactor_*", "_osx_support.py", "_aix_support.py", "ctypes/macholib/*")
        if sys.platform == "linux"
        else (),
        "",
        0.2,
        "modules that work on other systems only",
    ),
    *(
        _standard(name, 0.05, "gone from newer Pythons", f"{name}.py", for_packages=True)
        for name in (
            *(
                "aifc",
                "asynchat",
                "asyncore",
                "cgi",
                "cgitb",
                "chunk",
                "imghdr",
                "mailcap",
                "nntplib",
                "pipes",
            ),
            *("smtpd", "sndhdr", "sunau", "telnetlib", "uu", "xdrlib"),
        )
    ),
)

# Distributions that are in every bundle and never read their own sources: measured, 5.5 MB.
COMPILED_ONLY = frozenset(
    {
        "annotated-types",
        "anyio",
        "certifi",
        "grafana-plugin-cli",
        "grpcio",
        "h11",
        "httpcore",
        "httpx",
        "idna",
        "prometheus-client",
        "protobuf",
        "pydantic",
        "pydantic-core",
        "typing-extensions",
        "typing-inspection",
    }
)

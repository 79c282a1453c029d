"""Runs first in every built plugin: undoes what the start left behind, so that no child inherits it."""

# pathlib takes longer to load than all of this takes to run.
# ruff: noqa: ARG002, PTH110, PTH118, PTH119, PTH123

# The top-level names of `COMPILED_ONLY` in exclusions.py.
PACKAGES = (
    "annotated_types anyio certifi google grpc h11 httpcore httpx idna plugin_sdk prometheus_client pydantic "
    "pydantic_core typing_extensions typing_inspection"
)


class _Archive:
    """Finds what the standard library and the runtime's packages have beyond what every start loads."""

    def __init__(self, path: str) -> None:
        import sys

        self._path = path
        self._tops = {*sys.stdlib_module_names, *PACKAGES.split()}

    def find_spec(self, name: str, path: object = None, target: object = None) -> object:
        parent, _, last = name.rpartition(".")
        if (parent or last).partition(".")[0] not in self._tops:
            return None
        from zipimport import ZipImportError, zipimporter

        try:
            return zipimporter(self._path + ("/" + parent.replace(".", "/") if parent else "")).find_spec(
                name
            )
        except ZipImportError:
            return None


def _prepare() -> None:
    import os
    import sys

    bundle: str = sys._MEIPASS  # type: ignore[attr-defined]  # set by PyInstaller's start code
    environment = os.environ

    # The loader has read its search path already. Programs of the host must not load our C library.
    path = environment.get("LD_LIBRARY_PATH", "")
    original = environment.pop("LD_LIBRARY_PATH_ORIG", None)
    if path == bundle or path.startswith(bundle + ":"):
        del environment["LD_LIBRARY_PATH"]
        if original is not None:
            environment["LD_LIBRARY_PATH"] = original

    # All modules are files: Python's own finder needs no other before it that looks into an archive.
    for hook in sys.path_hooks:
        if getattr(getattr(hook, "__self__", None), "__name__", "") == "PyiFrozenFinder":
            sys.path_hooks.remove(hook)
            sys.path_importer_cache.clear()
            break

    # Laid out as an environment is, with the author's code before it.
    if sys.platform == "win32":
        site = os.path.join(bundle, "Lib", "site-packages")
    else:
        site = f"{bundle}/lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"
    standard = [entry for entry in sys.path if not entry.endswith("base_library.zip")]
    sys.path[:] = [os.path.join(bundle, "backend"), *standard, site]
    sys.meta_path.append(_Archive(os.path.join(bundle, "standard.zip")))  # type: ignore[arg-type]  # lazy types

    # Python starts itself again for multiprocessing: that must be what Grafana started, not the loader.
    launcher = environment.pop("PLUGIN_LAUNCHER", None)
    if launcher:
        sys.executable = sys._base_executable = launcher  # type: ignore[attr-defined]  # undocumented twin
        try:
            with open("/proc/self/comm", "w") as file:
                file.write(os.path.basename(launcher)[:15])
        except OSError:
            pass  # only the name in a process list

    # The bundled OpenSSL and gRPC look where the build machine keeps its certificates.
    own = os.path.join(site, "certifi", "cacert.pem")
    certificates = environment.get("SSL_CERT_FILE")
    if sys.platform == "linux" and not certificates and not environment.get("SSL_CERT_DIR"):
        for certificates in (
            "/etc/ssl/certs/ca-certificates.crt",
            "/etc/pki/tls/certs/ca-bundle.crt",
            "/etc/ssl/ca-bundle.pem",
            "/etc/ssl/cert.pem",
            own,
        ):
            if os.path.exists(certificates):
                environment["SSL_CERT_FILE"] = certificates
                break
    environment.setdefault("GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", certificates or own)


_prepare()
del _prepare

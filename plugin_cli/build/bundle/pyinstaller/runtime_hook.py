"""Runs first in every built plugin: undoes what the start left behind, so that no child inherits it."""

# pathlib takes longer to load than all of this takes to run.
# ruff: noqa: PTH110, PTH119, PTH123


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
    certificates = environment.get("SSL_CERT_FILE")
    if sys.platform == "linux" and not certificates and not environment.get("SSL_CERT_DIR"):
        for certificates in (
            "/etc/ssl/certs/ca-certificates.crt",
            "/etc/pki/tls/certs/ca-bundle.crt",
            "/etc/ssl/ca-bundle.pem",
            "/etc/ssl/cert.pem",
            bundle + "/certifi/cacert.pem",
        ):
            if os.path.exists(certificates):
                environment["SSL_CERT_FILE"] = certificates
                break
    environment.setdefault("GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", certificates or bundle + "/certifi/cacert.pem")


_prepare()
del _prepare

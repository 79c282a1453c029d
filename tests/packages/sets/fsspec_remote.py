import fsspec

PACKAGES = ["fsspec", "gcsfs", "adlfs"]
EXPECTED = ["AzureBlobFileSystem", "GCSFileSystem", "b"]
KIND = "file systems found by their scheme"


def answer():
    with fsspec.open("memory://a", "w") as file:
        file.write("b")
    with fsspec.open("memory://a") as file:
        text = file.read().decode()
    return [*sorted(fsspec.get_filesystem_class(name).__name__ for name in ("gcs", "abfs")), text]

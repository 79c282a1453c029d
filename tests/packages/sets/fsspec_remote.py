import fsspec

PACKAGES = ["fsspec", "gcsfs", "adlfs"]
EXPECTED = ["adlfs", "gcsfs", "b"]
KIND = "file systems found by their scheme"


def answer():
    with fsspec.open("memory://a", "w") as file:
        file.write("b")
    with fsspec.open("memory://a") as file:
        text = file.read().decode()
    classes = [fsspec.get_filesystem_class(name) for name in ("gcs", "abfs")]
    return [*sorted(found.__module__.partition(".")[0] for found in classes), text]

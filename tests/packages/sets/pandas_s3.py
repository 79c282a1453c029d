import fsspec
import pandas as pd

PACKAGES = ["pandas", "s3fs"]
EXPECTED = ["no connection", ["file", "memory", "s3"]]
KIND = "a file system found by its scheme"
QUICK = True


def answer():
    options = {
        "anon": True,
        "client_kwargs": {"endpoint_url": "http://127.0.0.1:9"},
        "config_kwargs": {"retries": {"max_attempts": 0}},
    }
    try:
        pd.read_csv("s3://bucket/x.csv", storage_options=options)
        said = "read"
    except Exception as error:  # of botocore or the system, as s3fs has it
        said = "no connection" if "connect" in str(error) else str(error)
    return [said, [name for name in ("file", "memory", "s3") if fsspec.get_filesystem_class(name)]]

from pyspark.errors.exceptions.connect import SparkConnectGrpcException
from pyspark.sql.connect.session import SparkSession

PACKAGES = ["pyspark-client", "pandas", "pyarrow"]
EXPECTED = ["SparkConnectGrpcException"]
KIND = "modules made by protoc"
REASON = (
    "pyspark-client 4.2 looks for a Spark installation when its Connect modules are imported, from source too"
)


def answer():
    assert SparkSession
    return [SparkConnectGrpcException.__name__]

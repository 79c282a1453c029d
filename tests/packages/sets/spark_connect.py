from pyspark.errors.exceptions.connect import SparkConnectGrpcException
from pyspark.sql.connect.session import SparkSession

PACKAGES = ["pyspark-client", "pandas", "pyarrow"]
EXPECTED = ["SparkConnectGrpcException"]
KIND = "modules made by protoc"


def answer():
    assert SparkSession
    return [SparkConnectGrpcException.__name__]

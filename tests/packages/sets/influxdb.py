from influxdb_client import InfluxDBClient, Point
from urllib3.exceptions import MaxRetryError

PACKAGES = ["influxdb-client", "pandas"]
EXPECTED = ["m,a=b v=1 1", "NewConnectionError"]
KIND = "pure Python"


def answer():
    line = Point("m").tag("a", "b").field("v", 1.0).time(1).to_line_protocol()
    with InfluxDBClient("http://127.0.0.1:9", "token", org="o", timeout=1000, retries=False) as client:
        try:
            client.query_api().query("buckets()")
        except MaxRetryError as error:
            return [line, type(error.reason).__name__]
        except Exception as error:
            return [line, type(error).__name__]
    return []

from influxdb_client_3 import InfluxDBClient3, Point

PACKAGES = ["influxdb3-python"]
EXPECTED = ["m,a=b v=1 1"]
KIND = "libraries beside a package it needs"


def answer():
    assert InfluxDBClient3
    return [Point("m").tag("a", "b").field("v", 1.0).time(1).to_line_protocol()]

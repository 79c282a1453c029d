import grpc
import grpc_tools
from google.rpc import code_pb2, status_pb2
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection
from grpc_status import rpc_status

PACKAGES = ["grpcio-status", "grpcio-health-checking", "grpcio-reflection", "grpcio-tools"]
EXPECTED = [1, "NOT_FOUND", "grpc.reflection.v1alpha.ServerReflection"]
KIND = "modules made by protoc"


def answer():
    assert grpc_tools
    status = rpc_status.to_status(status_pb2.Status(code=code_pb2.NOT_FOUND, message="x"))
    assert status.code is grpc.StatusCode.NOT_FOUND
    return [health_pb2.HealthCheckResponse(status=1).status, status.code.name, reflection.SERVICE_NAME]

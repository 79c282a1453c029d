from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory, text_format
from google.rpc import status_pb2

PACKAGES = ["protobuf", "googleapis-common-protos"]
EXPECTED = [{"name": "berlin", "values": [1.0, 2.5]}, "berlin", 'name: "berlin"', {"code": 5}]
KIND = "a module made by protoc"
QUICK = True


def _station():
    file = descriptor_pb2.FileDescriptorProto(name="station.proto", package="weather", syntax="proto3")
    message = file.message_type.add(name="Station")
    kind = descriptor_pb2.FieldDescriptorProto
    message.field.add(name="name", number=1, type=kind.TYPE_STRING, label=kind.LABEL_OPTIONAL)
    message.field.add(name="values", number=2, type=kind.TYPE_DOUBLE, label=kind.LABEL_REPEATED)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("weather.Station"))


def answer():
    kind = _station()
    station = kind(name="berlin", values=[1, 2.5])
    again = kind.FromString(station.SerializeToString())
    text = text_format.MessageToString(kind(name="berlin")).strip()
    return [
        json_format.MessageToDict(station),
        again.name,
        text,
        json_format.MessageToDict(status_pb2.Status(code=5)),
    ]

# To make a descriptor by hand; modules made by protoc import it themselves.
excludedimports = ["google.protobuf.descriptor_pb2", "google.protobuf.descriptor_pool"]

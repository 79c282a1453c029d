# For the slow implementation in Python; the compiled one is in the bundle and needs neither.
excludedimports = ["google.protobuf.descriptor_pb2", "google.protobuf.text_format"]

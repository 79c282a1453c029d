# To unpickle a message; modules made by protoc import it themselves, and the runtime pickles none.
excludedimports = ["google.protobuf.symbol_database", "google.protobuf.message_factory"]

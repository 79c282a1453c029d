package main

import (
	"google.golang.org/grpc/encoding"
	_ "google.golang.org/grpc/encoding/proto" // what go-plugin's own services speak
	"google.golang.org/grpc/mem"
)

// message is the bytes of one message as they came from the wire. They belong to gRPC's pool of buffers: `Unmarshal`
// takes a reference and `Marshal` gives it away, so nothing is copied.
type message struct{ bytes mem.BufferSlice }

// codec passes messages on as bytes, and leaves those of go-plugin's own services to protobuf.
type codec struct{}

func (codec) Name() string { return "proto" }

func (codec) Marshal(v any) (mem.BufferSlice, error) {
	if m, ok := v.(*message); ok {
		// gRPC frees what it gets; the message may be sent again, to another backend.
		m.bytes.Ref()
		return m.bytes, nil
	}
	return encoding.GetCodecV2("proto").Marshal(v)
}

func (codec) Unmarshal(data mem.BufferSlice, v any) error {
	if m, ok := v.(*message); ok {
		data.Ref()
		m.bytes = data
		return nil
	}
	return encoding.GetCodecV2("proto").Unmarshal(data, v)
}

// free gives the bytes back to the pool.
func (m *message) free() {
	m.bytes.Free()
	m.bytes = nil
}

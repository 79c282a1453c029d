package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"math"
	"sort"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend/grpcplugin"
	plugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding"
	reflection "google.golang.org/grpc/reflection/grpc_reflection_v1alpha"
)

// dial talks to a server that nobody handed over by a handshake: standalone mode.
func (s *session) dial(c command) (answer, error) {
	conn, err := grpc.NewClient(c.Addr,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(math.MaxInt32), grpc.MaxCallSendMsgSize(math.MaxInt32)))
	if err != nil {
		return nil, err
	}
	r := &running{logs: &logs{}, stdout: &lockedBuffer{}, stderr: &lockedBuffer{}, conn: conn}
	r.close = func() { _ = conn.Close() }
	r.protocol = dialled{conn: conn}
	if err := r.calls.dispense(r.protocol); err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.plugins[c.Plugin] = r
	s.mu.Unlock()
	return nil, nil
}

// dialled is the part of go-plugin's client protocol that a bare connection can serve.
type dialled struct{ conn *grpc.ClientConn }

func (d dialled) Close() error { return d.conn.Close() }
func (d dialled) Ping() error  { return nil }
func (d dialled) Dispense(name string) (any, error) {
	p := pluginSet()[name].(plugin.GRPCPlugin)
	return p.GRPCClient(context.Background(), nil, d.conn)
}

var _ grpcplugin.DataClient

// reflect lists the services that server reflection announces.
func (r *running) reflect(ctx context.Context) (answer, error) {
	stream, err := reflection.NewServerReflectionClient(r.conn).ServerReflectionInfo(ctx)
	if err != nil {
		return nil, err
	}
	ask := &reflection.ServerReflectionRequest{MessageRequest: &reflection.ServerReflectionRequest_ListServices{}}
	if err := stream.Send(ask); err != nil {
		return nil, err
	}
	reply, err := stream.Recv()
	if err != nil {
		return nil, err
	}
	names := []string{}
	for _, service := range reply.GetListServicesResponse().GetService() {
		names = append(names, service.GetName())
	}
	sort.Strings(names)
	return answer{"services": names}, nil
}

// bytesCodec sends and receives messages as they are, for bytes no client would make.
type bytesCodec struct{}

func (bytesCodec) Name() string                  { return "proto" }
func (bytesCodec) Marshal(v any) ([]byte, error) { return *v.(*[]byte), nil }
func (bytesCodec) Unmarshal(data []byte, v any) error {
	*v.(*[]byte) = append([]byte{}, data...)
	return nil
}

var _ encoding.Codec = bytesCodec{}

// raw calls any unary method with bytes given in base64.
func (r *running) raw(ctx context.Context, text json.RawMessage) (answer, error) {
	var in struct {
		Method string `json:"method"`
		Bytes  string `json:"bytes"`
	}
	if err := json.Unmarshal(text, &in); err != nil {
		return nil, err
	}
	request, err := base64.StdEncoding.DecodeString(in.Bytes)
	if err != nil {
		return nil, err
	}
	var reply []byte
	err = r.conn.Invoke(ctx, in.Method, &request, &reply, grpc.ForceCodec(bytesCodec{}))
	result := answer{"bytes": base64.StdEncoding.EncodeToString(reply)}
	describe(ctx, result, err)
	return result, nil
}

// hold opens a stream both ways and reports whether it is still open and silent after a while.
func (r *running) hold(ctx context.Context, text json.RawMessage, wait time.Duration) (answer, error) {
	var in struct {
		Method string `json:"method"`
	}
	if err := json.Unmarshal(text, &in); err != nil {
		return nil, err
	}
	// Cancelled from here, not by a deadline: the server would learn of a deadline and could end the stream first.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer time.AfterFunc(wait, cancel).Stop()
	desc := &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}
	stream, err := r.conn.NewStream(ctx, desc, in.Method, grpc.ForceCodec(bytesCodec{}))
	if err != nil {
		return nil, err
	}
	var reply []byte
	err = stream.RecvMsg(&reply)
	result := answer{"open": ctx.Err() != nil}
	describe(ctx, result, err)
	return result, nil
}

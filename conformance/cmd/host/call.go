package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/genproto/pluginv2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// call names one RPC; the request is the message in protobuf's JSON form.
type call struct {
	Method    string            `json:"method"`
	Request   json.RawMessage   `json:"request"`
	Metadata  map[string]string `json:"metadata"`
	TimeoutMS int64             `json:"timeout_ms"`
	// Pad lengthens the first query (or the body, the data) by so many bytes.
	Pad int `json:"pad"`
	// Brief leaves frames and messages out of the answer and gives sizes instead.
	Brief bool `json:"brief"`
	// Limit ends a server stream by cancellation after so many messages.
	Limit int `json:"limit"`

	headers, trailers metadata.MD
}

func (s *session) call(ctx context.Context, r *running, c command) (answer, error) {
	var in call
	if err := json.Unmarshal(c.Call, &in); err != nil {
		return nil, err
	}
	event := func(a answer) { a["event"] = true; s.send(c.ID, a) }
	return in.do(ctx, r.calls, event)
}

func (c *call) do(ctx context.Context, s services, event func(answer)) (answer, error) {
	for key, value := range c.Metadata {
		ctx = metadata.AppendToOutgoingContext(ctx, key, value)
	}
	cancel := context.CancelFunc(func() {})
	if c.TimeoutMS > 0 {
		ctx, cancel = context.WithTimeout(ctx, time.Duration(c.TimeoutMS)*time.Millisecond)
	} else {
		ctx, cancel = context.WithCancel(ctx)
	}
	defer cancel()
	began := time.Now()
	result := answer{}
	reply, err := c.send(ctx, cancel, s, event)
	result["elapsed_us"] = time.Since(began).Microseconds()
	var bad *badRequest
	if errors.As(err, &bad) {
		return nil, err
	}
	describe(ctx, result, err)
	if reply != nil {
		c.show(result, reply)
	}
	result["header"], result["trailer"] = c.headers, c.trailers
	return result, nil
}

type badRequest struct{ error }

func (c *call) send(ctx context.Context, cancel func(), s services, event func(answer)) (proto.Message, error) {
	opts := []grpc.CallOption{grpc.Header(&c.headers), grpc.Trailer(&c.trailers)}
	switch c.Method {
	case "QueryData":
		return unary(ctx, c, s.data.QueryData, opts)
	case "CheckHealth":
		return unary(ctx, c, s.diagnostics.CheckHealth, opts)
	case "CollectMetrics":
		return unary(ctx, c, s.diagnostics.CollectMetrics, opts)
	case "SubscribeStream":
		return unary(ctx, c, s.stream.SubscribeStream, opts)
	case "PublishStream":
		return unary(ctx, c, s.stream.PublishStream, opts)
	case "ValidateAdmission":
		return unary(ctx, c, s.admission.ValidateAdmission, opts)
	case "MutateAdmission":
		return unary(ctx, c, s.admission.MutateAdmission, opts)
	case "ConvertObjects":
		return unary(ctx, c, s.conversion.ConvertObjects, opts)
	case "CallResource":
		return nil, streamed(ctx, cancel, c, s.resource.CallResource, opts, event)
	case "RunStream":
		return nil, streamed(ctx, cancel, c, s.stream.RunStream, opts, event)
	case "QueryChunkedData":
		return nil, streamed(ctx, cancel, c, s.data.QueryChunkedData, opts, event)
	}
	return nil, &badRequest{fmt.Errorf("unknown method %q", c.Method)}
}

// message makes the pointer type of a request usable as a proto.Message.
type message[T any] interface {
	*T
	proto.Message
}

func unary[Q any, P message[Q], R proto.Message](
	ctx context.Context, c *call, rpc func(context.Context, P, ...grpc.CallOption) (R, error), opts []grpc.CallOption,
) (proto.Message, error) {
	request := P(new(Q))
	if err := c.decode(request); err != nil {
		return nil, &badRequest{err}
	}
	reply, err := rpc(ctx, request, opts...)
	if err != nil {
		return nil, err
	}
	return reply, nil
}

type receiver[R any] interface{ Recv() (R, error) }

func streamed[Q any, P message[Q], R proto.Message, S receiver[R]](
	ctx context.Context, cancel func(), c *call,
	rpc func(context.Context, P, ...grpc.CallOption) (S, error), opts []grpc.CallOption, event func(answer),
) error {
	request := P(new(Q))
	if err := c.decode(request); err != nil {
		return &badRequest{err}
	}
	stream, err := rpc(ctx, request, opts...)
	if err != nil {
		return err
	}
	began := time.Now()
	for n := 1; ; n++ {
		reply, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		result := answer{"n": n, "at_us": time.Since(began).Microseconds()}
		c.show(result, reply)
		event(result)
		if n == c.Limit {
			cancel()
		}
	}
}

func (c *call) decode(request proto.Message) error {
	if len(c.Request) > 0 {
		if err := protojson.Unmarshal(c.Request, request); err != nil {
			return err
		}
	}
	if c.Pad > 0 {
		c.pad(request)
	}
	return nil
}

func (c *call) pad(request proto.Message) {
	switch request := request.(type) {
	case *pluginv2.QueryDataRequest:
		query := request.Queries[0]
		body := bytes.TrimSuffix(query.Json, []byte("}"))
		query.Json = append(append(append(body, `,"pad":"`...), bytes.Repeat([]byte("x"), c.Pad)...), `"}`...)
	case *pluginv2.CallResourceRequest:
		request.Body = bytes.Repeat([]byte("x"), c.Pad)
	}
}

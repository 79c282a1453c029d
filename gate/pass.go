package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
)

// A stream that ends sooner is not begun anew: its end says something.
const longLife = 2 * time.Second

const runStream = "/pluginv2.Stream/RunStream"

// call is one call of Grafana's under way.
type call struct {
	gate    *gate
	method  string
	from    grpc.ServerStream
	request message
	// sent is true once Grafana has got something.
	sent bool
	// at is the backend that took the call, nil while none has.
	at *peer.Peer
}

func (g *gate) handle(_ any, from grpc.ServerStream) error {
	method, _ := grpc.MethodFromServerStream(from)
	c := &call{gate: g, method: method, from: from}
	if err := from.RecvMsg(&c.request); err != nil {
		return err
	}
	defer c.request.free()
	if g.settings.wrong != "" {
		return c.answerAbsence(g.settings.wrong)
	}
	for {
		began := time.Now()
		err := c.pass(g.next())
		if c.nobody(err) {
			err = c.pass(g.whichever)
		}
		if c.nobody(err) {
			return c.answerAbsence(g.absence(err))
		}
		if c.lost(err) && method == runStream && time.Since(began) > longLife {
			g.log.Info("a stream's backend went; beginning it anew on another", "address", c.at.Addr.String())
			continue
		}
		return c.named(err)
	}
}

// nobody is true where no backend has taken the call.
func (c *call) nobody(err error) bool {
	return err != nil && c.at == nil && c.from.Context().Err() == nil
}

// lost is true where the backend went in the middle.
func (c *call) lost(err error) bool {
	code := status.Code(err)
	return c.from.Context().Err() == nil && (code == codes.Unavailable || code == codes.Canceled) && c.at != nil
}

// named adds the address to what gRPC says of a lost connection.
func (c *call) named(err error) error {
	found, _ := status.FromError(err)
	if err == nil || found.Code() != codes.Unavailable || c.at == nil || c.at.Addr == nil {
		return err
	}
	text := fmt.Sprintf("the backend at %s: %s", c.at.Addr, found.Message())
	described := found.Proto()
	described.Message = text
	return status.ErrorProto(described)
}

// pass makes the call once, and hands Grafana each message as it comes.
func (c *call) pass(conn *grpc.ClientConn) error {
	ctx, cancel := context.WithCancel(outgoing(c.from.Context()))
	defer cancel()
	var at peer.Peer
	c.at = nil
	to, err := conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, c.method, grpc.Peer(&at))
	if err == nil {
		err = to.SendMsg(&c.request)
		if err == nil {
			_ = to.CloseSend()
		}
		// Where sending failed, the answer says why.
		err = c.forward(to)
	}
	if at.Addr != nil {
		c.at = &at
		if to != nil {
			c.from.SetTrailer(passedOn(to.Trailer()))
		}
	}
	return err
}

func (c *call) forward(to grpc.ClientStream) error {
	for {
		var response message
		if err := to.RecvMsg(&response); err != nil {
			if !c.sent {
				if header, failed := to.Header(); failed == nil {
					_ = c.from.SetHeader(passedOn(header))
				}
			}
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		if !c.sent {
			if header, err := to.Header(); err == nil {
				_ = c.from.SetHeader(passedOn(header))
			}
		}
		c.sent = true
		err := c.from.SendMsg(&response)
		response.free()
		if err != nil {
			return err
		}
	}
}

// outgoing carries the caller's metadata on; deadline and cancellation are the context's own.
func outgoing(ctx context.Context) context.Context {
	found, _ := metadata.FromIncomingContext(ctx)
	return metadata.NewOutgoingContext(ctx, passedOn(found))
}

// passedOn leaves out what belongs to one connection.
func passedOn(found metadata.MD) metadata.MD {
	kept := metadata.MD{}
	for key, values := range found {
		if strings.HasPrefix(key, ":") || key == "content-type" || key == "user-agent" ||
			key == "grpc-accept-encoding" || key == "grpc-encoding" || key == "grpc-status-details-bin" {
			continue
		}
		kept[key] = values
	}
	return kept
}

package main

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
)

func (d *weather) SubscribeStream(_ context.Context, req *backend.SubscribeStreamRequest) (*backend.SubscribeStreamResponse, error) {
	if !strings.HasPrefix(req.Path, "live/") {
		return &backend.SubscribeStreamResponse{Status: backend.SubscribeStreamStatusNotFound}, nil
	}
	return &backend.SubscribeStreamResponse{Status: backend.SubscribeStreamStatusOK}, nil
}

func (d *weather) PublishStream(context.Context, *backend.PublishStreamRequest) (*backend.PublishStreamResponse, error) {
	return &backend.PublishStreamResponse{Status: backend.PublishStreamStatusPermissionDenied}, nil
}

// RunStream sends "live/<per second>/<name>": a frame of one row that carries the moment it was made.
func (d *weather) RunStream(ctx context.Context, req *backend.RunStreamRequest, sender *backend.StreamSender) error {
	hertz, err := strconv.ParseFloat(strings.Split(req.Path, "/")[1], 64)
	if err != nil {
		return err
	}
	ticker := time.NewTicker(time.Duration(float64(time.Second) / hertz))
	defer ticker.Stop()
	include := data.IncludeAll
	for {
		now := time.Now()
		frame := data.NewFrame("live",
			data.NewField("time", nil, []time.Time{now}),
			data.NewField("sent_us", nil, []float64{float64(now.UnixMicro())}),
		)
		if err := sender.SendFrame(frame, include); err != nil {
			return err
		}
		include = data.IncludeDataOnly
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}

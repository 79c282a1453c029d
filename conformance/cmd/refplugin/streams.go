package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
)

func (d *dataSource) SubscribeStream(_ context.Context, req *backend.SubscribeStreamRequest) (*backend.SubscribeStreamResponse, error) {
	switch req.Path {
	case "forbidden":
		return &backend.SubscribeStreamResponse{Status: backend.SubscribeStreamStatusPermissionDenied}, nil
	case "missing":
		return &backend.SubscribeStreamResponse{Status: backend.SubscribeStreamStatusNotFound}, nil
	case "initial":
		frame := data.NewFrame("first", data.NewField("value", nil, []float64{1}))
		initial, err := backend.NewInitialFrame(frame, data.IncludeAll)
		return &backend.SubscribeStreamResponse{Status: backend.SubscribeStreamStatusOK, InitialData: initial}, err
	}
	return &backend.SubscribeStreamResponse{Status: backend.SubscribeStreamStatusOK}, nil
}

func (d *dataSource) PublishStream(_ context.Context, req *backend.PublishStreamRequest) (*backend.PublishStreamResponse, error) {
	switch req.Path {
	case "forbidden":
		return &backend.PublishStreamResponse{Status: backend.PublishStreamStatusPermissionDenied}, nil
	case "swallow":
		return &backend.PublishStreamResponse{Status: backend.PublishStreamStatusOK}, nil
	}
	return &backend.PublishStreamResponse{Status: backend.PublishStreamStatusOK, Data: req.Data}, nil
}

func (d *dataSource) RunStream(ctx context.Context, req *backend.RunStreamRequest, sender *backend.StreamSender) error {
	switch req.Path {
	case "error":
		return errors.New("stream failed")
	case "panic":
		panic("stream panicked")
	case "frames":
		for i := range 3 {
			frame := data.NewFrame("ticks", data.NewField("value", nil, []float64{float64(i)}))
			include := data.IncludeDataOnly
			if i == 0 {
				include = data.IncludeAll
			}
			if err := sender.SendFrame(frame, include); err != nil {
				return err
			}
		}
		return nil
	}
	var asked struct{ Count int }
	_ = json.Unmarshal(req.Data, &asked)
	for i := 0; asked.Count == 0 || i < asked.Count; i++ {
		if err := sender.SendJSON([]byte(fmt.Sprintf(`{"tick":%d}`, i))); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
	return nil
}

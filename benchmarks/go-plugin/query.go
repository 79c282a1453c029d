package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/grafana/grafana-plugin-sdk-go/experimental/concurrent"
)

// query is the tutorial's model with the work a measurement asks for. `Source` has no meaning here: Go has one
// kind of memory.
type query struct {
	Station string `json:"station"`
	Rows    int    `json:"rows"`
	Columns int    `json:"columns"`
	Source  string `json:"source"`
	WaitMS  int    `json:"wait_ms"`
	BusyMS  int    `json:"busy_ms"`
	Fail    bool   `json:"fail"`
}

func (d *weather) query(ctx context.Context, c concurrent.Query) backend.DataResponse {
	asked := query{Station: "berlin"}
	if err := json.Unmarshal(c.DataQuery.JSON, &asked); err != nil {
		return backend.ErrDataResponse(backend.StatusBadRequest, "json unmarshal: "+err.Error())
	}
	switch {
	case asked.Fail:
		return backend.DataResponse{Error: backend.DownstreamError(errors.New("the API is away"))}
	case asked.WaitMS > 0:
		select {
		case <-ctx.Done():
			return backend.DataResponse{Error: ctx.Err()}
		case <-time.After(time.Duration(asked.WaitMS) * time.Millisecond):
		}
	case asked.BusyMS > 0:
		busy(ctx, time.Duration(asked.BusyMS)*time.Millisecond)
	case asked.Rows > 0:
		return backend.DataResponse{Frames: data.Frames{d.ready.frame(asked.Rows, max(asked.Columns, 1))}}
	}
	return backend.DataResponse{Frames: data.Frames{data.NewFrame(asked.Station,
		data.NewField("time", nil, []time.Time{c.DataQuery.TimeRange.From, c.DataQuery.TimeRange.To}),
		data.NewField("value", nil, []float64{10, 20}),
	)}}
}

var sink int

func busy(ctx context.Context, d time.Duration) {
	for end := time.Now().Add(d); time.Now().Before(end) && ctx.Err() == nil; {
		for i := range 10_000 {
			sink += i
		}
	}
}

// ready keeps the values of long frames, so that making a frame and encoding it is measured, not counting up.
type ready struct {
	mu     sync.Mutex
	times  map[int][]time.Time
	values map[string][]float64
}

func (r *ready) frame(rows, columns int) *data.Frame {
	times, values := r.of(rows, columns)
	fields := []*data.Field{data.NewField("time", nil, times)}
	for i, column := range values {
		fields = append(fields, data.NewField(fmt.Sprintf("value%d", i), nil, column))
	}
	return data.NewFrame("rows", fields...)
}

func (r *ready) of(rows, columns int) ([]time.Time, [][]float64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.times == nil {
		r.times, r.values = map[int][]time.Time{}, map[string][]float64{}
	}
	if r.times[rows] == nil {
		start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		for i := range rows {
			r.times[rows] = append(r.times[rows], start.Add(time.Duration(i)*time.Second))
		}
	}
	found := make([][]float64, columns)
	for c := range columns {
		key := fmt.Sprint(rows, " ", c)
		if r.values[key] == nil {
			for i := range rows {
				r.values[key] = append(r.values[key], float64(i)*0.5+float64(c))
			}
		}
		found[c] = r.values[key]
	}
	return r.times[rows], found
}

package main

import (
	"fmt"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"
)

// bench times the SDK's encoder on a frame of the same shape as the one on the other side.
func bench(r request) (response, error) {
	frame, err := benchFrame(r.Shape, r.Rows)
	if err != nil {
		return response{}, err
	}
	reply := response{}
	for range r.Rounds {
		start := time.Now()
		if _, err := frame.MarshalArrow(); err != nil {
			return reply, err
		}
		reply.Nanos = append(reply.Nanos, time.Since(start).Nanoseconds())
	}
	return reply, nil
}

func benchFrame(shape string, rows int) (*data.Frame, error) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	at, value := make([]time.Time, rows), make([]float64, rows)
	for i := range rows {
		at[i], value[i] = start.Add(time.Duration(i)*time.Second), float64(i)*0.5
	}
	frame := data.NewFrame("bench", data.NewField("time", nil, at), data.NewField("value", data.Labels{"station": "berlin"}, value))
	frame.RefID = "A"
	switch shape {
	case "series":
	case "mixed":
		for i := range 17 {
			frame.Fields = append(frame.Fields, mixedField(i, rows))
		}
	default:
		return nil, fmt.Errorf("there is no shape %q", shape)
	}
	return frame, nil
}

// mixedField is one of twelve floats, three whole numbers, or two texts.
func mixedField(i, rows int) *data.Field {
	name := fmt.Sprintf("f%d", i)
	if i < 12 {
		values := make([]float64, rows)
		for row := range values {
			values[row] = float64(row + i)
		}
		return data.NewField(name, nil, values)
	}
	if i < 15 {
		values := make([]int64, rows)
		for row := range values {
			values[row] = int64(row + i)
		}
		return data.NewField(name, nil, values)
	}
	values := make([]string, rows)
	for row := range values {
		values[row] = fmt.Sprintf("text %d", row%100)
	}
	return data.NewField(name, nil, values)
}

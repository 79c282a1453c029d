package main

import (
	"encoding/json"
	"math"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"
)

// encoded is one frame in both forms, as the Go SDK writes them.
type encoded struct {
	Name  string          `json:"name"`
	Arrow []byte          `json:"arrow"`
	JSON  json.RawMessage `json:"json"`
}

func allCases() (response, error) {
	reply := response{}
	for name, frame := range cases() {
		raw, err := frame.MarshalArrow()
		if err != nil {
			return reply, err
		}
		text, err := data.FrameToJSON(frame, data.IncludeAll)
		if err != nil {
			return reply, err
		}
		reply.Cases = append(reply.Cases, encoded{name, raw, text})
	}
	return reply, nil
}

func cases() map[string]*data.Frame {
	return map[string]*data.Frame{
		"no fields":   data.NewFrame("empty"),
		"no name":     {},
		"no rows":     data.NewFrame("rows", data.NewField("time", nil, []time.Time{}), data.NewField("text", nil, []string{})),
		"whole":       wholeNumbers(),
		"floats":      floats(),
		"texts":       texts(),
		"times":       times(),
		"flags":       data.NewFrame("flags", data.NewField("b", nil, flags(19)), data.NewField("n", nil, nullable(flags(19)))),
		"json":        documents(),
		"enum":        enums(),
		"labels":      labelled(),
		"config":      configured(),
		"meta":        described(),
		"same names":  data.NewFrame("same", data.NewField("v", nil, []int64{1}), data.NewField("v", nil, []int64{2})),
		"many fields": manyFields(),
		"many rows":   manyRows(),
	}
}

// nullable makes every third value null.
func nullable[T any](values []T) []*T {
	out := make([]*T, len(values))
	for i := range values {
		if i%3 != 1 {
			out[i] = &values[i]
		}
	}
	return out
}

func both[T any](frame *data.Frame, name string, values []T) {
	frame.Fields = append(frame.Fields, data.NewField(name, nil, values), data.NewField(name+" or null", nil, nullable(values)))
}

func wholeNumbers() *data.Frame {
	frame := data.NewFrame("whole")
	both(frame, "int8", []int8{math.MinInt8, 0, math.MaxInt8})
	both(frame, "int16", []int16{math.MinInt16, 0, math.MaxInt16})
	both(frame, "int32", []int32{math.MinInt32, 0, math.MaxInt32})
	both(frame, "int64", []int64{math.MinInt64, 0, math.MaxInt64})
	both(frame, "uint8", []uint8{0, 1, math.MaxUint8})
	both(frame, "uint16", []uint16{0, 1, math.MaxUint16})
	both(frame, "uint32", []uint32{0, 1, math.MaxUint32})
	both(frame, "uint64", []uint64{0, 1 << 63, math.MaxUint64})
	return frame
}

func floats() *data.Frame {
	frame := data.NewFrame("floats")
	both(frame, "float64", []float64{math.NaN(), math.Inf(1), math.Inf(-1), 0.1, -0.0, math.MaxFloat64, math.SmallestNonzeroFloat64})
	both(frame, "float32", []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), 0.1, 0, math.MaxFloat32, math.SmallestNonzeroFloat32})
	return frame
}

func texts() *data.Frame {
	frame := data.NewFrame("Grafana ❤️")
	both(frame, "שדה 🦥", []string{"", "plain", "ü", "❤️", "e\u0301", "a\x00b", strings.Repeat("long ", 1000)})
	return frame
}

func times() *data.Frame {
	zone := time.FixedZone("somewhere", 5*3600+30*60)
	frame := data.NewFrame("times")
	both(frame, "time", []time.Time{
		time.Unix(0, 0), time.Unix(1700000000, 123456789), time.Unix(-1, 999999999),
		time.Unix(0, math.MaxInt64), time.Unix(0, math.MinInt64), time.Date(2026, 3, 29, 2, 30, 0, 0, zone),
	})
	return frame
}

func flags(count int) []bool {
	out := make([]bool, count)
	for i := range out {
		out[i] = i%3 == 0 || i%5 == 0
	}
	return out
}

func documents() *data.Frame {
	frame := data.NewFrame("json")
	both(frame, "document", []json.RawMessage{
		json.RawMessage(`{"a":1,"b":[true,null,"ü"]}`), json.RawMessage(`[]`), json.RawMessage(`"text"`), json.RawMessage(`12.5`),
	})
	return frame
}

func enums() *data.Frame {
	frame := data.NewFrame("enum")
	both(frame, "state", []data.EnumItemIndex{0, 2, 1})
	config := &data.EnumFieldConfig{
		Text: []string{"up", "down", "?"}, Color: []string{"green", "red", ""}, Icon: []string{"a", "b", "c"}, Description: []string{"", "x", ""},
	}
	for _, field := range frame.Fields {
		field.Config = &data.FieldConfig{TypeConfig: &data.FieldTypeConfig{Enum: config}}
	}
	return frame
}

func labelled() *data.Frame {
	return data.NewFrame("labels",
		data.NewField("time", data.Labels{"on": "time"}, []time.Time{time.Unix(1, 0)}),
		data.NewField("value", data.Labels{"station": "köln", "": "empty", "q\"": "\\"}, []float64{1}),
		data.NewField("value", data.Labels{}, []float64{2}),
	)
}

func manyFields() *data.Frame {
	frame := data.NewFrame("many")
	for i := range 200 {
		frame.Fields = append(frame.Fields, data.NewField("f", data.Labels{"i": strings.Repeat("x", i)}, []float64{float64(i)}))
	}
	return frame
}

func manyRows() *data.Frame {
	const rows = 5003
	at, value, text := make([]time.Time, rows), make([]float64, rows), make([]string, rows)
	for i := range rows {
		at[i], value[i], text[i] = time.Unix(int64(i), int64(i)), float64(i)/3, strings.Repeat("é", i%7)
	}
	frame := data.NewFrame("many rows", data.NewField("time", nil, at))
	both(frame, "value", value)
	both(frame, "text", text)
	both(frame, "flag", flags(rows))
	return frame
}

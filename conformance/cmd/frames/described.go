package main

import (
	"math"

	"github.com/grafana/grafana-plugin-sdk-go/data"
)

func configured() *data.Frame {
	yes, no := true, false
	decimals, low, high := uint16(3), data.ConfFloat64(-1.5), data.ConfFloat64(math.NaN())
	field := data.NewField("value", nil, []float64{1})
	field.Config = &data.FieldConfig{
		DisplayName: "Shown", DisplayNameFromDS: "From DS", Path: "a/b", Description: "what it is",
		Filterable: &yes, Writeable: &no, Unit: "celsius", Decimals: &decimals, Min: &low, Max: &high, Interval: 1000,
		Mappings: data.ValueMappings{
			data.ValueMapper{"1": {Text: "one", Color: "red", Index: 2}},
			data.RangeValueMapper{From: &low, To: nil, Result: data.ValueMappingResult{Text: "range"}},
			data.SpecialValueMapper{Match: data.SpecialValueNullAndNaN, Result: data.ValueMappingResult{Text: "none"}},
		},
		Thresholds: &data.ThresholdsConfig{
			Mode: data.ThresholdsModePercentage,
			Steps: []data.Threshold{
				data.NewThreshold(math.Inf(-1), "green", ""), data.NewThreshold(80, "red", "alerting"),
			},
		},
		Color:   map[string]any{"mode": "fixed", "fixedColor": "blue"},
		Links:   []data.DataLink{{Title: "docs", TargetBlank: true, URL: "https://example.com/?q=${__value.raw}"}},
		NoValue: "-",
		Custom:  map[string]any{"lineWidth": 2.0, "nested": map[string]any{"a": []any{"b"}}},
	}
	return data.NewFrame("config", field, data.NewField("bare", nil, []float64{1}).SetConfig(&data.FieldConfig{}))
}

func described() *data.Frame {
	frame := data.NewFrame("meta", data.NewField("value", nil, []float64{1}))
	frame.RefID = "B"
	frame.Meta = &data.FrameMeta{
		Type: data.FrameTypeTimeSeriesMulti, TypeVersion: data.FrameTypeVersion{0, 1}, Path: "p", PathSeparator: "/",
		Custom: map[string]any{"any": []any{1.5, nil, "x"}},
		Stats:  []data.QueryStat{{FieldConfig: data.FieldConfig{DisplayName: "rows", Unit: "short"}, Value: 12}},
		Notices: []data.Notice{
			{Severity: data.NoticeSeverityError, Text: "broken", Link: "/x", Inspect: data.InspectTypeError},
			{Severity: data.NoticeSeverityInfo, Text: "fyi"},
		},
		Channel: "ds/uid/path", PreferredVisualization: data.VisTypeGraph, PreferredVisualizationPluginID: "my-panel",
		ExecutedQueryString: "SELECT 1", DataTopic: data.DataTopicAnnotations, UniqueRowIDFields: []int{0},
	}
	return frame
}

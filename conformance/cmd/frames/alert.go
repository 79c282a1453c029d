package main

import (
	"fmt"
	"math"
	"strings"

	"github.com/grafana/dataplane/sdata/numeric"
	"github.com/grafana/dataplane/sdata/reader"
	"github.com/grafana/dataplane/sdata/timeseries"
	"github.com/grafana/grafana-plugin-sdk-go/data"
)

// verdict is what an alert rule makes of a query's frames: a state, and one instance for each set of labels
// with the value that the reducer "last" takes.
type verdict struct {
	State     string     `json:"state"` // no data, error or instances
	Reason    string     `json:"reason,omitempty"`
	Instances []instance `json:"instances,omitempty"`
}

type instance struct {
	Name   string            `json:"name"`
	Labels map[string]string `json:"labels"`
	Value  any               `json:"value"` // a number, "NaN", or null
	Points int               `json:"points"`
}

// alertVerdict goes the way of Grafana's server-side expressions: typed frames are read by the data plane's
// contract, all others must be one table of a number and texts, or wide series.
func alertVerdict(r request) (response, error) {
	frames := make(data.Frames, len(r.Frames))
	for i, raw := range r.Frames {
		frame, err := data.UnmarshalArrowFrame(raw)
		if err != nil {
			return response{}, err
		}
		frames[i] = frame
	}
	found, err := instancesOf(frames)
	switch {
	case err != nil:
		return response{Verdict: &verdict{State: "error", Reason: err.Error()}}, nil
	case len(found) == 0:
		return response{Verdict: &verdict{State: "no data"}}, nil
	}
	return response{Verdict: judged(found)}, nil
}

// judged refuses instances that a rule could not tell apart.
func judged(found []instance) *verdict {
	seen := map[string]bool{}
	for _, one := range found {
		key := data.Labels(one.Labels).String()
		if seen[key] {
			reason := fmt.Sprintf("duplicate results with labels {%s}", key)
			return &verdict{State: "error", Reason: reason, Instances: found}
		}
		seen[key] = true
	}
	return &verdict{State: "instances", Instances: found}
}

func instancesOf(frames data.Frames) ([]instance, error) {
	if len(frames) == 0 {
		return nil, nil
	}
	if meta := frames[0].Meta; meta != nil && meta.Type != "" && !meta.TypeVersion.IsZero() {
		kind, err := reader.CanReadBasedOnMeta(frames)
		if err == nil {
			return typedInstances(kind, frames)
		}
	}
	if len(frames) == 1 && len(frames[0].Fields) == 0 {
		return nil, nil
	}
	if len(frames) == 1 && isNumberTable(frames[0]) {
		return tableInstances(frames[0]), nil
	}
	found := []instance{}
	for _, frame := range frames {
		schema := frame.TimeSeriesSchema()
		if schema.Type != data.TimeSeriesTypeWide {
			return nil, fmt.Errorf("input data must be a wide series but got type %s", schema.Type)
		}
		more, err := wideInstances(frame, schema)
		if err != nil {
			return nil, err
		}
		found = append(found, more...)
	}
	return found, nil
}

func typedInstances(kind data.FrameType, frames data.Frames) ([]instance, error) {
	switch kind.Kind() {
	case data.KindTimeSeries:
		source, err := timeseries.CollectionReaderFromFrames(frames)
		if err != nil {
			return nil, err
		}
		collection, err := source.GetCollection(false)
		if err != nil {
			return nil, err
		}
		return seriesInstances(collection)
	case data.KindNumeric:
		source, err := numeric.CollectionReaderFromFrames(frames)
		if err != nil {
			return nil, err
		}
		collection, err := source.GetCollection(false)
		if err != nil {
			return nil, err
		}
		return numberInstances(collection)
	}
	return nil, fmt.Errorf("frames of type %s are not supported by expressions", kind)
}

func seriesInstances(collection timeseries.Collection) ([]instance, error) {
	found := []instance{}
	for _, ref := range collection.Refs {
		points, err := ref.Len()
		if err != nil {
			return nil, err
		}
		one := instance{Name: ref.GetMetricName(), Labels: ref.GetLabels(), Points: points, Value: "NaN"}
		if points > 0 {
			value, err := ref.NullableFloat64Value(points - 1)
			if err != nil {
				return nil, err
			}
			one.Value = number(value)
		}
		found = append(found, one)
	}
	return found, nil
}

func numberInstances(collection numeric.Collection) ([]instance, error) {
	found := []instance{}
	for _, ref := range collection.Refs {
		value, _, err := ref.NullableFloat64Value()
		if err != nil {
			return nil, err
		}
		found = append(found, instance{ref.GetMetricName(), ref.GetLabels(), number(value), 1})
	}
	return found, nil
}

// isNumberTable reports whether the frame is one number and texts, without a time: a row is an instance then.
func isNumberTable(frame *data.Frame) bool {
	numbers := 0
	for _, field := range frame.Fields {
		switch {
		case field.Type().Numeric():
			numbers++
		case field.Type() != data.FieldTypeString && field.Type() != data.FieldTypeNullableString:
			return false
		}
	}
	return numbers == 1
}

func tableInstances(frame *data.Frame) []instance {
	found := []instance{}
	for row := 0; row < frame.Rows(); row++ {
		one := instance{Labels: map[string]string{}, Points: 1}
		for _, field := range frame.Fields {
			if field.Type().Numeric() {
				value, _ := field.NullableFloatAt(row)
				one.Name, one.Value = field.Name, number(value)
				continue
			}
			text, _ := field.ConcreteAt(row)
			one.Labels[field.Name] = text.(string)
		}
		found = append(found, one)
	}
	return found
}

func wideInstances(frame *data.Frame, schema data.TimeSeriesSchema) ([]instance, error) {
	time := frame.Fields[schema.TimeIndex]
	for row := 0; row < time.Len(); row++ {
		if time.NilAt(row) {
			return nil, fmt.Errorf("time series with null time stamps are not supported")
		}
	}
	found := []instance{}
	for _, index := range schema.ValueIndices {
		field := frame.Fields[index]
		one := instance{Name: field.Name, Labels: field.Labels, Points: field.Len(), Value: "NaN"}
		switch {
		case field.Len() > 0:
			value, err := field.NullableFloatAt(field.Len() - 1)
			if err != nil {
				return nil, err
			}
			one.Value = number(value)
		case !strings.HasSuffix(field.Type().ItemTypeString(), "float64"):
			return nil, fmt.Errorf("no float64 value column found in frame %v", frame.Name)
		}
		found = append(found, one)
	}
	return found, nil
}

// number is a value as JSON has it; NaN and the infinities become texts.
func number(value *float64) any {
	if value == nil {
		return nil
	}
	if math.IsNaN(*value) || math.IsInf(*value, 0) {
		return fmt.Sprint(*value)
	}
	return *value
}

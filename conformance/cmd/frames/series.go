package main

import (
	"github.com/grafana/dataplane/sdata/timeseries"
	"github.com/grafana/grafana-plugin-sdk-go/data"
)

// series is what alerting makes of a frame: one instance for each set of labels.
type series struct {
	Name   string            `json:"name"`
	Labels map[string]string `json:"labels"`
	Points int               `json:"points"`
}

func readSeries(frame *data.Frame) (response, error) {
	reader, err := timeseries.CollectionReaderFromFrames([]*data.Frame{frame})
	if err != nil {
		return response{}, err
	}
	collection, err := reader.GetCollection(true)
	if err != nil {
		return response{}, err
	}
	found := []series{}
	for _, ref := range collection.Refs {
		points, err := ref.Len()
		if err != nil {
			return response{}, err
		}
		found = append(found, series{ref.GetMetricName(), ref.GetLabels(), points})
	}
	return response{Series: found}, nil
}

func toWide(frame *data.Frame, r request) (response, error) {
	var fill *data.FillMissing
	switch r.Fill {
	case "null":
		fill = &data.FillMissing{Mode: data.FillModeNull}
	case "previous":
		fill = &data.FillMissing{Mode: data.FillModePrevious}
	case "value":
		fill = &data.FillMissing{Mode: data.FillModeValue, Value: r.Value}
	}
	wide, err := data.LongToWide(frame, fill)
	if err != nil {
		return response{}, err
	}
	return describe(wide)
}

func toLong(frame *data.Frame) (response, error) {
	long, err := data.WideToLong(frame)
	if err != nil {
		return response{}, err
	}
	return describe(long)
}

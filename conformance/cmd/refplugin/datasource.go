package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/instancemgmt"
	"github.com/grafana/grafana-plugin-sdk-go/backend/log"
	"github.com/grafana/grafana-plugin-sdk-go/backend/resource/httpadapter"
)

// settings is what jsonData may ask of an instance.
type settings struct {
	Fail   string `json:"fail"`
	SlowMS int64  `json:"slow_ms"`
	Health string `json:"health"`
}

var created atomic.Int64

type dataSource struct {
	queries
	backend.CallResourceHandler
	settings settings
	number   int64
}

func newDataSource(_ context.Context, s backend.DataSourceInstanceSettings) (instancemgmt.Instance, error) {
	d := &dataSource{number: created.Add(1)}
	if err := json.Unmarshal(s.JSONData, &d.settings); len(s.JSONData) > 0 && err != nil {
		return nil, err
	}
	time.Sleep(time.Duration(d.settings.SlowMS) * time.Millisecond)
	switch d.settings.Fail {
	case "":
	case "downstream":
		return nil, backend.DownstreamError(errors.New("factory failed"))
	case "plugin":
		return nil, backend.PluginError(errors.New("factory failed"))
	default:
		return nil, errors.New("factory failed")
	}
	d.queries.number = d.number
	d.CallResourceHandler = httpadapter.New(resources())
	log.DefaultLogger.Info("instance created", "number", d.number)
	return d, nil
}

func (d *dataSource) Dispose() { log.DefaultLogger.Info("instance disposed", "number", d.number) }

func (d *dataSource) CheckHealth(_ context.Context, _ *backend.CheckHealthRequest) (*backend.CheckHealthResult, error) {
	switch d.settings.Health {
	case "error":
		return &backend.CheckHealthResult{Status: backend.HealthStatusError, Message: "not well"}, nil
	case "unknown":
		return &backend.CheckHealthResult{Status: backend.HealthStatusUnknown, Message: "who knows"}, nil
	case "raise":
		return nil, errors.New("health failed")
	case "panic":
		panic("health panicked")
	}
	return &backend.CheckHealthResult{
		Status: backend.HealthStatusOk, Message: "all well", JSONDetails: []byte(`{"checked":true}`),
	}, nil
}

func resources() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /stations", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`["berlin","oslo"]`))
	})
	mux.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
		body, _ := readAll(r)
		w.Header().Set("Content-Type", "application/json")
		w.Header().Add("X-Many", "one")
		w.Header().Add("X-Many", "two")
		w.WriteHeader(http.StatusTeapot)
		_ = json.NewEncoder(w).Encode(map[string]any{
			"method": r.Method, "query": r.URL.RawQuery, "body": string(body), "header": r.Header.Get("X-Asked"),
		})
	})
	mux.HandleFunc("/empty", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/panic", func(http.ResponseWriter, *http.Request) { panic("resource panicked") })
	mux.HandleFunc("/stream", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		for _, part := range []string{"one ", "two ", "three"} {
			_, _ = w.Write([]byte(part))
			_ = http.NewResponseController(w).Flush()
		}
	})
	return mux
}

type appInstance struct {
	backend.CallResourceHandler
}

func newApp(_ context.Context, _ backend.AppInstanceSettings) (instancemgmt.Instance, error) {
	return &appInstance{httpadapter.New(resources())}, nil
}

func (*appInstance) CheckHealth(context.Context, *backend.CheckHealthRequest) (*backend.CheckHealthResult, error) {
	return &backend.CheckHealthResult{Status: backend.HealthStatusOk, Message: "app well"}, nil
}

// empty answers queries and defines nothing else.
type empty struct{ queries *queries }

func newEmpty(context.Context, backend.DataSourceInstanceSettings) (instancemgmt.Instance, error) {
	return &empty{&queries{}}, nil
}

func (e *empty) QueryData(ctx context.Context, req *backend.QueryDataRequest) (*backend.QueryDataResponse, error) {
	return e.queries.QueryData(ctx, req)
}

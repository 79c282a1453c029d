package main

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/instancemgmt"
	"github.com/grafana/grafana-plugin-sdk-go/backend/resource/httpadapter"
	"github.com/grafana/grafana-plugin-sdk-go/experimental/concurrent"
)

type settings struct {
	URL    string `json:"url"`
	APIKey string `json:"-"`
}

type weather struct {
	backend.CallResourceHandler
	settings settings
	ready    ready
}

func newDatasource(_ context.Context, s backend.DataSourceInstanceSettings) (instancemgmt.Instance, error) {
	d := &weather{}
	if err := json.Unmarshal(s.JSONData, &d.settings); err != nil {
		return nil, err
	}
	d.settings.APIKey = s.DecryptedSecureJSONData["api_key"]
	mux := http.NewServeMux()
	mux.HandleFunc("GET /stations", stations)
	d.CallResourceHandler = httpadapter.New(mux)
	return d, nil
}

func (d *weather) Dispose() {}

func (d *weather) CheckHealth(_ context.Context, _ *backend.CheckHealthRequest) (*backend.CheckHealthResult, error) {
	if d.settings.APIKey == "" {
		return &backend.CheckHealthResult{Status: backend.HealthStatusError, Message: "api_key is missing"}, nil
	}
	return &backend.CheckHealthResult{Status: backend.HealthStatusOk, Message: "The data source is working"}, nil
}

func (d *weather) QueryData(ctx context.Context, req *backend.QueryDataRequest) (*backend.QueryDataResponse, error) {
	return concurrent.QueryData(ctx, req, d.query, 10)
}

func stations(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode([]string{"berlin", "lisbon", "oslo"})
}

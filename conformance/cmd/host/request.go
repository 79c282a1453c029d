package main

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/genproto/pluginv2"
)

// benchContext is what Grafana 12 sends of data source number i, in kind and in size.
func benchContext(i int, updated int64) *pluginv2.PluginContext {
	return &pluginv2.PluginContext{
		OrgId: 1, PluginId: "acme-weather-datasource", PluginVersion: "1.0.0",
		User:      &pluginv2.User{Login: "admin", Name: "Ada Admin", Email: "admin@example.org", Role: "Admin"},
		UserAgent: "Grafana/12.4.3 (linux; amd64)",
		DataSourceInstanceSettings: &pluginv2.DataSourceInstanceSettings{
			Id: int64(i + 1), Uid: fmt.Sprintf("bench-%d", i), Name: fmt.Sprintf("Weather %d", i),
			JsonData:                []byte(`{"url":""}`),
			DecryptedSecureJsonData: map[string]string{"api_key": "secret"},
			LastUpdatedMS:           updated,
		},
		GrafanaConfig: map[string]string{
			"GF_APP_URL": "http://localhost:3000/", "GF_CONCURRENT_QUERY_COUNT": "10", "GF_SQL_ROW_LIMIT": "1000000",
			"GF_INSTANCE_FEATURE_TOGGLES_ENABLE": "publicDashboardsScene,lokiQuerySplitting,logsContextDatasourceUi",
		},
	}
}

func benchQuery(about *pluginv2.PluginContext, model json.RawMessage, count int) *pluginv2.QueryDataRequest {
	request := &pluginv2.QueryDataRequest{PluginContext: about, Headers: map[string]string{
		"http_X-Dashboard-Uid": "adkz2v1", "http_X-Panel-Id": "7", "http_X-Grafana-Org-Id": "1",
	}}
	now := time.Now().UnixMilli()
	for n := range count {
		ref := fmt.Sprintf("%c", 'A'+n)
		request.Queries = append(request.Queries, &pluginv2.DataQuery{
			RefId: ref, MaxDataPoints: 1200, IntervalMS: 15_000,
			TimeRange: &pluginv2.TimeRange{FromEpochMS: now - 3_600_000, ToEpochMS: now},
			Json:      benchModel(model, ref, about.DataSourceInstanceSettings.Uid),
		})
	}
	return request
}

// benchModel adds the keys that Grafana stores with every query.
func benchModel(model json.RawMessage, ref, uid string) []byte {
	query := map[string]any{
		"refId": ref, "intervalMs": 15_000, "maxDataPoints": 1200,
		"datasource": map[string]string{"type": "acme-weather-datasource", "uid": uid},
	}
	_ = json.Unmarshal(model, &query) // anything but an object adds nothing; the plugin reports it
	text, _ := json.Marshal(query)
	return text
}

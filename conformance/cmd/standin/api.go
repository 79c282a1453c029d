package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/grafana/grafana-plugin-sdk-go/genproto/pluginv2"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

type api struct {
	plugins []*loaded
	sources []source
}

func (a *api) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/health", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, 200, map[string]any{"database": "ok", "version": setting("GF_VERSION", "0.0.0"), "commit": "stand-in"})
	})
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "<!doctype html><title>Grafana stand-in</title>")
	})
	mux.HandleFunc("GET /api/plugins/{id}/settings", a.settings)
	mux.HandleFunc("GET /api/datasources/uid/{uid}/health", a.health)
	mux.HandleFunc("/api/datasources/uid/{uid}/resources/{path...}", a.resource)
	mux.HandleFunc("POST /api/ds/query", a.query)
	mux.HandleFunc("GET /api/search", dashboards)
	return mux
}

func reply(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(body)
}

func (a *api) settings(w http.ResponseWriter, r *http.Request) {
	for _, p := range a.plugins {
		p.mu.Lock()
		registered := p.registered
		p.mu.Unlock()
		if p.ID == r.PathValue("id") && registered {
			reply(w, 200, map[string]any{"id": p.ID, "type": p.Type, "name": p.Name, "enabled": true, "signature": "unsigned"})
			return
		}
	}
	reply(w, 404, map[string]any{"message": "Plugin not found, no installed plugin with that id"})
}

// backend returns the data source and its running backend, or answers why there is none.
func (a *api) backend(w http.ResponseWriter, uid string) (*source, *services) {
	for i := range a.sources {
		if s := &a.sources[i]; s.UID == uid {
			for _, p := range a.plugins {
				if p.ID == s.Type {
					if calls := p.running(); calls != nil {
						return s, calls
					}
				}
			}
			reply(w, 500, map[string]any{"message": "Plugin unavailable", "messageId": "plugin.unavailable"})
			return nil, nil
		}
	}
	reply(w, 404, map[string]any{"message": "Data source not found"})
	return nil, nil
}

func (a *api) health(w http.ResponseWriter, r *http.Request) {
	s, calls := a.backend(w, r.PathValue("uid"))
	if calls == nil {
		return
	}
	answer, err := calls.diagnostics.CheckHealth(r.Context(), &pluginv2.CheckHealthRequest{PluginContext: s.context()})
	if err != nil {
		fail(w, err)
		return
	}
	body := map[string]any{"status": answer.Status.String(), "message": answer.Message}
	if len(answer.JsonDetails) > 0 {
		body["details"] = json.RawMessage(answer.JsonDetails)
	}
	code := 400
	if answer.Status == pluginv2.CheckHealthResponse_OK {
		code = 200
	}
	reply(w, code, body)
}

func (a *api) resource(w http.ResponseWriter, r *http.Request) {
	s, calls := a.backend(w, r.PathValue("uid"))
	if calls == nil {
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		reply(w, 400, map[string]any{"message": err.Error()})
		return
	}
	request := &pluginv2.CallResourceRequest{
		PluginContext: s.context(), Path: r.PathValue("path"), Method: r.Method, Url: r.PathValue("path"), Body: body,
	}
	stream, err := calls.resource.CallResource(r.Context(), request)
	if err != nil {
		fail(w, err)
		return
	}
	for first := true; ; first = false {
		part, err := stream.Recv()
		if err != nil {
			if first && err != io.EOF {
				fail(w, err)
			}
			return
		}
		if first {
			w.WriteHeader(int(part.Code))
		}
		_, _ = w.Write(part.Body)
	}
}

// query answers a request whose queries all go to one data source, which is all that is asked here.
func (a *api) query(w http.ResponseWriter, r *http.Request) {
	var in struct {
		From, To string
		Queries  []json.RawMessage
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || len(in.Queries) == 0 {
		reply(w, 400, map[string]any{"message": "bad request data"})
		return
	}
	request := &pluginv2.QueryDataRequest{}
	uid := ""
	for _, raw := range in.Queries {
		q, asked := dataQuery(raw, in.From, in.To)
		request.Queries, uid = append(request.Queries, q), asked
	}
	s, calls := a.backend(w, uid)
	if calls == nil {
		return
	}
	request.PluginContext = s.context()
	ctx, cancel := context.WithTimeout(r.Context(), 30*time.Second)
	defer cancel()
	answer, err := calls.data.QueryData(ctx, request)
	if err != nil {
		fail(w, err)
		return
	}
	code, results := rendered(answer)
	reply(w, code, map[string]any{"results": results})
}

func dataQuery(raw json.RawMessage, from, to string) (*pluginv2.DataQuery, string) {
	var q struct {
		RefID      string `json:"refId"`
		QueryType  string `json:"queryType"`
		Datasource struct {
			UID string `json:"uid"`
		} `json:"datasource"`
	}
	_ = json.Unmarshal(raw, &q)
	span := &pluginv2.TimeRange{FromEpochMS: milliseconds(from), ToEpochMS: milliseconds(to)}
	return &pluginv2.DataQuery{
		RefId: q.RefID, QueryType: q.QueryType, Json: raw, TimeRange: span, MaxDataPoints: 100, IntervalMS: 1000,
	}, q.Datasource.UID
}

func milliseconds(text string) int64 {
	if ms, err := strconv.ParseInt(text, 10, 64); err == nil {
		return ms
	}
	now := time.Now()
	if len(text) > 4 && text[:4] == "now-" {
		if ago, err := time.ParseDuration(text[4:]); err == nil {
			return now.Add(-ago).UnixMilli()
		}
	}
	return now.UnixMilli()
}

func rendered(answer *pluginv2.QueryDataResponse) (int, map[string]any) {
	code, results := 200, map[string]any{}
	for ref, part := range answer.Responses {
		result := map[string]any{"status": part.Status}
		frames, err := data.UnmarshalArrowFrames(part.Frames)
		switch {
		case part.Error != "":
			result["error"], result["errorSource"], code = part.Error, part.ErrorSource, 400
		case err != nil:
			result["error"], result["status"], code = err.Error(), 500, 400
		default:
			result["frames"] = frames
		}
		results[ref] = result
	}
	return code, results
}

func fail(w http.ResponseWriter, err error) {
	switch status.Code(err) {
	case codes.Unimplemented:
		reply(w, 404, map[string]any{"message": "Method not implemented"})
	case codes.Unavailable:
		reply(w, 500, map[string]any{"message": "Plugin unavailable"})
	default:
		reply(w, 500, map[string]any{"message": "An error occurred within the plugin", "error": err.Error()})
	}
}

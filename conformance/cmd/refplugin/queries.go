package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/log"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/grafana/grafana-plugin-sdk-go/experimental/concurrent"
)

// query selects what one query does.
type query struct {
	Do     string `json:"do"`
	MS     int64  `json:"ms"`
	Status int    `json:"status"`
	Text   string `json:"text"`
	Count  int    `json:"count"`
}

type queries struct{ number int64 }

// QueryData fails as a whole where the first query says so; else each query is answered on its own.
func (q *queries) QueryData(ctx context.Context, req *backend.QueryDataRequest) (*backend.QueryDataResponse, error) {
	if len(req.Queries) > 0 {
		var first query
		_ = json.Unmarshal(req.Queries[0].JSON, &first)
		switch first.Do {
		case "request-error":
			return nil, errors.New(first.Text)
		case "request-downstream":
			return nil, backend.DownstreamError(errors.New(first.Text))
		case "request-plugin":
			return nil, backend.PluginError(errors.New(first.Text))
		case "request-panic":
			panic(first.Text)
		case "request-nil":
			return nil, nil
		case "missing-ref":
			return backend.NewQueryDataResponse(), nil
		}
	}
	return concurrent.QueryData(ctx, req, q.one, 10)
}

func (q *queries) one(ctx context.Context, c concurrent.Query) backend.DataResponse {
	var asked query
	if len(c.DataQuery.JSON) > 0 {
		if err := json.Unmarshal(c.DataQuery.JSON, &asked); err != nil {
			return backend.ErrDataResponse(backend.StatusBadRequest, err.Error())
		}
	}
	switch asked.Do {
	case "error":
		return backend.DataResponse{Error: errors.New(asked.Text), Status: backend.Status(asked.Status)}
	case "downstream":
		return backend.DataResponse{Error: backend.DownstreamError(errors.New(asked.Text)), Status: backend.Status(asked.Status)}
	case "plugin":
		return backend.DataResponse{Error: backend.PluginError(errors.New(asked.Text)), Status: backend.Status(asked.Status)}
	case "timeout":
		return backend.DataResponse{Error: context.DeadlineExceeded}
	case "panic":
		panic(asked.Text)
	case "wait":
		return wait(ctx, asked)
	case "log":
		log.DefaultLogger.FromContext(ctx).Info(asked.Text, "number", 7, "who", "author")
	case "echo":
		return q.echo(c)
	case "empty":
		return backend.DataResponse{}
	case "no-fields":
		return backend.DataResponse{Frames: data.Frames{data.NewFrame("")}}
	}
	return backend.DataResponse{Frames: data.Frames{series(c.DataQuery.TimeRange, asked.Count)}}
}

func wait(ctx context.Context, asked query) backend.DataResponse {
	select {
	case <-ctx.Done():
		log.DefaultLogger.FromContext(ctx).Info("query cancelled by its caller")
		return backend.DataResponse{Error: ctx.Err()}
	case <-time.After(time.Duration(asked.MS) * time.Millisecond):
		return backend.DataResponse{Frames: data.Frames{data.NewFrame("waited")}}
	}
}

func series(r backend.TimeRange, count int) *data.Frame {
	if count == 0 {
		count = 3
	}
	times, values := make([]time.Time, count), make([]float64, count)
	for i := range count {
		times[i] = r.From.Add(r.To.Sub(r.From) * time.Duration(i) / time.Duration(max(count-1, 1)))
		values[i] = float64(i)
	}
	return data.NewFrame("series",
		data.NewField("time", nil, times),
		data.NewField("value", data.Labels{"station": "berlin"}, values))
}

// echo answers with what arrived, as one JSON text.
func (q *queries) echo(c concurrent.Query) backend.DataResponse {
	p, d := c.PluginContext, c.DataQuery
	seen := map[string]any{
		"org": p.OrgID, "plugin": p.PluginID, "version": p.PluginVersion,
		"ref": d.RefID, "type": d.QueryType, "points": d.MaxDataPoints, "interval_ms": d.Interval.Milliseconds(),
		"from": d.TimeRange.From.UnixMilli(), "to": d.TimeRange.To.UnixMilli(), "instance": q.number,
	}
	if p.User != nil {
		seen["user"] = fmt.Sprintf("%s|%s|%s|%s", p.User.Login, p.User.Name, p.User.Email, p.User.Role)
	}
	if p.UserAgent != nil {
		seen["grafana"] = p.UserAgent.GrafanaVersion()
	}
	if s := p.DataSourceInstanceSettings; s != nil {
		seen["ds"] = map[string]any{
			"id": s.ID, "uid": s.UID, "type": s.Type, "name": s.Name, "url": s.URL, "user": s.User,
			"database": s.Database, "basic": s.BasicAuthEnabled, "basic_user": s.BasicAuthUser,
			"json": string(s.JSONData), "secret": s.DecryptedSecureJSONData["token"], "updated": s.Updated.UnixMilli(),
		}
	}
	if p.GrafanaConfig != nil {
		seen["config"] = p.GrafanaConfig.Get("GF_APP_URL")
	}
	text, _ := json.Marshal(seen)
	return backend.DataResponse{Frames: data.Frames{data.NewFrame("echo", data.NewField("text", nil, []string{string(text)}))}}
}

// QueryChunkedData answers each query in two parts, or with an error.
func (q *queries) QueryChunkedData(ctx context.Context, req *backend.QueryChunkedDataRequest, w backend.ChunkedDataWriter) error {
	for _, one := range req.Queries {
		var asked query
		_ = json.Unmarshal(one.JSON, &asked)
		if asked.Do == "error" {
			if err := w.WriteError(ctx, one.RefID, backend.StatusBadRequest, errors.New(asked.Text)); err != nil {
				return err
			}
			continue
		}
		for range 2 {
			if err := w.WriteFrame(ctx, one.RefID, "f", series(one.TimeRange, 2)); err != nil {
				return err
			}
		}
	}
	return nil
}

func readAll(r *http.Request) ([]byte, error) { return io.ReadAll(r.Body) }

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/grafana/grafana-plugin-sdk-go/genproto/pluginv2"
	"google.golang.org/grpc/metadata"
)

// load is a number of equal calls, so many of them in flight; times are taken here, around each call.
type load struct {
	// Method is query, resource or health.
	Method string `json:"method"`
	// Query is what the author's model sees; Grafana's own keys are added.
	Query json.RawMessage `json:"query"`
	// Queries is how many a request carries.
	Queries  int `json:"queries"`
	InFlight int `json:"in_flight"`
	Count    int `json:"count"`
	// Instances are the data sources that take turns; Updated is when their settings were last changed.
	Instances int   `json:"instances"`
	Updated   int64 `json:"updated"`
	// Rows must be in the first answer's first frame.
	Rows int `json:"rows"`
	// Fails says that the answers must be errors.
	Fails bool `json:"fails"`
	// Beside is sent without pause by so many others while the load lasts.
	Beside      json.RawMessage `json:"beside"`
	BesideCount int             `json:"beside_count"`
}

func (s *session) load(ctx context.Context, r *running, text json.RawMessage) (answer, error) {
	l := load{Queries: 1, InFlight: 1, Count: 1, Instances: 1, Updated: 1_700_000_000_000}
	if err := json.Unmarshal(text, &l); err != nil {
		return nil, err
	}
	ctx = metadata.AppendToOutgoingContext(ctx, "traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	defer l.keepBusy(ctx, r.calls)()
	before, err := cpuTime(r.cmd.Process.Pid)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	times, err := l.run(ctx, r.calls)
	if err != nil {
		return nil, err
	}
	took := time.Since(began)
	after, err := cpuTime(r.cmd.Process.Pid)
	result := summary(times)
	result["seconds"], result["rate"] = took.Seconds(), float64(len(times))/took.Seconds()
	result["cpu_us"] = float64((after - before).Microseconds()) / float64(len(times))
	return result, err
}

// run makes the calls and returns how long each took.
func (l load) run(ctx context.Context, s services) ([]time.Duration, error) {
	var next atomic.Int64
	var group sync.WaitGroup
	times := make([]time.Duration, l.Count)
	failures := make([]error, l.InFlight)
	calls := l.calls(s)
	for worker := range l.InFlight {
		group.Go(func() {
			for i := next.Add(1) - 1; i < int64(l.Count) && failures[worker] == nil; i = next.Add(1) - 1 {
				began := time.Now()
				failures[worker] = calls[int(i)%len(calls)](ctx, i == 0)
				times[i] = time.Since(began)
			}
		})
	}
	group.Wait()
	return times, errors.Join(failures...)
}

type oneCall func(ctx context.Context, first bool) error

// calls makes the requests beforehand, one for each instance.
func (l load) calls(s services) []oneCall {
	calls := make([]oneCall, l.Instances)
	for i := range calls {
		about := benchContext(i, l.Updated)
		switch l.Method {
		case "resource":
			calls[i] = l.resource(s, about)
		case "health":
			calls[i] = l.health(s, about)
		default:
			calls[i] = l.query(s, about)
		}
	}
	return calls
}

func (l load) query(s services, about *pluginv2.PluginContext) oneCall {
	request := benchQuery(about, l.Query, l.Queries)
	return func(ctx context.Context, first bool) error {
		reply, err := s.data.QueryData(ctx, request)
		if err != nil {
			return err
		}
		if len(reply.Responses) != l.Queries {
			return fmt.Errorf("%d answers to %d queries", len(reply.Responses), l.Queries)
		}
		for ref, response := range reply.Responses {
			if (response.Error != "") != l.Fails {
				return fmt.Errorf("query %s: error %q", ref, response.Error)
			}
		}
		if !first || l.Rows == 0 {
			return nil
		}
		return l.check(reply)
	}
}

// check decodes the first answer with the SDK's own decoder.
func (l load) check(reply *pluginv2.QueryDataResponse) error {
	frame, err := data.UnmarshalArrowFrame(reply.Responses["A"].Frames[0])
	if err != nil {
		return err
	}
	if rows := frame.Rows(); rows != l.Rows {
		return fmt.Errorf("expected %d rows, found %d", l.Rows, rows)
	}
	return nil
}

func (l load) resource(s services, about *pluginv2.PluginContext) oneCall {
	request := &pluginv2.CallResourceRequest{PluginContext: about, Path: "stations", Url: "stations", Method: "GET"}
	return func(ctx context.Context, _ bool) error {
		stream, err := s.resource.CallResource(ctx, request)
		if err != nil {
			return err
		}
		for code := int32(0); ; {
			reply, err := stream.Recv()
			if errors.Is(err, io.EOF) && code == 200 {
				return nil
			}
			if err != nil {
				return err
			}
			if code = reply.Code; code != 200 {
				return fmt.Errorf("resource: status %d: %s", code, reply.Body)
			}
		}
	}
}

func (l load) health(s services, about *pluginv2.PluginContext) oneCall {
	request := &pluginv2.CheckHealthRequest{PluginContext: about}
	return func(ctx context.Context, _ bool) error {
		reply, err := s.diagnostics.CheckHealth(ctx, request)
		if err == nil && reply.Status != pluginv2.CheckHealthResponse_OK {
			err = fmt.Errorf("health: %s: %s", reply.Status, reply.Message)
		}
		return err
	}
}

// keepBusy sends the queries beside the load until it is stopped.
func (l load) keepBusy(ctx context.Context, s services) (stop func()) {
	if l.BesideCount == 0 {
		return func() {}
	}
	var stopped atomic.Bool
	var group sync.WaitGroup
	request := benchQuery(benchContext(0, l.Updated), l.Beside, 1)
	for range l.BesideCount {
		group.Go(func() {
			for !stopped.Load() {
				_, _ = s.data.QueryData(ctx, request)
			}
		})
	}
	time.Sleep(200 * time.Millisecond) // they must be running before the first measurement
	// Not cancelled: a handler that goes on unheard would burden whoever is measured next.
	return func() { stopped.Store(true); group.Wait() }
}

// summary gives the times in microseconds.
func summary(times []time.Duration) answer {
	slices.Sort(times)
	at := func(share float64) float64 {
		return float64(times[min(int(share*float64(len(times))), len(times)-1)].Nanoseconds()) / 1e3
	}
	return answer{"p50_us": at(0.5), "p99_us": at(0.99), "min_us": at(0), "max_us": at(1), "count": len(times)}
}

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/genproto/pluginv2"
)

// streamLoad is a number of channels held open together, each sending so many frames a second.
type streamLoad struct {
	Count   int     `json:"count"`
	Hertz   float64 `json:"hertz"`
	Seconds float64 `json:"seconds"`
}

// watched is what one channel brought.
type watched struct {
	delays, gaps []time.Duration
	err          error
}

func (s *session) streams(ctx context.Context, r *running, text json.RawMessage) (answer, error) {
	var l streamLoad
	if err := json.Unmarshal(text, &l); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	seen := make([]watched, l.Count)
	var opened, ended sync.WaitGroup
	opened.Add(l.Count)
	measured := make(chan struct{})
	for i := range seen {
		ended.Go(func() { seen[i].watch(ctx, r.calls, fmt.Sprintf("live/%g/%d", l.Hertz, i), &opened, measured) })
	}
	began := time.Now()
	opened.Wait()
	openedAfter := time.Since(began)
	before, err := cpuTime(r.cmd.Process.Pid)
	if err != nil {
		return nil, err
	}
	close(measured)
	time.Sleep(time.Duration(l.Seconds * float64(time.Second)))
	after, err := cpuTime(r.cmd.Process.Pid)
	usage, usageErr := processUsage(r.cmd.Process.Pid)
	cancel()
	ended.Wait()
	result, failure := l.result(seen)
	result["opened_us"] = float64(openedAfter.Microseconds())
	result["cpu_percent"] = 100 * (after - before).Seconds() / l.Seconds
	result["usage"] = usage
	return result, errors.Join(err, usageErr, failure)
}

func (l streamLoad) result(seen []watched) (answer, error) {
	delays, gaps := []time.Duration{}, []time.Duration{}
	for _, w := range seen {
		if w.err != nil {
			return answer{}, w.err
		}
		delays, gaps = append(delays, w.delays...), append(gaps, w.gaps...)
	}
	if len(delays) == 0 || len(gaps) == 0 {
		return answer{}, errors.New("no packet arrived")
	}
	late := make([]time.Duration, len(gaps))
	for i, gap := range gaps {
		late[i] = (gap - time.Duration(float64(time.Second)/l.Hertz)).Abs()
	}
	return answer{
		"delay": summary(delays), "jitter": summary(late),
		"received": len(delays), "expected": int(float64(l.Count) * l.Hertz * l.Seconds),
	}, nil
}

// watch receives until it is cancelled; only what comes after `measured` counts.
func (w *watched) watch(ctx context.Context, s services, path string, opened *sync.WaitGroup, measured <-chan struct{}) {
	open := sync.OnceFunc(opened.Done)
	defer open()
	stream, err := s.stream.RunStream(ctx, &pluginv2.RunStreamRequest{PluginContext: benchContext(0, 1_700_000_000_000), Path: path})
	if err != nil {
		w.err = err
		return
	}
	last := time.Time{}
	for {
		packet, err := stream.Recv()
		now := time.Now()
		if err != nil {
			if ctx.Err() == nil {
				w.err = err
			}
			return
		}
		open()
		select {
		case <-measured:
			if w.err = w.note(packet.Data, now, last); w.err != nil {
				return
			}
			last = now
		default:
		}
	}
}

func (w *watched) note(packet []byte, now, last time.Time) error {
	var frame struct {
		Data struct {
			Values [][]float64 `json:"values"`
		} `json:"data"`
	}
	if err := json.Unmarshal(packet, &frame); err != nil {
		return err
	}
	if len(frame.Data.Values) != 2 {
		return fmt.Errorf("not a frame of two fields: %s", packet)
	}
	w.delays = append(w.delays, now.Sub(time.UnixMicro(int64(frame.Data.Values[1][0]))))
	if !last.IsZero() {
		w.gaps = append(w.gaps, now.Sub(last))
	}
	return nil
}

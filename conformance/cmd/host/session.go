package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"syscall"
	"time"
)

type command struct {
	ID     int64           `json:"id"`
	Cmd    string          `json:"cmd"`
	Plugin string          `json:"plugin"`
	Target int64           `json:"target"`
	Since  int             `json:"since"`
	Pid    int             `json:"pid"`
	Launch launch          `json:"launch"`
	Addr   string          `json:"addr"`
	Call   json.RawMessage `json:"call"`
	WaitMS int64           `json:"wait_ms"`
}

type answer map[string]any

// session holds every plugin that one test run started, by name.
type session struct {
	in      io.Reader
	out     *json.Encoder
	outMu   sync.Mutex
	mu      sync.Mutex
	plugins map[string]*running
	cancels map[int64]context.CancelFunc
	calls   sync.WaitGroup
}

func newSession(in io.Reader, out io.Writer) *session {
	return &session{
		in:      in,
		out:     json.NewEncoder(out),
		plugins: map[string]*running{},
		cancels: map[int64]context.CancelFunc{},
	}
}

func (s *session) run() {
	reader := bufio.NewReader(s.in)
	for {
		line, err := reader.ReadBytes('\n')
		if err != nil {
			break
		}
		var c command
		if err := json.Unmarshal(line, &c); err != nil {
			s.send(c.ID, answer{"error": "bad command: " + err.Error()})
			continue
		}
		// The cancel function must exist before the next command can name it.
		ctx, cancel := context.WithCancel(context.Background())
		s.mu.Lock()
		s.cancels[c.ID] = cancel
		s.mu.Unlock()
		s.calls.Add(1)
		go s.handle(ctx, c)
	}
	s.killAll()
	s.calls.Wait()
}

func (s *session) handle(ctx context.Context, c command) {
	defer s.calls.Done()
	result, err := s.dispatch(ctx, c)
	if result == nil {
		result = answer{}
	}
	if err != nil {
		result["error"] = err.Error()
	}
	result["done"] = true
	s.send(c.ID, result)
	s.mu.Lock()
	if cancel := s.cancels[c.ID]; cancel != nil {
		cancel()
	}
	delete(s.cancels, c.ID)
	s.mu.Unlock()
}

func (s *session) dispatch(ctx context.Context, c command) (answer, error) {
	switch c.Cmd {
	case "start":
		return s.start(c)
	case "dial":
		return s.dial(c)
	case "cancel":
		return nil, s.cancel(c.Target)
	case "stats":
		return processStats(c.Pid)
	case "usage":
		return processUsage(c.Pid)
	case "first-line":
		return firstLine(c.Launch)
	case "first-health":
		return firstHealth(ctx, c.Launch)
	}
	r, err := s.plugin(c.Plugin)
	if err != nil {
		return nil, err
	}
	switch c.Cmd {
	case "call":
		return s.call(ctx, r, c)
	case "load":
		return s.load(ctx, r, c.Call)
	case "streams":
		return s.streams(ctx, r, c.Call)
	case "ping":
		return nil, r.protocol.Ping()
	case "kill":
		return r.kill(), nil
	case "sigkill":
		return nil, syscall.Kill(r.cmd.Process.Pid, syscall.SIGKILL)
	case "exited":
		return r.wait(ctx, time.Duration(c.WaitMS)*time.Millisecond)
	case "logs":
		entries, next := r.logs.since(c.Since)
		return answer{"entries": entries, "next": next}, nil
	case "stdio":
		return answer{"stdout": string(r.stdout.take()), "stderr": string(r.stderr.take())}, nil
	case "reflect":
		return r.reflect(ctx)
	case "raw":
		return r.raw(ctx, c.Call)
	case "hold":
		return r.hold(ctx, c.Call, time.Duration(c.WaitMS)*time.Millisecond)
	}
	return nil, fmt.Errorf("unknown command %q", c.Cmd)
}

func (s *session) start(c command) (answer, error) {
	began := time.Now()
	r, err := c.Launch.start()
	s.mu.Lock()
	s.plugins[c.Plugin] = r
	s.mu.Unlock()
	result := answer{"ms": time.Since(began).Milliseconds()}
	if r.cmd.Process != nil {
		result["pid"] = r.cmd.Process.Pid
	}
	if err != nil {
		return result, err
	}
	if reattach := r.client.ReattachConfig(); reattach != nil {
		result["network"], result["addr"] = reattach.Addr.Network(), reattach.Addr.String()
	}
	result["version"] = r.client.NegotiatedVersion()
	return result, nil
}

func (s *session) plugin(name string) (*running, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.plugins[name]; r != nil {
		return r, nil
	}
	return nil, fmt.Errorf("no plugin %q was started", name)
}

func (s *session) cancel(target int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	cancel := s.cancels[target]
	if cancel == nil {
		return fmt.Errorf("call %d is not running", target)
	}
	cancel()
	return nil
}

func (s *session) send(id int64, a answer) {
	a["id"] = id
	s.outMu.Lock()
	defer s.outMu.Unlock()
	if err := s.out.Encode(a); err != nil {
		_ = s.out.Encode(answer{"id": id, "done": true, "error": "answer cannot be written: " + err.Error()})
	}
}

func (s *session) killAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	var stopping sync.WaitGroup
	for _, r := range s.plugins {
		stopping.Go(func() { r.kill() })
	}
	stopping.Wait()
}

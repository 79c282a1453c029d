package main

import (
	"fmt"
	"io"
	"sync"

	hclog "github.com/hashicorp/go-hclog"
)

// entry is one log line after go-plugin parsed it: what Grafana's own logger would receive.
type entry struct {
	Logger  string         `json:"logger"`
	Level   string         `json:"level"`
	Message string         `json:"message"`
	Fields  map[string]any `json:"fields"`
}

type logs struct {
	mu      sync.Mutex
	entries []entry
}

func (l *logs) logger() hclog.Logger {
	logger := hclog.NewInterceptLogger(&hclog.LoggerOptions{Name: "plugin", Level: hclog.Trace, Output: io.Discard})
	logger.RegisterSink(l)
	return logger
}

// Accept implements hclog.SinkAdapter.
func (l *logs) Accept(name string, level hclog.Level, msg string, args ...any) {
	fields := make(map[string]any, len(args)/2)
	for i := 0; i+1 < len(args); i += 2 {
		fields[fmt.Sprint(args[i])] = plain(args[i+1])
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = append(l.entries, entry{name, level.String(), msg, fields})
}

func plain(value any) any {
	switch value := value.(type) {
	case nil, string, bool, float64, int, int64, []any, map[string]any:
		return value
	default:
		return fmt.Sprint(value)
	}
}

func (l *logs) since(n int) ([]entry, int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n > len(l.entries) {
		n = len(l.entries)
	}
	return append([]entry{}, l.entries[n:]...), len(l.entries)
}

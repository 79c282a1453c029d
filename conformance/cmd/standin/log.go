package main

import (
	"encoding/json"
	"io"
	"log"
	"os"
	"sync"
	"time"

	hclog "github.com/hashicorp/go-hclog"
)

var logMutex sync.Mutex

// say writes one line in the form of Grafana's JSON console log, where a pair takes the place of what has its name.
func say(level, logger, message string, pairs ...any) {
	line := map[string]any{"t": time.Now().Format(time.RFC3339Nano), "level": level, "logger": logger, "msg": message}
	for i := 0; i+1 < len(pairs); i += 2 {
		if key, ok := pairs[i].(string); ok {
			line[key] = pairs[i+1]
		}
	}
	text, err := json.Marshal(line)
	if err != nil {
		return
	}
	logMutex.Lock()
	defer logMutex.Unlock()
	_, _ = os.Stdout.Write(append(text, '\n'))
}

// pluginLog hands what go-plugin read from a plugin's stderr to say; the rest of it is not used.
type pluginLog struct {
	hclog.Logger
	name string
}

func newPluginLog(id string) hclog.Logger {
	return pluginLog{hclog.NewNullLogger(), "plugin." + id}
}

func (l pluginLog) Log(level hclog.Level, message string, args ...any) {
	say(level.String(), l.name, message, args...)
}
func (l pluginLog) Trace(message string, args ...any) { say("debug", l.name, message, args...) }
func (l pluginLog) Debug(message string, args ...any) { say("debug", l.name, message, args...) }
func (l pluginLog) Info(message string, args ...any)  { say("info", l.name, message, args...) }
func (l pluginLog) Warn(message string, args ...any)  { say("warn", l.name, message, args...) }
func (l pluginLog) Error(message string, args ...any) { say("error", l.name, message, args...) }

func (l pluginLog) Named(name string) hclog.Logger {
	if name == "stdio" {
		return hclog.NewNullLogger()
	}
	return l
}
func (l pluginLog) ResetNamed(string) hclog.Logger { return l }
func (l pluginLog) With(...any) hclog.Logger       { return l }
func (l pluginLog) StandardLogger(*hclog.StandardLoggerOptions) *log.Logger {
	return log.New(io.Discard, "", 0)
}
func (l pluginLog) StandardWriter(*hclog.StandardLoggerOptions) io.Writer { return io.Discard }

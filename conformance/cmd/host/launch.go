package main

import (
	"bytes"
	"fmt"
	"io"
	"os/exec"
	"sort"
	"sync"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend/grpcplugin"
	hclog "github.com/hashicorp/go-hclog"
	plugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
)

// launch holds what a caller may change about a start; the rest is as in Grafana.
type launch struct {
	Exe       string            `json:"exe"`
	Args      []string          `json:"args"`
	Dir       string            `json:"dir"`
	Env       map[string]string `json:"env"`
	TimeoutMS int64             `json:"timeout_ms"`
	// Version and Cookie break the handshake on purpose; zero values mean Grafana's.
	Version int    `json:"version"`
	Cookie  string `json:"cookie"`
	Group   string `json:"socket_group"`
	MTLS    bool   `json:"mtls"`
	Mux     bool   `json:"mux"`
	// Quiet forgets what the plugin logs and prints: a million lines are no part of a measurement.
	Quiet bool `json:"quiet"`
}

type running struct {
	client   *plugin.Client
	cmd      *exec.Cmd
	protocol plugin.ClientProtocol
	logs     *logs
	stdout   *lockedBuffer
	stderr   *lockedBuffer
	calls    services
	close    func()
	conn     grpc.ClientConnInterface
}

// services are the clients that Grafana dispenses from every plugin without probing.
type services struct {
	diagnostics grpcplugin.DiagnosticsClient
	resource    grpcplugin.ResourceClient
	data        grpcplugin.DataClient
	stream      grpcplugin.StreamClient
	admission   grpcplugin.AdmissionClient
	conversion  grpcplugin.ConversionClient
}

func pluginSet() plugin.PluginSet {
	return plugin.PluginSet{
		"diagnostics": &grpcplugin.DiagnosticsGRPCPlugin{},
		"resource":    &grpcplugin.ResourceGRPCPlugin{},
		"data":        &grpcplugin.DataGRPCPlugin{},
		"stream":      &grpcplugin.StreamGRPCPlugin{},
		"admission":   &grpcplugin.AdmissionGRPCPlugin{},
		"conversion":  &grpcplugin.ConversionGRPCPlugin{},
	}
}

func (l launch) config(r *running) *plugin.ClientConfig {
	version, cookie := grpcplugin.ProtocolVersion, grpcplugin.MagicCookieValue
	if l.Version != 0 {
		version = l.Version
	}
	if l.Cookie != "" {
		cookie = l.Cookie
	}
	cfg := &plugin.ClientConfig{
		HandshakeConfig: plugin.HandshakeConfig{
			ProtocolVersion:  uint(version),
			MagicCookieKey:   grpcplugin.MagicCookieKey,
			MagicCookieValue: cookie,
		},
		VersionedPlugins:    map[int]plugin.PluginSet{version: pluginSet()},
		Cmd:                 r.cmd,
		SkipHostEnv:         true,
		Logger:              r.logs.logger(),
		AllowedProtocols:    []plugin.Protocol{plugin.ProtocolGRPC},
		Stderr:              r.stderr,
		SyncStdout:          r.stdout,
		SyncStderr:          r.stderr,
		StartTimeout:        time.Duration(l.TimeoutMS) * time.Millisecond,
		AutoMTLS:            l.MTLS,
		GRPCBrokerMultiplex: l.Mux,
	}
	if l.Quiet {
		cfg.Logger, cfg.Stderr = hclog.NewNullLogger(), io.Discard
	}
	if l.Group != "" {
		cfg.UnixSocketConfig = &plugin.UnixSocketConfig{Group: l.Group}
	}
	return cfg
}

func (l launch) start() (*running, error) {
	cmd := exec.Command(l.Exe, l.Args...)
	cmd.Dir = l.Dir
	cmd.Env = envList(l.Env)
	r := &running{cmd: cmd, logs: &logs{}, stdout: &lockedBuffer{}, stderr: &lockedBuffer{}}
	r.client = plugin.NewClient(l.config(r))
	if err := r.connect(); err != nil {
		r.client.Kill()
		return r, err
	}
	return r, nil
}

func (r *running) connect() error {
	if _, err := r.client.Start(); err != nil {
		return err
	}
	protocol, err := r.client.Client()
	if err != nil {
		return err
	}
	r.protocol = protocol
	if c, ok := protocol.(*plugin.GRPCClient); ok {
		r.conn = c.Conn
	}
	return r.calls.dispense(protocol)
}

func (s *services) dispense(protocol plugin.ClientProtocol) error {
	targets := map[string]func(any) bool{
		"diagnostics": func(v any) (ok bool) { s.diagnostics, ok = v.(grpcplugin.DiagnosticsClient); return },
		"resource":    func(v any) (ok bool) { s.resource, ok = v.(grpcplugin.ResourceClient); return },
		"data":        func(v any) (ok bool) { s.data, ok = v.(grpcplugin.DataClient); return },
		"stream":      func(v any) (ok bool) { s.stream, ok = v.(grpcplugin.StreamClient); return },
		"admission":   func(v any) (ok bool) { s.admission, ok = v.(grpcplugin.AdmissionClient); return },
		"conversion":  func(v any) (ok bool) { s.conversion, ok = v.(grpcplugin.ConversionClient); return },
	}
	for name, take := range targets {
		raw, err := protocol.Dispense(name)
		if err != nil {
			return fmt.Errorf("dispense %s: %w", name, err)
		}
		if !take(raw) {
			return fmt.Errorf("dispense %s: unexpected client %T", name, raw)
		}
	}
	return nil
}

func envList(env map[string]string) []string {
	// Never nil: exec takes nil for "inherit everything", the opposite of what Grafana does.
	list := make([]string, 0, len(env))
	for key, value := range env {
		list = append(list, key+"="+value)
	}
	sort.Strings(list)
	return list
}

type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) take() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := bytes.Clone(b.buf.Bytes())
	b.buf.Reset()
	return out
}

var _ hclog.SinkAdapter = (*logs)(nil)

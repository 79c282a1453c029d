package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend/grpcplugin"
	plugin "github.com/hashicorp/go-plugin"
)

// loaded is a plugin found on disk, and its backend when that runs.
type loaded struct {
	ID         string `json:"id"`
	Type       string `json:"type"`
	Name       string `json:"name"`
	Backend    bool   `json:"backend"`
	Executable string `json:"executable"`
	folder     string

	mu         sync.Mutex
	registered bool
	client     *plugin.Client
	calls      *services
}

type services struct {
	diagnostics grpcplugin.DiagnosticsClient
	resource    grpcplugin.ResourceClient
	data        grpcplugin.DataClient
}

func discover(root string) ([]*loaded, error) {
	var found []*loaded
	files, err := filepath.Glob(filepath.Join(root, "*", "plugin.json"))
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		p := &loaded{folder: filepath.Dir(file)}
		if err := json.Unmarshal(text, p); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		if allowed(p.ID) {
			found = append(found, p)
		}
	}
	return found, nil
}

func allowed(id string) bool {
	if setting("GF_DEFAULT_APP_MODE", "production") == "development" {
		return true
	}
	for _, name := range strings.Split(os.Getenv("GF_PLUGINS_ALLOW_LOADING_UNSIGNED_PLUGINS"), ",") {
		if name == id {
			say("warn", "plugin.signature.validator", "Permitting unsigned plugin. This is not recommended", "pluginId", id)
			return true
		}
	}
	say("warn", "plugins.loader", "Skipping loading plugin due to problem with signature", "pluginId", id, "status", "unsigned")
	return false
}

// boot starts the backend once; a failed first start is final, as in Grafana, later ends are followed by a new start.
func (p *loaded) boot(ctx context.Context) {
	if p.Backend {
		if err := p.start(); err != nil {
			say("error", "plugins.backend.start", "Could not start plugin backend", "pluginId", p.ID, "error", err.Error())
			return
		}
		go p.keep(ctx)
	}
	p.mu.Lock()
	p.registered = true
	p.mu.Unlock()
	say("info", "plugins.registration", "Plugin registered", "pluginId", p.ID)
}

func (p *loaded) start() error {
	name := strings.ToLower(fmt.Sprintf("%s_%s_%s", p.Executable, runtime.GOOS, runtime.GOARCH))
	set := plugin.PluginSet{
		"diagnostics": &grpcplugin.DiagnosticsGRPCPlugin{},
		"resource":    &grpcplugin.ResourceGRPCPlugin{},
		"data":        &grpcplugin.DataGRPCPlugin{},
	}
	cmd := exec.Command(filepath.Join(p.folder, name))
	cmd.Env = []string{"GF_VERSION=" + setting("GF_VERSION", "0.0.0"), "GF_EDITION=Open Source"}
	client := plugin.NewClient(&plugin.ClientConfig{
		HandshakeConfig: plugin.HandshakeConfig{
			ProtocolVersion:  grpcplugin.ProtocolVersion,
			MagicCookieKey:   grpcplugin.MagicCookieKey,
			MagicCookieValue: grpcplugin.MagicCookieValue,
		},
		VersionedPlugins: map[int]plugin.PluginSet{grpcplugin.ProtocolVersion: set},
		Cmd:              cmd,
		SkipHostEnv:      true,
		Logger:           newPluginLog(p.ID),
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
	})
	calls, err := connect(client)
	if err != nil {
		client.Kill()
		return err
	}
	p.mu.Lock()
	p.client, p.calls = client, calls
	p.mu.Unlock()
	return nil
}

func connect(client *plugin.Client) (*services, error) {
	protocol, err := client.Client()
	if err != nil {
		return nil, err
	}
	calls := &services{}
	for name, take := range map[string]func(any) bool{
		"diagnostics": func(v any) (ok bool) { calls.diagnostics, ok = v.(grpcplugin.DiagnosticsClient); return },
		"resource":    func(v any) (ok bool) { calls.resource, ok = v.(grpcplugin.ResourceClient); return },
		"data":        func(v any) (ok bool) { calls.data, ok = v.(grpcplugin.DataClient); return },
	} {
		raw, err := protocol.Dispense(name)
		if err != nil {
			return nil, err
		}
		if !take(raw) {
			return nil, fmt.Errorf("dispense %s: unexpected client %T", name, raw)
		}
	}
	return calls, nil
}

// keep looks once a second whether the process ended, and starts it again without limit.
func (p *loaded) keep(ctx context.Context) {
	for ticker := time.NewTicker(time.Second); ; {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		p.mu.Lock()
		ended := p.client.Exited()
		p.mu.Unlock()
		if !ended {
			continue
		}
		say("debug", "plugins.process", "Restarting plugin", "pluginId", p.ID)
		if err := p.start(); err != nil {
			say("error", "plugins.process", "Failed to restart plugin", "pluginId", p.ID, "error", err.Error())
		}
	}
}

func (p *loaded) kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.client != nil {
		p.client.Kill()
	}
}

// running returns the way to the backend, or nil while there is none.
func (p *loaded) running() *services {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.client == nil || p.client.Exited() {
		return nil
	}
	return p.calls
}

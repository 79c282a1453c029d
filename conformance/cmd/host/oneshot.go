package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"context"
)

const usage = "host (health|query) EXE [--settings FILE] [--query JSON]... [--env KEY=VALUE]... [--dir DIR]"

type options struct {
	verb, exe, dir string
	settings       json.RawMessage
	queries        []json.RawMessage
	env            map[string]string
}

func parse(args []string) (*options, error) {
	if len(args) < 2 || (args[0] != "health" && args[0] != "query") {
		return nil, errors.New(usage)
	}
	o := &options{verb: args[0], exe: args[1], env: map[string]string{}}
	for rest := args[2:]; len(rest) > 0; rest = rest[2:] {
		if len(rest) < 2 {
			return nil, fmt.Errorf("%s needs a value", rest[0])
		}
		if err := o.set(rest[0], rest[1]); err != nil {
			return nil, err
		}
	}
	return o, nil
}

func (o *options) set(flag, value string) error {
	switch flag {
	case "--settings":
		text, err := os.ReadFile(value)
		if err != nil {
			return err
		}
		o.settings = text
	case "--query":
		o.queries = append(o.queries, json.RawMessage(value))
	case "--env":
		key, text, _ := strings.Cut(value, "=")
		o.env[key] = text
	case "--dir":
		o.dir = value
	default:
		return fmt.Errorf("unknown option %s: %s", flag, usage)
	}
	return nil
}

// oneShot starts, calls once, stops and prints; 0 means the plugin answered well.
func oneShot(args []string, out io.Writer) (int, error) {
	o, err := parse(args)
	if err != nil {
		return 2, err
	}
	r, err := launch{Exe: o.exe, Env: o.env, Dir: o.dir}.start()
	if err != nil {
		return 1, err
	}
	defer r.kill()
	c := call{Method: map[string]string{"health": "CheckHealth", "query": "QueryData"}[o.verb], TimeoutMS: 60_000}
	if c.Request, err = o.request(); err != nil {
		return 2, err
	}
	result, err := c.do(context.Background(), r.calls, func(answer) {})
	if err != nil {
		return 1, err
	}
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(result); err != nil {
		return 1, err
	}
	return verdict(result), nil
}

func verdict(result answer) int {
	if result["code"] != "OK" || result["decode_error"] != nil {
		return 1
	}
	if reply, ok := result["reply"].(json.RawMessage); ok {
		var health struct{ Status string }
		if json.Unmarshal(reply, &health) != nil || health.Status != "OK" {
			return 1
		}
	}
	responses, _ := result["responses"].(map[string]answer)
	for _, response := range responses {
		if response["error"] != "" {
			return 1
		}
	}
	return 0
}

// settingsFile is the part of a data source that Grafana stores, in its own spelling.
type settingsFile struct {
	ID             int64             `json:"id"`
	UID            string            `json:"uid"`
	Type           string            `json:"type"`
	Name           string            `json:"name"`
	URL            string            `json:"url"`
	User           string            `json:"user"`
	Database       string            `json:"database"`
	JSONData       json.RawMessage   `json:"jsonData"`
	SecureJSONData map[string]string `json:"secureJsonData"`
}

func (o *options) request() (json.RawMessage, error) {
	s := settingsFile{ID: 1, UID: "conformance", Name: "conformance"}
	if len(o.settings) > 0 {
		if err := json.Unmarshal(o.settings, &s); err != nil {
			return nil, fmt.Errorf("settings file: %w", err)
		}
	}
	request := answer{"pluginContext": answer{
		"orgId": 1, "pluginId": s.Type,
		"user": answer{"login": "admin", "role": "Admin"},
		"dataSourceInstanceSettings": answer{
			"id": s.ID, "uid": s.UID, "name": s.Name, "url": s.URL, "user": s.User, "database": s.Database,
			"jsonData": []byte(s.JSONData), "decryptedSecureJsonData": s.SecureJSONData,
			"lastUpdatedMS": time.Now().UnixMilli(),
		},
	}}
	if o.verb == "query" {
		request["queries"] = o.dataQueries()
	}
	return json.Marshal(request)
}

func (o *options) dataQueries() []answer {
	if len(o.queries) == 0 {
		o.queries = []json.RawMessage{json.RawMessage("{}")}
	}
	now := time.Now()
	list := []answer{}
	for i, query := range o.queries {
		list = append(list, answer{
			"refId": string(rune('A' + i)), "maxDataPoints": 100, "intervalMS": 60_000, "json": []byte(query),
			"timeRange": answer{"fromEpochMS": now.Add(-time.Hour).UnixMilli(), "toEpochMS": now.UnixMilli()},
		})
	}
	return list
}

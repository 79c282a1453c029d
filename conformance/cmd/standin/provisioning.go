package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/grafana/grafana-plugin-sdk-go/genproto/pluginv2"
	"go.yaml.in/yaml/v3"
)

// source is a provisioned data source.
type source struct {
	Name           string         `yaml:"name"`
	UID            string         `yaml:"uid"`
	Type           string         `yaml:"type"`
	URL            string         `yaml:"url"`
	JSONData       map[string]any `yaml:"jsonData"`
	SecureJSONData map[string]any `yaml:"secureJsonData"`
}

func provisioned(root string) ([]source, error) {
	var all []source
	files, err := filepath.Glob(filepath.Join(root, "datasources", "*.y*ml"))
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		var document struct {
			Datasources []source `yaml:"datasources"`
		}
		if err := yaml.Unmarshal(text, &document); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		all = append(all, document.Datasources...)
	}
	return all, nil
}

// context is what every call carries; $NAMES in the values are replaced from the environment.
func (s *source) context() *pluginv2.PluginContext {
	jsonData, _ := json.Marshal(expanded(s.JSONData))
	secrets := map[string]string{}
	for key, value := range s.SecureJSONData {
		secrets[key] = os.ExpandEnv(fmt.Sprint(value))
	}
	return &pluginv2.PluginContext{
		OrgId: 1, PluginId: s.Type,
		User: &pluginv2.User{Login: "admin", Name: "admin", Role: "Admin"},
		DataSourceInstanceSettings: &pluginv2.DataSourceInstanceSettings{
			Id: 1, Uid: s.UID, Name: s.Name, Url: os.ExpandEnv(s.URL),
			JsonData: jsonData, DecryptedSecureJsonData: secrets, LastUpdatedMS: 1,
		},
		UserAgent: "Grafana/" + setting("GF_VERSION", "12.0.0") + " (linux; amd64)",
	}
}

func expanded(value any) any {
	switch v := value.(type) {
	case string:
		return os.ExpandEnv(v)
	case map[string]any:
		out := map[string]any{}
		for key, item := range v {
			out[key] = expanded(item)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = expanded(item)
		}
		return out
	default:
		return value
	}
}

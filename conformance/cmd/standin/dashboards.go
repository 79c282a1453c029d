package main

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"

	"go.yaml.in/yaml/v3"
)

// dashboards reads the folders that the providers name, anew at each request, as Grafana looks again and again.
func dashboards(w http.ResponseWriter, _ *http.Request) {
	found := []map[string]any{}
	files, _ := filepath.Glob(filepath.Join(provisioning(), "dashboards", "*.y*ml"))
	for _, file := range files {
		for _, folder := range providers(file) {
			if _, err := os.Stat(folder); err != nil {
				say("error", "provisioning.dashboard", "Cannot read directory", "error", err.Error())
			}
			found = append(found, below(folder)...)
		}
	}
	reply(w, 200, found)
}

func provisioning() string { return setting("GF_PATHS_PROVISIONING", "/etc/grafana/provisioning") }

func providers(file string) []string {
	var document struct {
		Providers []struct {
			Options struct {
				Path string `yaml:"path"`
			} `yaml:"options"`
		} `yaml:"providers"`
	}
	text, err := os.ReadFile(file)
	if err != nil || yaml.Unmarshal(text, &document) != nil {
		return nil
	}
	var folders []string
	for _, provider := range document.Providers {
		folders = append(folders, os.ExpandEnv(provider.Options.Path))
	}
	return folders
}

func below(folder string) []map[string]any {
	var found []map[string]any
	files, _ := filepath.Glob(filepath.Join(folder, "*.json"))
	for _, file := range files {
		var dashboard map[string]any
		if text, err := os.ReadFile(file); err == nil && json.Unmarshal(text, &dashboard) == nil {
			found = append(found, map[string]any{"uid": dashboard["uid"], "title": dashboard["title"]})
		}
	}
	return found
}

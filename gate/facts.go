package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
)

// readFacts returns the plugin's version, and the whole file remote.json as text.
func readFacts() (version, text string) {
	executable, err := os.Executable()
	if err != nil {
		return "unknown", "{}"
	}
	content, err := os.ReadFile(filepath.Join(filepath.Dir(executable), "remote.json"))
	if err != nil {
		return "unknown", "{}"
	}
	var found struct {
		Version string `json:"version"`
	}
	if json.Unmarshal(content, &found) != nil || found.Version == "" {
		found.Version = "unknown"
	}
	return found.Version, strings.TrimSpace(string(content))
}

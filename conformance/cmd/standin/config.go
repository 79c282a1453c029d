package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// given holds settings under the names of their variables: of the command line, and below them of the files.
var given, filed = map[string]string{}, map[string]string{}

// setting looks where Grafana looks, in its order: command line, environment, configuration file, default.
func setting(name, fallback string) string {
	for _, value := range []string{given[name], os.Getenv(name), filed[name]} {
		if value != "" {
			return value
		}
	}
	return fallback
}

// configure reads the command line of `grafana server`; without one this is the server in Grafana's image.
func configure(args []string) error {
	if len(args) == 0 {
		return nil
	}
	if args[0] == "--version" || args[0] == "-v" {
		fmt.Println("grafana version", version())
		os.Exit(0)
	}
	if args[0] == "server" {
		args = args[1:]
	}
	home, file := ".", ""
	for _, arg := range args {
		name, value, _ := strings.Cut(arg, "=")
		switch {
		case strings.HasPrefix(name, "cfg:"):
			given[variable(strings.TrimPrefix(name, "cfg:"))] = value
		case name == "--homepath":
			home = value
		case name == "--config":
			file = value
		default:
			return fmt.Errorf("flag provided but not defined: %s", arg)
		}
	}
	return load(home, file)
}

// load reads what an installation has set, unless another file is named, and makes the data folder.
func load(home, file string) error {
	if _, err := os.Stat(filepath.Join(home, "conf", "defaults.ini")); err != nil {
		return fmt.Errorf("Grafana-server Init Failed: Could not find config defaults: %w", err)
	}
	filed["GF_PATHS_DATA"] = filepath.Join(home, "data")
	filed["GF_PATHS_PLUGINS"] = filepath.Join(home, "data", "plugins")
	filed["GF_PATHS_PROVISIONING"] = filepath.Join(home, "conf", "provisioning")
	custom := filepath.Join(home, "conf", "custom.ini")
	if _, err := os.Stat(custom); file == "" && err == nil {
		file = custom
	}
	if file != "" {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		parse(string(text))
	}
	data := setting("GF_PATHS_DATA", "")
	if err := os.MkdirAll(data, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(data, "grafana.db"), []byte("stand-in"), 0o600)
}

func parse(text string) {
	section := ""
	for _, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			section = strings.Trim(line, "[]")
		} else if key, value, ok := strings.Cut(line, "="); ok {
			filed[variable(section+"."+strings.TrimSpace(key))] = strings.TrimSpace(value)
		}
	}
}

func variable(key string) string {
	return "GF_" + strings.ToUpper(strings.NewReplacer(".", "_", "-", "_").Replace(key))
}

// version is that of the archive which the program lies in.
func version() string {
	program, err := os.Executable()
	if err != nil {
		return "0.0.0"
	}
	text, err := os.ReadFile(filepath.Join(filepath.Dir(program), "..", "VERSION"))
	if err != nil {
		return "0.0.0"
	}
	return strings.TrimSpace(string(text))
}

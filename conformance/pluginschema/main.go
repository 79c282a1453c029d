// Reads a plugin's schema folder as Grafana's server does and prints what it understood.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/grafana/grafana-plugin-sdk-go/experimental/pluginschema"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: pluginschema FOLDER VERSION")
		os.Exit(2)
	}
	schema, err := pluginschema.NewSchemaProvider(os.DirFS(os.Args[1])).Get(os.Args[2])
	if err == nil && schema.IsZero() {
		err = fmt.Errorf("no schema in %s", os.Args[1])
	}
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(schema)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

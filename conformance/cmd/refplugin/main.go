// Command refplugin is a data source written with grafana-plugin-sdk-go: the second judge.
//
// The Python plugin of tests/conformance does the same things with plugin_sdk, so that
// one request can go to both and the answers be compared.
package main

import (
	"os"

	"github.com/grafana/grafana-plugin-sdk-go/backend/app"
	"github.com/grafana/grafana-plugin-sdk-go/backend/datasource"
	"github.com/grafana/grafana-plugin-sdk-go/backend/log"
)

const pluginID = "acme-conformance-datasource"

func main() {
	if err := serve(os.Getenv("GF_PLUGIN_REFERENCE_KIND")); err != nil {
		log.DefaultLogger.Error("cannot serve", "error", err.Error())
		os.Exit(1)
	}
}

func serve(kind string) error {
	switch kind {
	case "empty":
		// Nothing but queries: what an author gets who writes no other handler.
		return datasource.Manage(pluginID, newEmpty, datasource.ManageOpts{})
	case "app":
		return app.Manage("acme-conformance-app", newApp, app.ManageOpts{})
	default:
		return datasource.Manage(pluginID, newDataSource, datasource.ManageOpts{
			AdmissionHandler: &storage{}, ConversionHandler: &storage{},
		})
	}
}

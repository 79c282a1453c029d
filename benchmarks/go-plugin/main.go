// Command gpx_bench is the data source of Grafana's tutorial "Build a data source backend plugin", written with
// grafana-plugin-sdk-go: the peer that ../python-plugin is measured against. Both answer the same requests.
package main

import (
	"os"

	"github.com/grafana/grafana-plugin-sdk-go/backend/datasource"
	"github.com/grafana/grafana-plugin-sdk-go/backend/log"
)

func main() {
	if err := datasource.Manage("acme-weather-datasource", newDatasource, datasource.ManageOpts{}); err != nil {
		log.DefaultLogger.Error(err.Error())
		os.Exit(1)
	}
}

// Command standin answers like the parts of a Grafana server that `plugin-cli dev` uses. It loads plugins from
// the folders that Grafana's image has, starts their backends with go-plugin as Grafana does, provisions data
// sources, and serves health, settings and queries. It exists for machines where no Grafana can be fetched, as an
// image or installed: with the command line of `grafana server` it reads a home folder, as config.go says.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	if err := run(); err != nil {
		say("error", "server", "Failed to run", "error", err.Error())
		os.Exit(1)
	}
}

func run() error {
	if err := configure(os.Args[1:]); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	say("info", "settings", "Starting Grafana stand-in", "mode", setting("GF_DEFAULT_APP_MODE", "production"))
	found, err := discover(setting("GF_PATHS_PLUGINS", "/var/lib/grafana/plugins"))
	if err != nil {
		return err
	}
	sources, err := provisioned(provisioning())
	if err != nil {
		return err
	}
	for _, p := range found {
		p.boot(ctx)
		defer p.kill()
	}
	return serve(ctx, &api{plugins: found, sources: sources})
}

func serve(ctx context.Context, a *api) error {
	server := &http.Server{
		Addr:              setting("GF_SERVER_HTTP_ADDR", "") + ":" + setting("GF_SERVER_HTTP_PORT", "3000"),
		Handler:           a.routes(),
		ReadHeaderTimeout: 10 * time.Second,
	}
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	say("info", "http.server", "HTTP Server Listen", "address", server.Addr)
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("listen: %w", err)
	}
	return nil
}

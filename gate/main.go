// Gate is what Grafana starts in place of a plugin whose backend runs elsewhere: it does go-plugin's handshake and
// passes every call to the backends that Grafana's configuration names, over gRPC.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	hclog "github.com/hashicorp/go-hclog"
	plugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/grpc/grpclog"
)

const noLimit = 1<<31 - 1

func main() {
	if printed := facts(os.Args[1:]); printed {
		return
	}
	log := hclog.New(&hclog.LoggerOptions{Level: hclog.Debug, Output: os.Stderr, JSONFormat: true})
	grpclog.SetLoggerV2(grpclog.NewLoggerV2(io.Discard, io.Discard, io.Discard))
	go exitWithParent(os.Getppid())
	g := newGate(settingsFrom(os.LookupEnv), log)
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig: plugin.HandshakeConfig{
			ProtocolVersion: 2, MagicCookieKey: "grafana_plugin_type", MagicCookieValue: "datasource",
		},
		Plugins: plugin.PluginSet{"gate": &served{gate: g}},
		Logger:  log,
		GRPCServer: func(options []grpc.ServerOption) *grpc.Server {
			return grpc.NewServer(append(options,
				grpc.ForceServerCodecV2(codec{}),
				grpc.MaxRecvMsgSize(noLimit), grpc.MaxSendMsgSize(noLimit))...)
		},
	})
}

// facts answers the flags that every Grafana plugin has, from the file that the build put beside the executable.
func facts(arguments []string) bool {
	flags := flag.NewFlagSet("gate", flag.ExitOnError)
	info := flags.Bool("buildinfo", false, "print what was built, as JSON")
	version := flags.Bool("version", false, "print the plugin's version")
	_ = flags.Parse(arguments)
	if !*info && !*version {
		return false
	}
	found, text := readFacts()
	if *info {
		fmt.Println(text)
	} else {
		fmt.Println(found)
	}
	return true
}

// exitWithParent ends the process when Grafana is gone: nobody else would.
func exitWithParent(parent int) {
	for range time.Tick(2 * time.Second) {
		if os.Getppid() != parent {
			os.Exit(1)
		}
	}
}

package main

import (
	"context"
	_ "embed"
	"sync/atomic"
	"time"

	hclog "github.com/hashicorp/go-hclog"
	plugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	_ "google.golang.org/grpc/health" // asks the backends whether they are ready
	"google.golang.org/grpc/keepalive"
)

// serviceConfig is gRPC's own: balance, health, and what is tried again.
//
//go:embed service_config.json
var serviceConfig string

// gate passes calls on.
type gate struct {
	settings settings
	failed   *failures
	log      hclog.Logger
	// ready calls backends that say they are; whichever also calls those that do not: while no other is left, a
	// backend that is ending still answers, and one whose code cannot be loaded says why.
	// There are as many of the first as the settings say, and calls take turns.
	ready     []*grpc.ClientConn
	whichever *grpc.ClientConn
	calls     atomic.Uint32
}

func newGate(s settings, log hclog.Logger) *gate {
	g := &gate{settings: s, log: log, failed: &failures{log: log, by: map[string]string{}}}
	if s.wrong != "" {
		log.Error(s.wrong)
		return g
	}
	for range s.connections {
		g.ready = append(g.ready, g.connection())
	}
	g.whichever = g.connection(grpc.WithDisableHealthCheck(), grpc.WithIdleTimeout(time.Minute))
	if g.settings.wrong != "" {
		log.Error(g.settings.wrong)
		return g
	}
	for _, conn := range g.ready {
		conn.Connect()
	}
	log.Info("passing calls on", "backend", s.targets, "tls", s.tls(), "plaintext", s.plaintext)
	return g
}

func (g *gate) next() *grpc.ClientConn { return g.ready[int(g.calls.Add(1))%len(g.ready)] }

func (g *gate) connection(more ...grpc.DialOption) *grpc.ClientConn {
	resolver := manyTargets{targets: g.settings.targets, failures: g.failed}
	conn, err := grpc.NewClient("gate:///", append(more,
		grpc.WithResolvers(resolver),
		grpc.WithContextDialer(dialer(g.failed)),
		grpc.WithTransportCredentials(newSecurity(g.settings, g.failed)),
		grpc.WithNoProxy(),
		grpc.WithDefaultServiceConfig(serviceConfig), grpc.WithDisableServiceConfig(),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{
			Time: 10 * time.Second, Timeout: 5 * time.Second, PermitWithoutStream: true,
		}),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff: backoff.Config{
				BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 2 * time.Second,
			},
			MinConnectTimeout: connectSeconds * time.Second,
		}),
		grpc.WithDefaultCallOptions(
			grpc.ForceCodecV2(codec{}), grpc.MaxCallRecvMsgSize(noLimit), grpc.MaxCallSendMsgSize(noLimit)),
	)...)
	if err != nil {
		g.settings.wrong = "backend: " + err.Error()
	}
	return conn
}

// served registers the services that Grafana calls, so that reflection names them.
type served struct {
	plugin.NetRPCUnsupportedPlugin
	gate *gate
}

// GRPCServer implements go-plugin's interface.
func (s *served) GRPCServer(_ *plugin.GRPCBroker, server *grpc.Server) error {
	for service, methods := range services {
		description := &grpc.ServiceDesc{ServiceName: "pluginv2." + service, HandlerType: (*any)(nil)}
		for _, method := range methods {
			description.Streams = append(description.Streams, grpc.StreamDesc{
				StreamName: method, Handler: s.gate.handle, ServerStreams: true,
			})
		}
		server.RegisterService(description, s.gate)
	}
	return nil
}

// GRPCClient implements go-plugin's interface.
func (*served) GRPCClient(context.Context, *plugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, nil
}

var services = map[string][]string{
	"Resource":           {"CallResource"},
	"Data":               {"QueryData", "QueryChunkedData"},
	"Diagnostics":        {"CheckHealth", "CollectMetrics"},
	"Stream":             {"SubscribeStream", "RunStream", "PublishStream"},
	"AdmissionControl":   {"ValidateAdmission", "MutateAdmission"},
	"ResourceConversion": {"ConvertObjects"},
}

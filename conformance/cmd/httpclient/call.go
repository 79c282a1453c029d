package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/httpclient"
	"github.com/grafana/grafana-plugin-sdk-go/config"
	"github.com/grafana/grafana-plugin-sdk-go/experimental/status"
)

// order is one request with the settings to send it with.
type order struct {
	JSONData  json.RawMessage   `json:"jsonData"`
	Secrets   map[string]string `json:"secrets"`
	BasicAuth bool              `json:"basicAuth"`
	BasicUser string            `json:"basicAuthUser"`
	User      string            `json:"user"`
	Config    map[string]string `json:"config"`
	Forward   bool              `json:"forward"`
	Incoming  map[string]string `json:"incoming"`
	Method    string            `json:"method"`
	URL       string            `json:"url"`
	Headers   map[string]string `json:"headers"`
	Body      string            `json:"body"`
}

type answer struct {
	Status     int    `json:"status"`
	Body       string `json:"body"`
	Size       int    `json:"size"`
	Error      string `json:"error"`
	Downstream bool   `json:"downstream"`
}

// call reads an order a line and writes what came of it.
func call() error {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	out := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		var given order
		if err := json.Unmarshal(lines.Bytes(), &given); err != nil {
			return err
		}
		if err := out.Encode(send(given)); err != nil {
			return err
		}
	}
	return lines.Err()
}

func send(given order) answer {
	got, err := try(given)
	if err != nil {
		got.Error, got.Downstream = err.Error(), status.IsDownstreamHTTPError(err)
	}
	return got
}

func try(given order) (answer, error) {
	settings := backend.DataSourceInstanceSettings{
		JSONData: given.JSONData, DecryptedSecureJSONData: given.Secrets, Name: "a source", Type: "test-datasource",
		BasicAuthEnabled: given.BasicAuth, BasicAuthUser: given.BasicUser, User: given.User,
	}
	ctx := config.WithGrafanaConfig(context.Background(), config.NewGrafanaCfg(given.Config))
	options, err := settings.HTTPClientOptions(ctx)
	if err != nil {
		return answer{}, err
	}
	options.ForwardHTTPHeaders = given.Forward
	client, err := httpclient.New(options)
	if err != nil {
		return answer{}, err
	}
	var got answer
	asked := &backend.QueryDataRequest{Headers: given.Incoming, PluginContext: backend.PluginContext{
		GrafanaConfig: config.NewGrafanaCfg(given.Config),
	}}
	handler, err := backend.HandlerFromMiddlewares(backend.Handlers{
		QueryDataHandler: backend.QueryDataHandlerFunc(
			func(ctx context.Context, asked *backend.QueryDataRequest) (*backend.QueryDataResponse, error) {
				got, err = request(forwarding(ctx, asked), client, given)
				return &backend.QueryDataResponse{}, err
			}),
	}, backend.NewAlertForwarderMiddleware())
	if err != nil {
		return answer{}, err
	}
	_, err = handler.QueryData(ctx, asked)
	return got, err
}

// forwarding does what the SDK's header middleware does, which it does not export (backend/header_middleware.go).
func forwarding(ctx context.Context, asked *backend.QueryDataRequest) context.Context {
	return httpclient.WithContextualMiddleware(ctx, httpclient.MiddlewareFunc(
		func(options httpclient.Options, next http.RoundTripper) http.RoundTripper {
			return httpclient.RoundTripperFunc(func(r *http.Request) (*http.Response, error) {
				for name, values := range asked.GetHTTPHeaders() {
					for _, value := range values {
						if options.ForwardHTTPHeaders && r.Header.Get(name) == "" {
							r.Header.Add(name, value)
						}
					}
				}
				return next.RoundTrip(r)
			})
		}))
}

func request(ctx context.Context, client *http.Client, given order) (answer, error) {
	made, err := http.NewRequestWithContext(ctx, given.Method, given.URL, strings.NewReader(given.Body))
	if err != nil {
		return answer{}, err
	}
	if given.Body == "" {
		made.Body, made.ContentLength = http.NoBody, 0
	}
	for name, value := range given.Headers {
		made.Header.Set(name, value)
	}
	response, err := client.Do(made)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	got := answer{Status: response.StatusCode, Size: len(body)}
	if len(body) < 1<<18 {
		got.Body = string(body)
	}
	return got, err
}

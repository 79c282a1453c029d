package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"strings"
	"time"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
)

const connectSeconds = 5

// dialer connects, and keeps why it cannot.
func dialer(failed *failures) func(context.Context, string) (net.Conn, error) {
	return func(ctx context.Context, address string) (net.Conn, error) {
		network, where := networkOf(address)
		ctx, cancel := context.WithTimeout(ctx, connectSeconds*time.Second)
		defer cancel()
		conn, err := (&net.Dialer{}).DialContext(ctx, network, where)
		if err != nil {
			failed.set(where, reason(err))
		}
		return conn, err
	}
}

// networkOf parts what gRPC gives a dialer: host:port, unix:path, unix:///path, or a null byte and a name.
func networkOf(address string) (network, where string) {
	if name, found := strings.CutPrefix(address, "\x00"); found {
		return "unix", "@" + name
	}
	if path, found := strings.CutPrefix(address, "unix:"); found {
		return "unix", strings.TrimPrefix(path, "//")
	}
	return "tcp", address
}

// security makes each connection safe in the way that its address needs: TLS, but on Unix sockets, and on loopback
// unless files of TLS are named. The files are read for each connection, so renewed ones are used.
type security struct {
	credentials.TransportCredentials
	settings settings
	failed   *failures
}

func newSecurity(s settings, failed *failures) *security {
	return &security{TransportCredentials: insecure.NewCredentials(), settings: s, failed: failed}
}

func (c *security) ClientHandshake(ctx context.Context, authority string, raw net.Conn) (
	net.Conn, credentials.AuthInfo, error,
) {
	conn, info, err := c.handshake(ctx, authority, raw)
	if err != nil {
		c.failed.set(raw.RemoteAddr().String(), c.explained(err))
		return nil, nil, err
	}
	watched := &watchedConn{Conn: conn, failed: c.failed, since: time.Now(), ours: c.settings.cert != ""}
	_, watched.tls = info.(credentials.TLSInfo)
	return watched, info, nil
}

func (c *security) handshake(ctx context.Context, authority string, raw net.Conn) (
	net.Conn, credentials.AuthInfo, error,
) {
	local, unix := isLocal(raw.RemoteAddr())
	if unix || c.settings.plaintext || (local && !c.settings.tls()) {
		return c.TransportCredentials.ClientHandshake(ctx, authority, raw)
	}
	if c.settings.serverName != "" {
		authority = c.settings.serverName
	}
	config, err := c.settings.tlsConfig()
	if err != nil {
		return nil, nil, err
	}
	return credentials.NewTLS(config).ClientHandshake(ctx, authority, raw)
}

func (c *security) explained(err error) string {
	if plain := (tls.RecordHeaderError{}); errors.As(err, &plain) && !c.settings.tls() {
		return "it speaks no TLS: set backend_plaintext = true where something else encrypts the network between"
	}
	return reason(err)
}

func (c *security) Clone() credentials.TransportCredentials {
	return newSecurity(c.settings, c.failed)
}

func (s settings) tlsConfig() (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.ca != "" {
		text, err := os.ReadFile(s.ca)
		if err != nil {
			return nil, fileError{"backend_ca", err}
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(text) {
			return nil, fileError{"backend_ca", errors.New(s.ca + " holds no certificate in PEM")}
		}
	}
	if s.cert != "" {
		pair, err := tls.LoadX509KeyPair(s.cert, s.key)
		if err != nil {
			return nil, fileError{"backend_cert and backend_key", err}
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

func isLocal(address net.Addr) (loopback, unix bool) {
	switch at := address.(type) {
	case *net.UnixAddr:
		return true, true
	case *net.TCPAddr:
		return at.IP.IsLoopback(), false
	}
	return false, false
}

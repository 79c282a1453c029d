package main

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"time"
)

const (
	tlsAlert      = 0x15
	longestLength = 0 // the first byte of a SETTINGS frame, which is short
)

// watchedConn sees what comes first on a connection: only then is a backend one. Under TLS 1.3 it learns as late as
// that whether its certificate was taken.
type watchedConn struct {
	net.Conn
	failed *failures
	since  time.Time
	// tls and ours say whether it is safe, and whether a certificate of the gate was shown.
	tls, ours bool
	read      bool
}

func (c *watchedConn) Read(into []byte) (int, error) {
	n, err := c.Conn.Read(into)
	if !c.read && (n > 0 || err != nil) {
		c.read = true
		c.first(into[:n], err)
	}
	return n, err
}

func (c *watchedConn) first(found []byte, err error) {
	address := c.RemoteAddr().String()
	switch {
	case len(found) == 0:
		c.failed.set(address, c.silence(err))
	case found[0] == tlsAlert:
		c.failed.set(address, "it speaks TLS: set backend_ca, the file of the authority that signed its certificate")
	case found[0] != longestLength:
		c.failed.set(address, "what listens there speaks no gRPC")
	default:
		c.failed.clear(address)
	}
}

// silence says why a connection ended before a word was heard.
func (c *watchedConn) silence(err error) string {
	switch {
	case strings.Contains(err.Error(), "tls:"):
		return reasonIn(err.Error())
	case errors.Is(err, net.ErrClosed) && time.Since(c.since) >= connectSeconds*time.Second/2:
		return fmt.Sprintf("it takes connections and said nothing in %d s", connectSeconds)
	case c.tls && c.ours:
		return "it closed the connection at once: it does not take backend_cert, whose authority it may not know"
	case c.tls:
		return "it closed the connection at once: where it asks for a client's certificate, set backend_cert and " +
			"backend_key"
	}
	return "it closed the connection at once: it may expect TLS, for which backend_ca is set"
}

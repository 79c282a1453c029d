package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"sort"
	"strings"
	"sync"
	"syscall"

	hclog "github.com/hashicorp/go-hclog"
)

// failures has why each backend cannot be reached, by its address; what changes is logged once.
type failures struct {
	log hclog.Logger
	mu  sync.Mutex
	by  map[string]string
	// targets are the current addresses with the name that each was found by.
	targets map[string]string
}

// keep forgets what is no address of a backend any more.
func (f *failures) keep(targets map[string]string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.targets = targets
	maps.DeleteFunc(f.by, func(address, _ string) bool { return targets[address] == "" })
}

func (f *failures) set(address, why string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.by[address] != why {
		f.by[address] = why
		f.log.Warn("a backend cannot be reached", "address", address, "reason", why)
	}
}

func (f *failures) clear(address string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.by[address] != "" {
		f.log.Info("the backend can be reached again", "address", address)
	}
	delete(f.by, address)
}

// text lists the addresses with their reasons.
func (f *failures) text() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var lines []string
	for address, why := range f.by {
		if target := f.targets[address]; target != address && !strings.HasSuffix(target, "/"+address) {
			address += " (" + target + ")"
		}
		lines = append(lines, address+": "+why)
	}
	sort.Strings(lines)
	return strings.Join(lines, "; ")
}

// fileError is a file of Grafana's configuration that cannot be used.
type fileError struct {
	key string
	err error
}

func (e fileError) Error() string { return fmt.Sprintf("%s cannot be used: %v", e.key, e.err) }
func (e fileError) Unwrap() error { return e.err }

// reason says in a few words why a backend cannot be reached.
func reason(err error) string {
	var (
		file    fileError
		unknown x509.UnknownAuthorityError
		invalid x509.CertificateInvalidError
		name    x509.HostnameError
		plain   tls.RecordHeaderError
		lookup  *net.DNSError
		timeout net.Error
	)
	switch {
	case errors.As(err, &file):
		return file.Error()
	case errors.As(err, &unknown):
		return "its certificate is not signed by an authority of backend_ca (without it: of this machine)"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return fmt.Sprintf("its certificate is valid from %s to %s only",
			invalid.Cert.NotBefore.UTC().Format("2006-01-02 15:04"), invalid.Cert.NotAfter.UTC().Format("2006-01-02 15:04"))
	case errors.As(err, &name):
		return fmt.Sprintf("its certificate is for %s and not for %s: call it by that name, or set backend_server_name",
			strings.Join(namesIn(name.Certificate), ", "), name.Host)
	case errors.As(err, &plain):
		return "it speaks no TLS, and files of TLS are set (backend_ca, backend_cert)"
	case errors.As(err, &lookup) && lookup.IsNotFound:
		return "the name " + lookup.Name + " is unknown to the DNS"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused: nothing listens there"
	case errors.Is(err, os.ErrNotExist):
		return "the socket does not exist"
	case errors.Is(err, os.ErrPermission):
		return "permission denied"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return fmt.Sprintf("no answer in %d s", connectSeconds)
	}
	return reasonIn(err.Error())
}

// reasonIn finds the reason in a text of gRPC, which keeps no error to unwrap.
func reasonIn(text string) string {
	for _, known := range []struct{ sign, says string }{
		{"tls: certificate required", "it asks for a client's certificate: set backend_cert and backend_key"},
		{"tls: unknown certificate authority", "it does not know the authority that signed backend_cert"},
		{"tls: bad certificate", "it refuses backend_cert"},
		{"tls: expired certificate", "it refuses backend_cert, which has expired"},
		{"tls: revoked certificate", "it refuses backend_cert, which was revoked"},
		{"tls:", ""},
		{"no such host", "its name is unknown to the DNS"},
		{"DNS", "its name is unknown to the DNS"},
		{"produced zero addresses", "its name has no address: no replica is ready"},
		{"health check failed", "it is not ready (NOT_SERVING)"},
		{"error reading server preface", "it was connected, and does not speak gRPC as it is set up: TLS or not, " +
			"or a stuck server"},
		{"keepalive ping failed", "it stopped answering on an open connection"},
	} {
		if !strings.Contains(text, known.sign) {
			continue
		}
		if known.says == "" {
			break
		}
		return known.says
	}
	text = strings.TrimSuffix(text[strings.LastIndex(text, "desc = ")+1:], `"`)
	return strings.TrimPrefix(strings.TrimPrefix(text, "esc = "), `"`)
}

func namesIn(certificate *x509.Certificate) []string {
	names := append([]string{}, certificate.DNSNames...)
	for _, address := range certificate.IPAddresses {
		names = append(names, address.String())
	}
	if len(names) == 0 {
		return []string{"no host"}
	}
	return names
}

package main

import (
	"fmt"
	"net"
	"strconv"
	"strings"
)

// Grafana hands the keys of [plugin.<id>] to the plugin as GF_PLUGIN_<KEY>.
const prefix = "GF_PLUGIN_"

const mostConnections = 64

// settings are what Grafana's configuration says of the backends.
type settings struct {
	// targets are where they are, each in gRPC's words: dns:///host:port, unix:///path.
	targets []string
	// ca, cert and key are files, PEM; serverName is what the backends' certificate is for, if not their address.
	ca, cert, key, serverName string
	// plaintext allows connections to other machines without TLS.
	plaintext bool
	// connections is how many there are to each backend: processes that share a port get one each.
	connections int
	// wrong is why nothing can be called, empty where all is well.
	wrong string
}

func (s settings) tls() bool { return s.ca != "" || s.cert != "" || s.serverName != "" }

func settingsFrom(lookup func(string) (string, bool)) settings {
	value := func(key string) string {
		found, _ := lookup(prefix + strings.ToUpper(key))
		return strings.TrimSpace(found)
	}
	s := settings{
		ca: value("backend_ca"), cert: value("backend_cert"), key: value("backend_key"),
		serverName: value("backend_server_name"), connections: 1,
	}
	s.targets, s.wrong = targetsOf(value("backend"))
	if s.wrong != "" {
		return s
	}
	if (s.cert == "") != (s.key == "") {
		s.wrong = "backend_cert and backend_key go together: a certificate, and its private key"
		return s
	}
	if text := value("backend_plaintext"); text != "" {
		allowed, err := strconv.ParseBool(text)
		if err != nil {
			s.wrong = fmt.Sprintf("backend_plaintext is %q: expected true or false", text)
			return s
		}
		s.plaintext = allowed
	}
	if text := value("backend_connections"); text != "" {
		count, err := strconv.Atoi(text)
		if err != nil || count < 1 || count > mostConnections {
			s.wrong = fmt.Sprintf("backend_connections is %q: expected a number from 1 to %d", text, mostConnections)
			return s
		}
		s.connections = count
	}
	if s.plaintext && s.tls() {
		s.wrong = "backend_plaintext and the files of TLS exclude each other: keep one of them"
	}
	return s
}

func targetsOf(text string) (targets []string, wrong string) {
	for _, word := range strings.Split(text, ",") {
		if word = strings.TrimSpace(word); word == "" {
			continue
		}
		target, wrong := targetOf(word)
		if wrong != "" {
			return nil, wrong
		}
		targets = append(targets, target)
	}
	if targets == nil {
		return nil, "Grafana's configuration does not say where the backend is: set backend = dns:///HOST:PORT " +
			"in the section [plugin.<id>]"
	}
	return targets, ""
}

func targetOf(word string) (target, wrong string) {
	scheme, rest, found := strings.Cut(word, ":")
	if scheme == "unix" || scheme == "unix-abstract" {
		if strings.Trim(rest, "/") == "" {
			return "", fmt.Sprintf("backend: %q names no socket: expected unix:/run/plugin.sock", word)
		}
		return word, ""
	}
	if strings.Contains(word, "://") && scheme != "dns" {
		return "", fmt.Sprintf("backend: %q: unknown scheme %s: expected HOST:PORT, dns:///HOST:PORT or unix:/PATH",
			word, scheme)
	}
	server, address := "", word
	if found && scheme == "dns" {
		server, address = "", rest
		if strings.HasPrefix(rest, "//") {
			server, address, _ = strings.Cut(strings.TrimPrefix(rest, "//"), "/")
		}
	}
	host, port, err := net.SplitHostPort(address)
	number, bad := strconv.ParseUint(port, 10, 16)
	if err != nil || host == "" || bad != nil || number == 0 || strings.ContainsAny(host, "/@ ?#") {
		return "", fmt.Sprintf("backend: %q is not an address: expected HOST:PORT, dns:///HOST:PORT or unix:/PATH",
			word)
	}
	return "dns://" + server + "/" + address, ""
}

package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"time"
)

var open atomic.Int64

// serve listens on a port a kind of server and prints their ports as one JSON line; it ends with its standard input.
func serve(folder string) error {
	ports := map[string]int{}
	for _, kind := range []string{"plain", "server", "expired", "renamed", "client"} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		ports[kind] = listener.Addr().(*net.TCPAddr).Port
		if kind != "plain" {
			config, err := tlsOf(folder, kind)
			if err != nil {
				return err
			}
			listener = tls.NewListener(listener, config)
		}
		server := &http.Server{Handler: handler(), ConnState: count, ErrorLog: log.New(io.Discard, "", 0)}
		go func() { fail(server.Serve(listener)) }()
	}
	silent, err := net.Listen("tcp", "127.0.0.1:0") // connects and never says a word
	if err != nil {
		return err
	}
	defer func() { _ = silent.Close() }() // what nothing refers to is closed by the garbage collector
	ports["silent"] = silent.Addr().(*net.TCPAddr).Port
	if err := json.NewEncoder(os.Stdout).Encode(ports); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

func tlsOf(folder, kind string) (*tls.Config, error) {
	name := kind
	if kind == "client" {
		name = "server"
	}
	pair, err := tls.LoadX509KeyPair(filepath.Join(folder, name+".pem"), filepath.Join(folder, name+".key"))
	if err != nil {
		return nil, err
	}
	config := &tls.Config{Certificates: []tls.Certificate{pair}}
	authority, err := os.ReadFile(filepath.Join(folder, "ca.pem"))
	if err != nil {
		return nil, err
	}
	config.ClientCAs = x509.NewCertPool()
	config.ClientCAs.AppendCertsFromPEM(authority)
	config.ClientAuth = tls.VerifyClientCertIfGiven
	if kind == "client" {
		config.ClientAuth = tls.RequireAndVerifyClientCert
	}
	return config, nil
}

func count(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		open.Add(1)
	case http.StateClosed, http.StateHijacked:
		open.Add(-1)
	}
}

func handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/", echo)
	mux.HandleFunc("/open", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, open.Load()) })
	mux.HandleFunc("/status/{code}", func(w http.ResponseWriter, r *http.Request) {
		code, _ := strconv.Atoi(r.PathValue("code"))
		w.WriteHeader(code)
	})
	mux.HandleFunc("/redirect/{code}", func(w http.ResponseWriter, r *http.Request) {
		code, _ := strconv.Atoi(r.PathValue("code"))
		http.Redirect(w, r, r.URL.Query().Get("to"), code)
	})
	mux.HandleFunc("/loop", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/loop", http.StatusFound) })
	mux.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) { wait(r.Context(), 20*time.Second) })
	mux.HandleFunc("/trickle", trickle)
	mux.HandleFunc("/bytes/{count}", sized)
	mux.HandleFunc("/gzip/{count}", zipped)
	mux.HandleFunc("/truncated", truncated)
	mux.HandleFunc("/reset", hangUp)
	mux.HandleFunc("/cookie", func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "of somebody"})
		echo(w, r)
	})
	return mux
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// echo answers with the request as it was received.
func echo(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	received := map[string]any{
		"method": r.Method, "url": r.URL.String(), "host": r.Host, "protocol": r.Proto, "headers": r.Header,
		"body": string(body), "tls": r.TLS != nil, "client": "", "name": "",
	}
	if r.TLS != nil {
		received["name"], received["version"] = r.TLS.ServerName, r.TLS.Version
		if len(r.TLS.PeerCertificates) > 0 {
			received["client"] = r.TLS.PeerCertificates[0].Subject.CommonName
		}
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(received)
}

func trickle(w http.ResponseWriter, r *http.Request) {
	for range 100 {
		fmt.Fprint(w, "x")
		w.(http.Flusher).Flush()
		wait(r.Context(), 200*time.Millisecond)
		if r.Context().Err() != nil {
			panic(http.ErrAbortHandler) // an end in order would race with the client's own timeout
		}
	}
}

func sized(w http.ResponseWriter, r *http.Request) {
	size, _ := strconv.Atoi(r.PathValue("count"))
	_, _ = w.Write(bytes.Repeat([]byte("x"), size))
}

func zipped(w http.ResponseWriter, r *http.Request) {
	size, _ := strconv.Atoi(r.PathValue("count"))
	w.Header().Set("Content-Encoding", "gzip")
	packed := gzip.NewWriter(w)
	for ; size > 0; size -= 1 << 20 {
		_, _ = packed.Write(bytes.Repeat([]byte("x"), min(size, 1<<20)))
	}
	_ = packed.Close()
}

func truncated(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "1000")
	fmt.Fprint(w, "only this")
	w.(http.Flusher).Flush()
	panic(http.ErrAbortHandler)
}

func hangUp(w http.ResponseWriter, _ *http.Request) {
	connection, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		_ = connection.Close()
	}
}

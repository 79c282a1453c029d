package main

import (
	"net/url"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/dns"
)

// How often names are looked up again: replicas come and go. gRPC itself asks when a connection is lost, and its
// own limit of one look in 30 s is longer than a rolling update takes.
const (
	lookEvery  = 10 * time.Second
	lookAtMost = time.Second
)

// manyTargets resolves several targets, each by gRPC's own resolver, to one list of backends.
type manyTargets struct {
	targets  []string
	failures *failures
}

func (manyTargets) Scheme() string { return "gate" }

// OverrideAuthority is the header :authority of every call.
func (b manyTargets) OverrideAuthority(resolver.Target) string { return hostOf(b.targets[0]) }

func (b manyTargets) Build(_ resolver.Target, parent resolver.ClientConn, options resolver.BuildOptions) (
	resolver.Resolver, error,
) {
	dns.SetMinResolutionInterval(lookAtMost)
	all := &manyResolvers{parent: parent, failures: b.failures, done: make(chan struct{})}
	for _, text := range b.targets {
		child := &oneTarget{ClientConn: parent, all: all, target: text}
		all.targets = append(all.targets, child)
	}
	for _, child := range all.targets {
		where, err := url.Parse(child.target)
		if err != nil {
			return nil, err
		}
		made, err := resolver.Get(where.Scheme).Build(resolver.Target{URL: *where}, child, options)
		if err != nil {
			return nil, err
		}
		all.mu.Lock()
		all.resolvers = append(all.resolvers, made)
		all.mu.Unlock()
	}
	go all.lookAgain()
	return all, nil
}

type manyResolvers struct {
	parent    resolver.ClientConn
	failures  *failures
	done      chan struct{}
	mu        sync.Mutex
	resolvers []resolver.Resolver
	targets   []*oneTarget
}

func (r *manyResolvers) ResolveNow(options resolver.ResolveNowOptions) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, child := range r.resolvers {
		child.ResolveNow(options)
	}
}

func (r *manyResolvers) Close() {
	close(r.done)
	for _, child := range r.resolvers {
		child.Close()
	}
}

func (r *manyResolvers) lookAgain() {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		select {
		case <-r.done:
			return
		case <-ticker.C:
			r.ResolveNow(resolver.ResolveNowOptions{})
		}
	}
}

// merge hands the backends of all targets on; an error counts where none has any.
func (r *manyResolvers) merge(err error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var merged resolver.State
	found := map[string]string{}
	for _, target := range r.targets {
		if !target.known {
			return nil // its first answer is under way, and gRPC waits for it
		}
		found[target.target] = target.target
		for _, endpoint := range target.endpoints {
			merged.Endpoints = append(merged.Endpoints, endpoint)
			for _, address := range endpoint.Addresses {
				_, where := networkOf(address.Addr)
				found[where] = target.target
			}
		}
	}
	r.failures.keep(found)
	if len(merged.Endpoints) == 0 && err != nil {
		r.parent.ReportError(err)
		return nil
	}
	return r.parent.UpdateState(merged)
}

// oneTarget is what the resolver of one target reports to.
type oneTarget struct {
	resolver.ClientConn
	all       *manyResolvers
	target    string
	known     bool
	endpoints []resolver.Endpoint
}

func (t *oneTarget) UpdateState(state resolver.State) error {
	found := state.Endpoints
	if found == nil {
		for _, address := range state.Addresses {
			found = append(found, resolver.Endpoint{Addresses: []resolver.Address{address}})
		}
	}
	for i := range found {
		for j := range found[i].Addresses {
			found[i].Addresses[j].ServerName = hostOf(t.target)
		}
	}
	t.all.failures.clear(t.target)
	t.all.mu.Lock()
	t.known, t.endpoints = true, found
	t.all.mu.Unlock()
	return t.all.merge(nil)
}

func (t *oneTarget) ReportError(err error) {
	t.all.failures.set(t.target, reason(err))
	t.all.mu.Lock()
	t.known = true
	t.all.mu.Unlock()
	_ = t.all.merge(err)
}

func (t *oneTarget) NewAddress(addresses []resolver.Address) {
	_ = t.UpdateState(resolver.State{Addresses: addresses})
}

// hostOf returns what the certificate of a target's backends is for.
func hostOf(target string) string {
	if strings.HasPrefix(target, "unix") {
		return "localhost"
	}
	return target[strings.LastIndex(target, "/")+1:]
}

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// kill stops the plugin as Grafana does and returns how it ended.
func (r *running) kill() answer {
	if r.client == nil {
		if r.close != nil {
			r.close()
		}
		return answer{}
	}
	began := time.Now()
	r.client.Kill()
	result := r.exit()
	result["ms"] = time.Since(began).Milliseconds()
	return result
}

// wait returns when the process has ended or the time is over.
func (r *running) wait(ctx context.Context, limit time.Duration) (answer, error) {
	deadline := time.Now().Add(limit)
	for !r.client.Exited() && time.Now().Before(deadline) {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
	return r.exit(), nil
}

func (r *running) exit() answer {
	if !r.client.Exited() || r.cmd.ProcessState == nil {
		return answer{"exited": r.client.Exited()}
	}
	result := answer{"exited": true, "exit_code": r.cmd.ProcessState.ExitCode()}
	if status, ok := r.cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		result["signal"] = status.Signal().String()
	}
	return result
}

// processStats counts what a leak would grow; pid 0 is the host itself.
func processStats(pid int) (answer, error) {
	if pid == 0 {
		pid = os.Getpid()
	}
	root := fmt.Sprintf("/proc/%d", pid)
	fds, err := os.ReadDir(filepath.Join(root, "fd"))
	if err != nil {
		return nil, err
	}
	threads, err := os.ReadDir(filepath.Join(root, "task"))
	if err != nil {
		return nil, err
	}
	sockets := 0
	for _, fd := range fds {
		target, err := os.Readlink(filepath.Join(root, "fd", fd.Name()))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
		if strings.HasPrefix(target, "socket:") {
			sockets++
		}
	}
	return answer{"pid": pid, "fds": len(fds), "threads": len(threads), "sockets": sockets}, nil
}

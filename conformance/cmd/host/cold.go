package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// firstLine starts a program and times its first line on stdout; the program is ended then.
func firstLine(l launch) (answer, error) {
	cmd := exec.Command(l.Exe, l.Args...)
	cmd.Dir = l.Dir
	cmd.Env = append(envList(l.Env), "grafana_plugin_type=datasource", "PLUGIN_PROTOCOL_VERSIONS=2")
	// Kept by us, as go-plugin does: a closed stdin or stderr would be another start.
	stderr, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return nil, err
	}
	defer stderr.Close()
	cmd.Stderr = stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	took := time.Since(began)
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	if err != nil {
		return nil, fmt.Errorf("%s printed no line: %w", l.Exe, err)
	}
	cpu := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	return answer{"us": float64(took.Microseconds()), "cpu_us": float64(cpu.Microseconds()), "line": line}, nil
}

// firstHealth starts a plugin as Grafana does and times its first good answer to CheckHealth.
func firstHealth(ctx context.Context, l launch) (answer, error) {
	began := time.Now()
	r, err := l.start()
	if err != nil {
		return nil, err
	}
	started := time.Since(began)
	err = load{Method: "health", Updated: 1, Instances: 1}.calls(r.calls)[0](ctx, true)
	took := time.Since(began)
	r.kill()
	if state := r.cmd.ProcessState; err == nil && state == nil {
		err = errors.New("the plugin did not end")
	}
	return answer{"us": float64(took.Microseconds()), "start_us": float64(started.Microseconds())}, err
}

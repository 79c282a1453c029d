package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// processUsage tells what a process holds: memory in KiB, threads, file descriptors, and its CPU time.
func processUsage(pid int) (answer, error) {
	usage, err := processStats(pid)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) == 3 && (fields[0] == "Rss:" || fields[0] == "Pss:") {
			kib, err := strconv.Atoi(fields[1])
			if err != nil {
				return nil, err
			}
			usage[strings.ToLower(strings.TrimSuffix(fields[0], ":"))+"_kib"] = kib
		}
	}
	cpu, err := cpuTime(pid)
	usage["cpu_ms"] = cpu.Milliseconds()
	return usage, err
}

const clockTick = 10 * time.Millisecond // USER_HZ is 100 on every Linux that Go runs on

// cpuTime is what a process has used so far, in ticks of 10 ms.
func cpuTime(pid int) (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// The name in brackets may hold spaces; user and system time are fields 14 and 15.
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	user, err := strconv.Atoi(fields[11])
	if err != nil {
		return 0, err
	}
	system, err := strconv.Atoi(fields[12])
	return time.Duration(user+system) * clockTick, err
}

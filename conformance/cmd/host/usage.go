package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// processUsage is what a process holds: memory in KiB, threads, file descriptors, and its CPU time. The
// proportional size counts its children too.
func processUsage(pid int) (answer, error) {
	usage, err := processStats(pid)
	if err != nil {
		return nil, err
	}
	own, err := memory(pid)
	if err != nil {
		return nil, err
	}
	for _, child := range children(pid) {
		if held, err := memory(child); err == nil { // one that has just ended holds nothing
			own["Pss:"] += held["Pss:"]
		}
	}
	usage["rss_kib"], usage["pss_kib"] = own["Rss:"], own["Pss:"]
	cpu, err := cpuTime(pid)
	usage["cpu_ms"] = cpu.Milliseconds()
	return usage, err
}

// memory reads the sizes of a process in KiB, by the names they have in /proc.
func memory(pid int) (map[string]int, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	sizes := map[string]int{}
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) == 3 && fields[2] == "kB" {
			if sizes[fields[0]], err = strconv.Atoi(fields[1]); err != nil {
				break
			}
		}
	}
	return sizes, err
}

func children(pid int) []int {
	found := []int{}
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid)) // the pattern is a good one
	for _, list := range lists {
		text, _ := os.ReadFile(list) // of a thread that has just ended
		for _, field := range strings.Fields(string(text)) {
			if child, err := strconv.Atoi(field); err == nil {
				found = append(found, child)
			}
		}
	}
	return found
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

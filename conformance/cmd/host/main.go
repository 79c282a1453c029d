// Command host starts a backend plugin the way Grafana does and drives it.
//
// Without a verb it reads one JSON command a line on stdin and writes one JSON
// answer (or event) a line on stdout, many of them at once. The verbs are short
// forms for a shell:
//
//	host health EXE [--settings FILE] [--env KEY=VALUE]...
//	host query EXE [--settings FILE] [--query JSON]... [--env KEY=VALUE]...
package main

import (
	"fmt"
	"os"
)

func main() {
	if len(os.Args) == 1 {
		newSession(os.Stdin, os.Stdout).run()
		return
	}
	code, err := oneShot(os.Args[1:], os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
	}
	os.Exit(code)
}

// Command httpclient judges the HTTP client that plugin_sdk makes from a data source's settings: it sends requests
// with the Go SDK's client of the same settings (call), to a local server that tells what it received (serve), with
// certificates made for the occasion (certs).
package main

import (
	"fmt"
	"os"
)

func main() {
	if len(os.Args) < 2 {
		fail(fmt.Errorf("usage: httpclient certs FOLDER | serve FOLDER | call"))
	}
	var err error
	switch os.Args[1] {
	case "certs":
		err = certificates(os.Args[2])
	case "serve":
		err = serve(os.Args[2])
	case "call":
		err = call()
	default:
		err = fmt.Errorf("unknown command %q", os.Args[1])
	}
	if err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

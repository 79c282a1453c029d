// Command frames judges data frames with Grafana's own code: the Go SDK's decoder and encoder, and the
// dataplane reader behind alerting. It answers one JSON request a line, so that a test starts it once.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"github.com/grafana/grafana-plugin-sdk-go/data"
)

type request struct {
	Op     string          `json:"op"`
	Arrow  []byte          `json:"arrow"`
	JSON   json.RawMessage `json:"json"`
	Fill   string          `json:"fill"`
	Value  float64         `json:"value"`
	Shape  string          `json:"shape"`
	Rows   int             `json:"rows"`
	Rounds int             `json:"rounds"`
	Frames [][]byte        `json:"frames"`
}

type response struct {
	Error   string          `json:"error,omitempty"`
	Arrow   []byte          `json:"arrow,omitempty"`
	JSON    json.RawMessage `json:"json,omitempty"`
	Types   []string        `json:"types,omitempty"`
	Cases   []encoded       `json:"cases,omitempty"`
	Series  []series        `json:"series,omitempty"`
	Nanos   []int64         `json:"nanos,omitempty"`
	Verdict *verdict        `json:"verdict,omitempty"`
}

var operations = map[string]func(request) (response, error){
	"decode": func(r request) (response, error) { return withFrame(r, describe) },
	"recode": func(r request) (response, error) { return withFrame(r, encode) },
	"wide": func(r request) (response, error) {
		return withFrame(r, func(f *data.Frame) (response, error) { return toWide(f, r) })
	},
	"long":   func(r request) (response, error) { return withFrame(r, toLong) },
	"series": func(r request) (response, error) { return withFrame(r, readSeries) },
	"alert":  alertVerdict,
	"json":   fromJSON,
	"cases":  func(request) (response, error) { return allCases() },
	"bench":  bench,
}

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := json.NewEncoder(os.Stdout)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		if err := out.Encode(answer(line)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

// answer never panics: a frame that breaks Grafana's code is a verdict too.
func answer(line []byte) (reply response) {
	defer func() {
		if problem := recover(); problem != nil {
			reply = response{Error: fmt.Sprintf("panic: %v", problem)}
		}
	}()
	var r request
	if err := json.Unmarshal(line, &r); err != nil {
		return response{Error: err.Error()}
	}
	operation, ok := operations[r.Op]
	if !ok {
		return response{Error: fmt.Sprintf("there is no operation %q", r.Op)}
	}
	reply, err := operation(r)
	if err != nil {
		return response{Error: err.Error()}
	}
	return reply
}

func withFrame(r request, use func(*data.Frame) (response, error)) (response, error) {
	frame, err := data.UnmarshalArrowFrame(r.Arrow)
	if err != nil {
		return response{}, err
	}
	return use(frame)
}

func describe(frame *data.Frame) (response, error) {
	text, err := data.FrameToJSON(frame, data.IncludeAll)
	if err != nil {
		return response{}, err
	}
	types := make([]string, len(frame.Fields))
	for i, field := range frame.Fields {
		types[i] = field.Type().ItemTypeString()
	}
	return response{JSON: text, Types: types}, nil
}

func encode(frame *data.Frame) (response, error) {
	raw, err := frame.MarshalArrow()
	return response{Arrow: raw}, err
}

func fromJSON(r request) (response, error) {
	frame := &data.Frame{}
	if err := json.Unmarshal(r.JSON, frame); err != nil {
		return response{}, err
	}
	return encode(frame)
}

package main

import (
	"encoding/json"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"
)

const httpUnavailable = 503

// absence says that no backend answers, with each address and its reason.
func (g *gate) absence(err error) string {
	why := g.failed.text()
	if why == "" {
		why = strings.Join(g.settings.targets, ", ") + ": " + reasonIn(status.Convert(err).Message())
	}
	return "no backend of this plugin answers: " + why
}

// answerAbsence answers in the way that shows the sentence to whoever looks: Grafana hides the message of a call
// that fails as UNAVAILABLE.
func (c *call) answerAbsence(sentence string) error {
	if c.sent {
		return status.Error(codes.Unavailable, sentence)
	}
	var response []byte
	switch c.method {
	case "/pluginv2.Diagnostics/CheckHealth":
		response = healthError(sentence)
	case "/pluginv2.Data/QueryData":
		response = queriesError(refIDs(c.request.bytes.Materialize()), sentence)
	case "/pluginv2.Resource/CallResource":
		response = resourceError(sentence)
	}
	if response == nil {
		return status.Error(codes.Unavailable, sentence)
	}
	return c.from.SendMsg(&message{bytes: mem.BufferSlice{mem.SliceBuffer(response)}})
}

// The numbers are the fields' of pluginv2.

func healthError(sentence string) []byte {
	const failed = 2
	b := protowire.AppendTag(nil, 1, protowire.VarintType)
	b = protowire.AppendVarint(b, failed)
	return appendBytes(b, 2, []byte(sentence))
}

func queriesError(refs []string, sentence string) []byte {
	response := appendBytes(nil, 2, []byte(sentence))
	response = protowire.AppendTag(response, 4, protowire.VarintType)
	response = protowire.AppendVarint(response, httpUnavailable)
	response = appendBytes(response, 5, []byte("plugin"))
	var b []byte
	for _, ref := range refs {
		b = appendBytes(b, 1, appendBytes(appendBytes(nil, 1, []byte(ref)), 2, response))
	}
	return b
}

func resourceError(sentence string) []byte {
	body, _ := json.Marshal(map[string]string{"message": sentence})
	header := appendBytes(appendBytes(nil, 1, []byte("Content-Type")), 2, appendBytes(nil, 1, []byte("application/json")))
	b := protowire.AppendTag(nil, 1, protowire.VarintType)
	b = protowire.AppendVarint(b, httpUnavailable)
	return appendBytes(appendBytes(b, 2, header), 3, body)
}

// refIDs returns the names of a QueryDataRequest's queries.
func refIDs(request []byte) []string {
	var refs []string
	each(request, 3, func(query []byte) {
		ref := ""
		each(query, 1, func(value []byte) { ref = string(value) })
		refs = append(refs, ref)
	})
	return refs
}

// each calls `do` with every field of that number that has bytes; what cannot be read ends it.
func each(message []byte, number protowire.Number, do func([]byte)) {
	for len(message) > 0 {
		found, kind, length := protowire.ConsumeField(message)
		if length < 0 {
			return
		}
		if found == number && kind == protowire.BytesType {
			_, _, tag := protowire.ConsumeTag(message)
			value, _ := protowire.ConsumeBytes(message[tag:])
			do(value)
		}
		message = message[length:]
	}
}

func appendBytes(b []byte, number protowire.Number, value []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, number, protowire.BytesType), value)
}

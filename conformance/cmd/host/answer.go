package main

import (
	"context"
	"encoding/json"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/grafana/grafana-plugin-sdk-go/genproto/pluginv2"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// describe writes the outcome of an RPC: code, message, details and the source Grafana reads from them.
func describe(ctx context.Context, result answer, err error) {
	st := status.Convert(err)
	result["code"], result["message"] = st.Code().String(), st.Message()
	details := []answer{}
	for _, detail := range st.Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			details = append(details, answer{"reason": info.Reason, "domain": info.Domain, "metadata": info.Metadata})
		}
	}
	result["details"] = details
	if err != nil {
		if source, found := backend.ErrorSourceFromGrpcStatusError(ctx, err); found {
			result["error_source"] = source.String()
		}
	}
}

// show adds a reply: the message itself, and what the SDK's decoder makes of it.
func (c *call) show(result answer, reply proto.Message) {
	result["size"] = proto.Size(reply)
	if c.Brief {
		return
	}
	if query, ok := reply.(*pluginv2.QueryDataResponse); ok {
		result["responses"] = showResponses(result, query)
		return
	}
	text, err := protojson.MarshalOptions{EmitUnpopulated: true}.Marshal(reply)
	if err != nil {
		result["reply_error"] = err.Error()
		return
	}
	result["reply"] = json.RawMessage(text)
	if chunk, ok := reply.(*pluginv2.QueryChunkedDataResponse); ok && format(chunk) == "ARROW" {
		showChunk(result, chunk)
	}
}

// format reads a field by name: the SDK of Grafana 12.4 does not have it, and then all is Arrow.
func format(reply proto.Message) string {
	field := reply.ProtoReflect().Descriptor().Fields().ByName("format")
	if field == nil || reply.ProtoReflect().Get(field).Enum() == 0 {
		return "ARROW"
	}
	return "JSON"
}

func showChunk(result answer, chunk *pluginv2.QueryChunkedDataResponse) {
	frame, err := data.UnmarshalArrowFrame(chunk.Frame)
	if err != nil {
		result["frame_error"] = err.Error()
		return
	}
	result["frame"] = frameJSON(frame)
}

// showResponses gives each refId twice: as it was on the wire and as Grafana's decoder sees it.
func showResponses(result answer, reply *pluginv2.QueryDataResponse) map[string]answer {
	shown := map[string]answer{}
	for ref, wire := range reply.Responses {
		sizes := []int{}
		for _, frame := range wire.Frames {
			sizes = append(sizes, len(frame))
		}
		shown[ref] = answer{
			"wire": answer{
				"status": wire.Status, "error": wire.Error, "error_source": wire.ErrorSource,
				"json_meta": string(wire.JsonMeta), "format": format(wire), "frame_sizes": sizes,
			},
			"error": "", "frames": []json.RawMessage{},
		}
		if format(wire) == "JSON" {
			shown[ref]["json_frames"] = rawFrames(wire.Frames)
		}
	}
	decoded, err := backend.FromProto().QueryDataResponse(reply)
	if err != nil {
		result["decode_error"] = err.Error()
		return shown
	}
	for ref, response := range decoded.Responses {
		entry := shown[ref]
		entry["status"], entry["error_source"] = int(response.Status), string(response.ErrorSource)
		if response.Error != nil {
			entry["error"] = response.Error.Error()
		}
		frames := []json.RawMessage{}
		for _, frame := range response.Frames {
			frames = append(frames, frameJSON(frame))
		}
		entry["frames"] = frames
	}
	return shown
}

func rawFrames(frames [][]byte) []json.RawMessage {
	out := []json.RawMessage{}
	for _, frame := range frames {
		if json.Valid(frame) {
			out = append(out, frame)
		}
	}
	return out
}

func frameJSON(frame *data.Frame) json.RawMessage {
	text, err := data.FrameToJSON(frame, data.IncludeAll)
	if err != nil || !json.Valid(text) {
		text, _ = json.Marshal(answer{"frame_error": "the decoded frame cannot be written as JSON"})
	}
	return text
}

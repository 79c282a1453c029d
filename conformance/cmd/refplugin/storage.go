package main

import (
	"context"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
)

// storage answers the calls that come before settings are stored or converted.
type storage struct{}

func (*storage) ValidateAdmission(_ context.Context, req *backend.AdmissionRequest) (*backend.ValidationResponse, error) {
	if len(req.ObjectBytes) == 0 {
		return &backend.ValidationResponse{Allowed: false, Result: &backend.StatusResult{
			Status: "Failure", Message: "nothing to store", Reason: "BadRequest", Code: 400,
		}}, nil
	}
	return &backend.ValidationResponse{Allowed: true, Warnings: []string{"looked at " + req.Kind.Kind}}, nil
}

func (*storage) MutateAdmission(_ context.Context, req *backend.AdmissionRequest) (*backend.MutationResponse, error) {
	return &backend.MutationResponse{Allowed: true, ObjectBytes: append([]byte{}, req.ObjectBytes...)}, nil
}

func (*storage) ConvertObjects(_ context.Context, req *backend.ConversionRequest) (*backend.ConversionResponse, error) {
	objects := []backend.RawObject{}
	for _, object := range req.Objects {
		objects = append(objects, backend.RawObject{Raw: object.Raw, ContentType: object.ContentType})
	}
	return &backend.ConversionResponse{UID: req.UID, Objects: objects}, nil
}

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from plugin_sdk._proto import pluginv2 as p
from plugin_sdk._serving.protobuf_writer import EncodedResponse, query_data_response

_RESPONSES = st.builds(
    EncodedResponse,
    frames=st.lists(st.binary(max_size=300), max_size=4),
    error=st.text(st.characters(exclude_categories=["Cs"])),
    status=st.integers(0, 1_000),
    error_source=st.sampled_from(["", "plugin", "downstream"]),
    json_format=st.booleans(),
)
_ANSWERS = st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), _RESPONSES, max_size=4)


def read_back(message: p.QueryDataResponse) -> dict[str, EncodedResponse]:
    return {
        ref_id: EncodedResponse(
            list(answer.frames), answer.error, answer.status, answer.errorSource, answer.format == 1
        )
        for ref_id, answer in message.responses.items()
    }


@given(_ANSWERS)
def test_a_response_joined_by_hand_reads_back_with_the_message_classes(
    answers: dict[str, EncodedResponse],
) -> None:
    message = p.QueryDataResponse.FromString(query_data_response(answers.items()))

    assert read_back(message) == answers


@given(_ANSWERS)
def test_it_has_the_same_length_as_protobufs_encoding(answers: dict[str, EncodedResponse]) -> None:
    # Only what protobuf itself would write: no unknown fields, no padding.
    raw = query_data_response(answers.items())
    message = p.QueryDataResponse.FromString(raw)
    message.DiscardUnknownFields()

    assert read_back(p.QueryDataResponse.FromString(message.SerializeToString())) == answers
    # A status of 0 is written by hand but omitted by protobuf: two bytes, and the lengths that include them.
    assert len(raw) - message.ByteSize() <= 4 * sum(answer.status == 0 for answer in answers.values())


def test_frames_of_megabytes_read_back() -> None:
    frames = [bytes([number]) * (1 << size) for number, size in enumerate((7, 14, 21, 22))]
    raw = query_data_response(
        [("A", EncodedResponse(frames)), ("B" * 200, EncodedResponse(error="e" * 20_000))]
    )
    message = p.QueryDataResponse.FromString(raw)

    assert list(message.responses["A"].frames) == frames
    assert message.responses["B" * 200].error == "e" * 20_000


def test_no_responses_are_an_empty_message() -> None:
    assert query_data_response([]) == b""

"""WriteRequest messages, decoded by protobuf's own decoder from the published definition."""

import struct
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
)
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from hypothesis import given
from hypothesis import strategies as st

from exporter.history.series import Series
from exporter.history.write_request import (
    MOST_BYTES,
    MOST_SAMPLES,
    WriteRequest,
    write_requests,
)

_PACKAGE = "prometheus"


def _message(name: str, *fields: tuple[str, int, str]) -> DescriptorProto:
    return DescriptorProto(
        name=name,
        field=[
            FieldDescriptorProto(name=field, number=number, **_type(kind))
            for field, number, kind in fields
        ],
    )


def _type(kind: str) -> dict[str, Any]:
    scalars = {
        "string": FieldDescriptorProto.TYPE_STRING,
        "double": FieldDescriptorProto.TYPE_DOUBLE,
        "int64": FieldDescriptorProto.TYPE_INT64,
    }
    if kind in scalars:
        return {"type": scalars[kind], "label": FieldDescriptorProto.LABEL_OPTIONAL}
    return {
        "type": FieldDescriptorProto.TYPE_MESSAGE,
        "type_name": f".{_PACKAGE}.{kind}",
        "label": FieldDescriptorProto.LABEL_REPEATED,
    }


_POOL = DescriptorPool()
_POOL.AddSerializedFile(
    FileDescriptorProto(
        name="remote.proto",
        package=_PACKAGE,
        syntax="proto3",
        message_type=[
            _message("WriteRequest", ("timeseries", 1, "TimeSeries")),
            _message("TimeSeries", ("labels", 1, "Label"), ("samples", 2, "Sample")),
            _message("Label", ("name", 1, "string"), ("value", 2, "string")),
            _message("Sample", ("value", 1, "double"), ("timestamp", 2, "int64")),
        ],
    ).SerializeToString()
)
_DECODED = GetMessageClass(_POOL.FindMessageTypeByName(f"{_PACKAGE}.WriteRequest"))

Bits = tuple[int, bytes]
"""A sample with the exact bits of its value: 0.0 and -0.0 differ."""


def bits(samples: Iterable[tuple[int, float]]) -> list[Bits]:
    return [(at, struct.pack("<d", value)) for at, value in samples]


def decoded(request: WriteRequest) -> list[tuple[tuple[tuple[str, str], ...], list[Bits]]]:
    message: Any = _DECODED.FromString(request.message)
    assert not message.ListFields() or len(message.ListFields()) == 1
    return [
        (
            tuple((label.name, label.value) for label in series.labels),
            bits((sample.timestamp, sample.value) for sample in series.samples),
        )
        for series in message.timeseries
    ]


def joined(requests: Iterable[WriteRequest]) -> list[tuple[object, list[Bits]]]:
    """Return the series of all requests; those that were split are whole again."""
    pieces = [series for request in requests for series in decoded(request)]
    return [
        (labels, [sample for _, samples in same for sample in samples])
        for labels, same in groupby(pieces, key=lambda series: series[0])
    ]


def expected(batch: Iterable[Series]) -> list[tuple[object, list[Bits]]]:
    return [(series.labels, bits(series.samples)) for series in batch if series.samples]


texts = st.text(st.characters(codec="utf-8"), max_size=200)
samples_of = st.lists(
    st.tuples(st.integers(0, 2**63 - 1), st.floats(allow_nan=False)), max_size=20
).map(lambda samples: sorted(samples, key=lambda sample: sample[0]))
batches = st.lists(
    st.builds(
        Series,
        st.dictionaries(texts, texts, max_size=8).map(lambda labels: tuple(sorted(labels.items()))),
        samples_of,
    ),
    max_size=20,
    unique_by=lambda series: series.labels,
)


def made_up(name: str, count: int, value: str = "") -> Series:
    labels = (("__name__", name), ("value", value))
    return Series(labels, [(1_700_000_000_000 + at, at / 7) for at in range(count)])


class TestAnyBatch:
    @given(batches)
    def test_is_decoded_as_it_was(self, batch: Sequence[Series]) -> None:
        requests = list(write_requests(batch))
        assert joined(requests) == expected(batch)
        assert sum(request.samples for request in requests) == sum(len(s.samples) for s in batch)

    @given(batches)
    def test_names_the_time_of_its_oldest_sample(self, batch: Sequence[Series]) -> None:
        times = [at for series in batch for at, _ in series.samples]
        assert [request.oldest for request in write_requests(batch)] == sorted(times)[:1]


class TestTheLimits:
    def test_split_a_long_series_in_order(self) -> None:
        batch = [made_up("one", 4_500), made_up("two", 10), made_up("three", 2_000)]
        requests = list(write_requests(batch))
        assert joined(requests) == expected(batch)
        assert [request.samples for request in requests] == [MOST_SAMPLES] * 3 + [510]
        assert [request.oldest - 1_700_000_000_000 for request in requests] == [0, 2_000, 0, 1_490]

    def test_bound_the_bytes_of_long_labels(self) -> None:
        batch = [made_up(f"metric_{number}", 1, "x" * 1_024) for number in range(3_000)]
        requests = list(write_requests(batch))
        assert joined(requests) == expected(batch)
        sizes = [len(request.message) for request in requests]
        assert all(size > MOST_BYTES - 2_048 for size in sizes[:-1])
        assert max(sizes) < MOST_BYTES + 2_048
        assert len(sizes) == 4

    def test_let_labels_beyond_them_through(self) -> None:
        batch = [made_up("metric", 2, "x" * MOST_BYTES), made_up("other", 1)]
        requests = list(write_requests(batch))
        assert joined(requests) == expected(batch)
        assert [request.samples for request in requests] == [2, 1]

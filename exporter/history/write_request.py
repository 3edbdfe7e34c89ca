"""Series as ``WriteRequest`` messages of remote write 1.0 (prometheus.io/docs/specs/prw)."""

import struct
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from exporter.history.series import Series

MOST_SAMPLES = 2_000
"""Samples of a message: the default of Prometheus's own sender (docs: max_samples_per_send)."""

MOST_BYTES = 1 << 20
"""Bytes of a message after which no further series begins."""

# By hand, as the message has three nested types, and generated code would need protobuf to run.
_TIME_SERIES = _LABELS = _NAME = 1
_SAMPLES = _VALUE = 2
_SAMPLE_VALUE = 1 << 3 | 1  # a double
_SAMPLE_TIMESTAMP = 2 << 3  # a varint
_SAMPLE = struct.Struct("<BBBdB")


class WriteRequest(NamedTuple):
    """An encoded message; ``oldest`` is the time of its oldest sample, as in `Series`."""

    message: bytes
    samples: int
    oldest: int


def write_requests(batch: Iterable[Series]) -> Iterator[WriteRequest]:
    """Encode series in their order, in as few messages as the limits allow."""
    encoded: list[bytes] = []
    times: list[int] = []
    samples = size = 0
    for series in batch:
        labels = b"".join(_label(name, value) for name, value in series.labels)
        start = 0
        while start < len(series.samples):
            if samples == MOST_SAMPLES or (samples and size + len(labels) > MOST_BYTES):
                yield WriteRequest(b"".join(encoded), samples, min(times))
                encoded, times, samples, size = [], [], 0, 0
            piece = series.samples[start : start + MOST_SAMPLES - samples]
            encoded.append(_field(_TIME_SERIES, labels + _samples(piece)))
            times.append(piece[0][0])
            samples += len(piece)
            size += len(encoded[-1])
            start += len(piece)
    if samples:
        yield WriteRequest(b"".join(encoded), samples, min(times))


def _label(name: str, value: str) -> bytes:
    return _field(_LABELS, _field(_NAME, name.encode()) + _field(_VALUE, value.encode()))


def _samples(samples: Sequence[tuple[int, float]]) -> bytes:
    encoded: list[bytes] = []
    for at, value in samples:
        time = _varint(at)
        length = _SAMPLE.size - 2 + len(time)
        encoded += (
            _SAMPLE.pack(_SAMPLES << 3 | 2, length, _SAMPLE_VALUE, value, _SAMPLE_TIMESTAMP),
            time,
        )
    return b"".join(encoded)


def _field(number: int, content: bytes) -> bytes:
    return bytes((number << 3 | 2,)) + _varint(len(content)) + content


@lru_cache(maxsize=1 << 14)  # all series of a month have the same times
def _varint(number: int) -> bytes:
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)

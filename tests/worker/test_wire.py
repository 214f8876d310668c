from __future__ import annotations

import socket
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homeport.worker import wire

KINDS = sorted(wire.LIMITS)
METADATA = sorted(kind for kind, limit in wire.LIMITS.items() if limit == wire.METADATA_LIMIT)
frames = st.lists(st.tuples(st.sampled_from(KINDS), st.binary(max_size=300)), max_size=8)


def joined(sent: list[tuple[int, bytes]]) -> bytes:
    return b"".join(bytes(piece) for piece in wire.pieces(sent))


def cut(data: bytes, sizes: list[int]) -> list[bytes]:
    parts, offset = [], 0
    for size in sizes:
        parts.append(data[offset : offset + size])
        offset += size
    return [*parts, data[offset:]]


def blocking(data: bytes) -> list[tuple[int, bytes]]:
    """What the blocking reader makes of a stream that carries `data` and ends."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(10)
        sender = threading.Thread(target=lambda: (theirs.sendall(data), theirs.shutdown(socket.SHUT_WR)))
        sender.start()
        try:
            reader, found = wire.BlockingReader(ours), []
            while (frame := reader.read()) is not None:
                found.append((frame[0], bytes(frame[1])))
            return found
        finally:
            ours.shutdown(socket.SHUT_RD)
            sender.join()


@given(frames, st.lists(st.integers(0, 40), max_size=30))
def test_frames_come_out_as_they_went_in_however_the_stream_is_cut(
    sent: list[tuple[int, bytes]], sizes: list[int]
) -> None:
    reader = wire.FrameReader()
    found = [frame for part in cut(joined(sent), sizes) for frame in reader.feed(part)]
    reader.end()
    assert found == sent


@given(frames)
@settings(max_examples=50, deadline=None)
def test_the_blocking_reader_gives_the_same_frames(sent: list[tuple[int, bytes]]) -> None:
    assert blocking(joined(sent)) == sent


@given(frames.filter(bool), st.data())
def test_a_stream_that_ends_inside_a_frame_is_told(sent: list[tuple[int, bytes]], data: st.DataObject) -> None:
    whole = joined(sent)
    last = wire.HEAD.size + len(sent[-1][1])
    torn = whole[: len(whole) - data.draw(st.integers(1, last - 1))]
    reader = wire.FrameReader()
    assert reader.feed(torn) == sent[:-1]
    with pytest.raises(wire.WireError, match="ended inside a frame"):
        reader.end()
    with pytest.raises(wire.WireError, match="ended inside a frame"):
        blocking(torn)


@given(frames, st.integers(0, 255).filter(lambda kind: kind not in KINDS), st.integers(0, 2**32 - 1))
def test_a_kind_that_is_none_ends_the_talk(sent: list[tuple[int, bytes]], kind: int, length: int) -> None:
    with pytest.raises(wire.WireError, match=f"unknown frame kind {kind}"):
        wire.FrameReader().feed(joined(sent) + wire.HEAD.pack(length, kind))


@given(st.sampled_from(METADATA), st.integers(wire.METADATA_LIMIT + 1, 2**32 - 1))
def test_a_length_past_its_limit_is_refused_before_anything_is_read(kind: int, length: int) -> None:
    head = wire.HEAD.pack(length, kind)
    with pytest.raises(wire.WireError, match="carries"):
        wire.FrameReader().feed(head)
    with pytest.raises(wire.WireError, match="carries"):
        blocking(head)
    with pytest.raises(wire.WireError, match="cannot carry"):
        wire.frame_head(kind, length)


@given(st.binary(max_size=2000), st.lists(st.integers(1, 50), max_size=40))
def test_garbage_gives_frames_or_a_wire_error_and_nothing_else(garbage: bytes, sizes: list[int]) -> None:
    reader = wire.FrameReader()
    try:
        for part in cut(garbage, sizes):
            for kind, payload in reader.feed(part):
                assert kind in KINDS
                assert len(payload) <= wire.LIMITS[kind]
        reader.end()
    except wire.WireError:
        return


@given(st.binary(max_size=60))
@settings(max_examples=50, deadline=None)
def test_garbage_ends_the_blocking_reader_too(garbage: bytes) -> None:
    try:
        assert joined(blocking(garbage)) == garbage
    except wire.WireError:
        return


def test_a_body_larger_than_the_socket_takes_at_once_is_sent_whole() -> None:
    body = bytes(range(256)) * 40_000
    ours, theirs = socket.socketpair()
    with ours, theirs:
        sent = [(wire.SCORE, b"{}"), (wire.BODY, body)]
        sender = threading.Thread(target=wire.send_frames, args=(theirs, sent))
        sender.start()
        reader = wire.BlockingReader(ours)
        assert [reader.read(), reader.read()] == sent
        sender.join()

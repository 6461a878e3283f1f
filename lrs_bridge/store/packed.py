"""Arrays as PostgreSQL takes them in binary: making and reading them as text takes either side longer than all the rest of
writing a statement."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import psycopg
from psycopg.adapt import Dumper
from psycopg.pq import Format

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_HEADER = struct.Struct(">iiiii")  # dimensions, whether any is null, type, length, lower bound
_LENGTH = struct.Struct(">i")
_BOOLEAN, _BYTEA, _BIGINT, _SMALLINT, _INTEGER, _TEXT, _TIMESTAMPTZ, _UUID = (
    16,
    17,
    20,
    21,
    23,
    25,
    1184,
    2950,
)


class Packed(bytes):
    """One array. SQL says of which type its place is: `?::uuid[]`."""

    __slots__ = ()


class _AsItIs(Dumper):
    format = Format.BINARY

    def dump(self, value: Packed) -> Packed:
        return value


psycopg.adapters.register_dumper(Packed, _AsItIs)


def uuids(values: Sequence[bytes]) -> Packed:
    """Of the 16 octets of each."""
    return _of_one_size(_UUID, "16s", 16, values)


def instants(values: Iterable[datetime]) -> Packed:
    return _of_one_size(_TIMESTAMPTZ, "q", 8, [(value - _EPOCH) // _MICROSECOND for value in values])


def bigints(values: Sequence[int]) -> Packed:
    return _of_one_size(_BIGINT, "q", 8, values)


def integers(values: Sequence[int]) -> Packed:
    return _of_one_size(_INTEGER, "i", 4, values)


def smallints(values: Sequence[int]) -> Packed:
    return _of_one_size(_SMALLINT, "h", 2, values)


def booleans(values: Sequence[bool]) -> Packed:
    return _of_one_size(_BOOLEAN, "?", 1, values)


def texts(values: Sequence[str]) -> Packed:
    """Of any texts but those with U+0000, which PostgreSQL can't hold."""
    return _of_any_size(_TEXT, [value.encode() for value in values])


def byteas(values: Sequence[bytes]) -> Packed:
    return _of_any_size(_BYTEA, values)


def _of_one_size(kind: int, code: str, size: int, values: Sequence[object]) -> Packed:
    number = len(values)
    flat: list[object] = [size] * (2 * number)
    flat[1::2] = values
    return Packed(_HEADER.pack(1, 0, kind, number, 1) + struct.pack(">" + f"i{code}" * number, *flat))


def _of_any_size(kind: int, values: Sequence[bytes]) -> Packed:
    parts = [_HEADER.pack(1, 0, kind, len(values), 1)]
    for value in values:
        parts += (_LENGTH.pack(len(value)), value)
    return Packed(b"".join(parts))

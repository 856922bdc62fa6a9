"""Rows as a TensorBoard event file, written from scratch.

An event file is a chain of records: the length (uint64), its masked CRC-32C, the bytes, their
masked CRC-32C; all little-endian. Each record is an `Event` in protocol buffers' wire format, which
takes six fields here: a few numbers need no further package to be installed.

Formats: TensorFlow's record_writer.h and event.proto; CRC-32C: RFC 3720, appendix B.4.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

CASTAGNOLI = 0x82F63B78  # the polynomial, bits reversed
MASK = 0xA282EAD8


def write(path: Path, rows: Iterable[Mapping[str, Any]], started: float) -> None:
    """Writes rows (`step`, `time` in seconds since `started`, metrics). Raises `OSError`."""
    with path.open("wb") as file:
        file.writelines(records(rows, started))


def records(rows: Iterable[Mapping[str, Any]], started: float) -> Iterator[bytes]:
    """The file's records: the version, then one event a row."""
    yield record(_double(1, started) + _bytes(3, b"brain.Event:2"))
    for row in rows:
        values = b"".join(
            _bytes(1, _bytes(1, name.encode()) + _float(2, float(value)))
            for name, value in row.items()
            if name not in ("step", "time") and isinstance(value, (int, float))
        )
        when = started + float(row.get("time", 0.0))
        yield record(_double(1, when) + _integer(2, int(row["step"])) + _bytes(5, values))


def record(data: bytes) -> bytes:
    """One record around its bytes."""
    length = struct.pack("<Q", len(data))
    return b"".join((length, _masked(length), data, _masked(data)))


def crc32c(data: bytes) -> int:
    """The checksum, a byte at a time through a table."""
    table = _table()
    crc = 0xFFFFFFFF
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


def _masked(data: bytes) -> bytes:
    """The checksum as it is stored: rotated and shifted, as checksums of checksums are weak."""
    crc = crc32c(data)
    rotated = (crc >> 15) | (crc << 17)
    return struct.pack("<I", (rotated + MASK) & 0xFFFFFFFF)


@cache
def _table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = (byte >> 1) ^ (CASTAGNOLI if byte & 1 else 0)
        table.append(byte)
    return tuple(table)


def _double(field: int, value: float) -> bytes:
    return bytes([field << 3 | 1]) + struct.pack("<d", value)


def _float(field: int, value: float) -> bytes:
    return bytes([field << 3 | 5]) + struct.pack("<f", _single(value))


def _single(value: float) -> float:
    """A value that a 32-bit float can hold; beyond its range it is infinite."""
    if value != value or abs(value) <= 3.4028234663852886e38:
        return value
    return float("inf") if value > 0 else float("-inf")


def _integer(field: int, value: int) -> bytes:
    return bytes([field << 3]) + _varint(value)


def _bytes(field: int, data: bytes) -> bytes:
    return bytes([field << 3 | 2]) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    """Seven bits a byte, the least first."""
    parts = []
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])

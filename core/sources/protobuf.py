"""Protocol buffers as bytes: a message is fields one after another, each a number, a type and a value.

ONNX is written in it. Its package brings 37 MB for what is a page here, and this takes no more memory than the file.
Source: https://protobuf.dev/programming-guides/encoding.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator


class Message:
    """One message: the values of its fields, by their numbers, in order."""

    def __init__(self, data: memoryview) -> None:
        """Take the fields apart; what is nested stays bytes until it is asked for.

        Raises:
            ValueError: it is cut off, or no message.
        """
        self._fields: dict[int, list[int | memoryview]] = {}
        for number, value in _fields(data):
            self._fields.setdefault(number, []).append(value)

    def messages(self, number: int) -> list[Message]:
        """The nested messages of a field, each taken apart."""
        return [Message(raw) for raw in self.raw(number)]

    def message(self, number: int) -> Message | None:
        """The nested message of a field, None where there is none."""
        raw = self.raw(number)
        return Message(raw[-1]) if raw else None

    def raw(self, number: int) -> list[memoryview]:
        """The bytes of every value of a field."""
        return [value for value in self._fields.get(number, ()) if isinstance(value, memoryview)]

    def content(self, number: int) -> bytes:
        """The bytes of a field, empty where there are none."""
        raw = self.raw(number)
        return bytes(raw[-1]) if raw else b""

    def texts(self, number: int) -> list[str]:
        """The texts of a field that may repeat; what is no UTF-8 in them is replaced."""
        return [bytes(raw).decode("utf-8", "replace") for raw in self.raw(number)]

    def text(self, number: int) -> str:
        """The text of a field, empty where there is none."""
        return (self.texts(number) or [""])[-1]

    def integers(self, number: int) -> list[int]:
        """The whole numbers of a field that may repeat, whether packed or one by one."""
        found: list[int] = []
        for value in self._fields.get(number, ()):
            if isinstance(value, int):
                found.append(_signed(value))
            else:
                at = 0
                while at < len(value):
                    one, at = _varint(value, at)
                    found.append(_signed(one))
        return found

    def integer(self, number: int, default: int = 0) -> int:
        """The whole number of a field, a default where there is none."""
        found = self.integers(number)
        return found[-1] if found else default

    def floats(self, number: int) -> bytes:
        """The bytes of a field of floats of 4 or 8 bytes, packed or one by one."""
        return b"".join(bytes(raw) for raw in self.raw(number))


def _fields(data: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, kind = key >> 3, key & 7
        if kind == 0:
            value, at = _varint(data, at)
            yield number, value
            continue
        if kind == 2:
            length, at = _varint(data, at)
        elif kind in (1, 5):
            length = 8 if kind == 1 else 4
        else:
            raise ValueError(f"its byte {at} begins no field of a message")
        if length > len(data) - at:
            raise ValueError("it ends within a field: it is cut off")
        yield number, data[at : at + length]
        at += length


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while shift < 70:
        if at >= len(data):
            raise ValueError("it ends within a number: it is cut off")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise ValueError("a number in it is longer than 64 bits")


def _signed(value: int) -> int:
    """The whole number whose 64 bits are these: negative ones are written as their two's complement."""
    found: int = struct.unpack("<q", struct.pack("<Q", value & 0xFFFFFFFFFFFFFFFF))[0]
    return found

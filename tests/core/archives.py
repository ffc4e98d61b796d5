"""Zip archives as somebody else made them."""

from __future__ import annotations


def encrypted(archive: bytes) -> bytes:
    """An archive of one entry that says of it that it is encrypted."""
    changed = bytearray(archive)
    changed[6] |= 1
    changed[archive.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(changed)

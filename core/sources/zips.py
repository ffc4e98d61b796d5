"""Zip archives, read with care: nothing encrypted, and nothing that becomes far larger than the file it comes from."""

from __future__ import annotations

import io
import zipfile
from typing import Final

from core.settings.files import is_encrypted

SLACK: Final = 2**20
"""Bytes that an entry may unpack to whatever the size of the file"""

MOST_UNPACKED: Final = 50
"""How many times the size of the file all entries together may unpack to: weights do not compress by more than a few"""


class Archive:
    """An archive in memory; its entries by name."""

    def __init__(self, data: bytes) -> None:
        """Read the directory of an archive.

        Raises:
            ValueError: it is damaged.
        """
        self._allowed = SLACK + MOST_UNPACKED * len(data)
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, OverflowError, NotImplementedError, EOFError) as error:
            raise ValueError(f"it begins as a zip archive, and is cut off or damaged ({error})") from None
        self.names: tuple[str, ...] = tuple(self._zip.namelist())

    @property
    def encrypted(self) -> bool:
        """Whether any of its entries is encrypted."""
        return any(is_encrypted(info.flag_bits) for info in self._zip.infolist())

    def named(self, end: str) -> str | None:
        """The first entry whose path ends so, a whole name: `data.pkl` finds `archive/data.pkl`; None without one."""
        return next((name for name in self.names if name == end or name.endswith(f"/{end}")), None)

    def read(self, name: str, *, packed: bool = True) -> bytes:
        """The bytes of an entry.

        Args:
            name: The entry's name, one of `names`.
            packed: Whether it may be compressed; where it may not, it takes no more memory than the file has bytes.

        Raises:
            ValueError: there is none, it is encrypted or damaged, or is packed where it may not be.
        """
        try:
            info = self._zip.getinfo(name)
        except KeyError:
            raise ValueError(f"the archive has no {name}") from None
        if is_encrypted(info.flag_bits):
            raise ValueError("it is encrypted; decrypt it first")
        if not packed and info.compress_type != zipfile.ZIP_STORED:
            raise ValueError(f"{name} is compressed, as this format never is; save it again")
        if info.file_size > self._allowed:
            raise ValueError(f"{name} unpacks to {info.file_size:,} bytes, far more than the file has")
        try:
            with self._zip.open(info) as file:
                data = file.read(info.file_size)
        except Exception as error:  # a damaged archive: zlib, lzma and bz2 have errors of their own
            raise ValueError(f"{name} in it is damaged ({error})") from None
        self._allowed -= len(data)
        return data

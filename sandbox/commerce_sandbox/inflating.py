"""A small compressed answer that unpacks to a large one."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_OPENING = b'{"results": ['
_CLOSING = b"]}"
SMALLEST = len(_OPENING) + len(_CLOSING)
"""Bytes of the answer with no space in it."""

_SPACES = b" " * (1 << 20)
_GZIP_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_BEST = 9
_RAW_DEFLATE = -15
_LENGTH_MODULUS = 1 << 32


def inflating(size: int) -> Iterator[bytes]:
    """Yield pieces of a gzip file that unpacks to a JSON object of so many bytes, all but a few of them spaces.

    Neither time nor memory goes into what is not sent: after a full flush the packed form of a piece does not depend on
    what came before, so the megabyte of spaces is packed once.
    """
    millions, rest = divmod(size - SMALLEST, len(_SPACES))
    packer = zlib.compressobj(_BEST, zlib.DEFLATED, _RAW_DEFLATE)
    yield _GZIP_HEAD + packer.compress(_OPENING) + packer.flush(zlib.Z_FULL_FLUSH)
    checksum = zlib.crc32(_OPENING)
    packed = packer.compress(_SPACES) + packer.flush(zlib.Z_FULL_FLUSH)
    for _ in range(millions):
        yield packed
        checksum = zlib.crc32(_SPACES, checksum)
    ending = _SPACES[:rest] + _CLOSING
    checksum = zlib.crc32(ending, checksum)
    trailer = b"".join(number.to_bytes(4, "little") for number in (checksum, size % _LENGTH_MODULUS))
    yield packer.compress(ending) + packer.flush() + trailer

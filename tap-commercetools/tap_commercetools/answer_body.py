"""Reads the body of an answer, packed or not, up to a size."""

from __future__ import annotations

import io
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Protocol

    class Arriving(Protocol):
        """A body on its way, as urllib3 has it."""

        def read(self, amt: int, decode_content: bool) -> bytes: ...  # noqa: FBT001, D102 - urllib3's


LARGEST_ANSWER_BYTES = 32 * 1024 * 1024
"""Most bytes of an answer, unpacked. A page of large documents that has more is asked for in parts."""

_PIECE_BYTES = 1024 * 1024
_GZIP = 16 + zlib.MAX_WBITS


class TooLargeError(Exception):
    """There is more of an answer than is taken."""


class DamagedError(Exception):
    """A body is not what its packing says."""


def read_body(arriving: Arriving, encoding: str, most: int) -> bytes:
    """Read a whole body.

    It is unpacked here and in pieces: whatever it unpacks to, no more than `most` is ever held.

    Args:
        arriving: The body, not yet read.
        encoding: How it is packed: the header ``Content-Encoding``.
        most: Most bytes to take, unpacked.

    Raises:
        TooLargeError: If there are more.
        DamagedError: If it cannot be unpacked.
    """
    packed = encoding.strip().lower()
    if packed in {"gzip", "x-gzip"}:
        pieces = _unpacked(_pieces(arriving))
    elif packed in {"", "identity"}:
        pieces = _pieces(arriving)
    else:
        message = "it is packed in a way that was not asked for"
        raise DamagedError(message)
    taken = io.BytesIO()  # hands out what it holds without a copy
    for piece in pieces:
        if taken.tell() + len(piece) > most:
            raise TooLargeError
        taken.write(piece)
    return taken.getvalue()


def _pieces(arriving: Arriving) -> Iterator[bytes]:
    while piece := arriving.read(_PIECE_BYTES, decode_content=False):
        yield piece


def _unpacked(pieces: Iterator[bytes]) -> Iterator[bytes]:
    unpacking = zlib.decompressobj(_GZIP)
    has_begun = False
    for piece in pieces:
        packed = piece
        while packed:
            if unpacking.eof:  # a body may be made of several members
                unpacking = zlib.decompressobj(_GZIP)
            has_begun = True
            try:
                yield unpacking.decompress(packed, _PIECE_BYTES)
            except zlib.error as error:
                raise DamagedError from error
            packed = unpacking.unused_data if unpacking.eof else unpacking.unconsumed_tail
    while has_begun and not unpacking.eof:
        rest = unpacking.decompress(b"", _PIECE_BYTES)
        if not rest:
            raise DamagedError
        yield rest

"""JSON text with exact numbers."""

from __future__ import annotations

import msgspec

_encoder = msgspec.json.Encoder(decimal_format="number")


def encode(value: object) -> bytes:
    """Return a value as JSON text; a `Decimal` is written as the number it is."""
    return _encoder.encode(value)

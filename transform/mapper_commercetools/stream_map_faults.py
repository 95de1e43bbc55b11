"""What a user's stream maps can do wrong, told without the expression, which is a setting's value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from singer_sdk.exceptions import MapExpressionError, StreamMapConfigError

if TYPE_CHECKING:
    from singer_sdk.mapper import PluginMapper

    from mapper_commercetools.outcomes import MappedStream

STREAM_MAP_FAULTS = (StreamMapConfigError, MapExpressionError)
"""What the SDK raises for stream maps that it cannot use; its texts quote them."""


def register(stream_maps: PluginMapper, stream: MappedStream) -> None:
    """Announce a stream to the stream maps.

    Raises:
        ValueError: If those of this stream cannot be used; the text names the setting.
    """
    try:
        stream_maps.register_raw_stream_schema(stream.stream, stream.schema, list(stream.key_properties))
    except STREAM_MAP_FAULTS as error:
        message = (
            f"stream_maps: those for the stream {stream.stream} cannot be used ({type(error).__name__}): check their "
            "expressions, and that no key property is removed"
        )
        raise ValueError(message) from None


def unusable(error: Exception) -> str:
    """Return what is wrong with stream maps that cannot be used for any stream."""
    return f"stream_maps: cannot be used ({type(error).__name__}): check __else__ and what stands for each stream"


def failed_expression(stream: str, error: Exception) -> str:
    """Return the reason of a record on which an expression of a stream's maps fails."""
    return f"an expression in stream_maps.{stream} failed ({type(error).__name__})"

"""Says what is odd about a state or a catalog that was handed in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tap_commercetools.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_MEMBERS = frozenset({"bookmarks", "currently_syncing"})
"""What Singer says a state holds."""
_KINDS = {"partitions": list, "progress_markers": dict}


def check_state(state: object, streams: Collection[str]) -> str | None:
    """Check the shape of a state.

    Args:
        state: The state.
        streams: Names of all streams.

    Returns:
        What is to be told about what is in it and is not used; None if nothing is.

    Raises:
        SettingsError: If a bookmark is none, so that it cannot be told what was read before.
    """
    if not isinstance(state, dict):
        message = "the state must be a JSON object with the member bookmarks"
        raise SettingsError(message)
    bookmarks = state.get("bookmarks", {})
    if not isinstance(bookmarks, dict):
        message = "the state's member bookmarks must be an object, with a bookmark for each stream"
        raise SettingsError(message)
    for stream, bookmark in bookmarks.items():
        if not isinstance(bookmark, dict) or any(
            not isinstance(bookmark.get(name, kind()), kind) for name, kind in _KINDS.items()
        ):
            message = (
                f"stream {_shown(stream)}: its bookmark in the state is none (it must be an object with "
                "replication_key and replication_key_value). Correct or remove it, or run with --full-refresh"
            )
            raise SettingsError(message)
    unused = [*_unknown(state, _MEMBERS), *(f"the bookmark of {name}" for name in _unknown(bookmarks, streams))]
    return f"of the state this is not used: {', '.join(unused)}" if unused else None


def unknown_streams(catalog: object, streams: Collection[str]) -> list[str]:
    """Return the streams of a catalog that do not exist.

    Raises:
        SettingsError: If it is no catalog.
    """
    entries: Any = catalog.get("streams") if isinstance(catalog, dict) else None
    if not isinstance(entries, list) or not all(isinstance(each, dict) for each in entries):
        message = "the catalog must be a JSON object with a list streams, as --discover writes it"
        raise SettingsError(message)
    return _unknown((entry.get("tap_stream_id") or entry.get("stream") for entry in entries), streams)


def _unknown(names: Iterable[object], known: Collection[str]) -> list[str]:
    return [_shown(name) for name in names if name not in known]


def _shown(name: object) -> str:
    return name if isinstance(name, str) and _NAME.fullmatch(name) else "(a name that is none)"

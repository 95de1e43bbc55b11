"""What people write into a catalog that the SDK passes over."""

from __future__ import annotations

from typing import Any

_METHOD_KEYS = ("replication-method", "forced-replication-method")


def with_stated_methods(catalog: dict[str, Any]) -> dict[str, Any]:
    """Return a catalog in which each stream's entry has the replication method that its metadata state.

    Singer: people choose a method by ``replication-method`` in the metadata of a stream. The SDK knows only
    ``forced-replication-method``, which is the tap's own, and prefers the entry's ``replication_method``, where
    discovery has written a method already.

    Args:
        catalog: A Singer catalog; what is no catalog comes back as it is.
    """
    streams = catalog.get("streams")
    if not isinstance(streams, list):
        return catalog
    return {**catalog, "streams": [_with_stated_method(entry) for entry in streams]}


def _with_stated_method(entry: dict[str, Any]) -> dict[str, Any]:
    stated = (
        item["metadata"][key]
        for key in _METHOD_KEYS
        for item in entry.get("metadata") or ()
        if not item.get("breadcrumb") and (item.get("metadata") or {}).get(key)
    )
    method = next(stated, None)
    return entry if method is None else {**entry, "replication_method": method}

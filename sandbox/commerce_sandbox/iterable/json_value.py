"""The type of decoded JSON."""

from __future__ import annotations

from typing import Any, TypeAlias

JsonValue: TypeAlias = Any
"""Any decoded JSON value: the emulated service takes whatever a caller sends, and checks it at run time."""

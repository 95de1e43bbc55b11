"""Tells people, once, of fields that Iterable dropped although it answered that all went well."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import logging

    from target_iterable.answers import Answer


class DroppedFields:
    """The dropped fields that a stream's answers have named so far; safe to use from several threads.

    Iterable: `filteredOutFields` of a bulk answer lists fields that the project does not know and does not add.
    """

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._told: set[str] = set()
        self._lock = threading.Lock()

    def tell(self, answer: Answer) -> None:
        """Log the fields an answer names, each once."""
        names = answer.body.get("filteredOutFields")
        with self._lock:
            new = {str(name) for name in names} - self._told if isinstance(names, list) else set()
            self._told |= new
        if new:
            self._logger.warning(
                "Iterable dropped fields that the project does not know: %s. Add them in the project's settings, or "
                "let the project create new fields.",
                ", ".join(sorted(new)),
            )

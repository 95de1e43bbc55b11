"""The stream of the project's own settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from tap_commercetools.commercetools_stream import CommercetoolsStream
from tap_commercetools.errors import RequestRefusedError
from tap_commercetools.record_lines import without

if TYPE_CHECKING:
    from collections.abc import Iterator

    from singer_sdk.helpers import types

    from tap_commercetools.page import Record


class ProjectStream(CommercetoolsStream):
    """One record, read anew in each run."""

    @override
    def get_records(self, context: types.Context | None) -> Iterator[Record]:
        """Yield the project's settings.

        Raises:
            TapError: If they cannot be read; the message says why and what to do.
        """
        try:
            with self.commercetools.termination.waiting():
                project = self.commercetools.client.fetch_project()
        except RequestRefusedError as refusal:
            raise self.explain(refusal) from refusal
        for path in self.definition.withheld:
            without(project.record, path)
        yield project.record

    @override
    def check(self) -> None:
        self.commercetools.client.fetch_project()

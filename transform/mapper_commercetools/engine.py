"""Runs the mapping: one source record in, one or more outcomes out.

The loaders find `create_record_mapper` by the entry point `commercetools` of the group `delivery.mappers`; the Meltano
mapper calls it too.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from mapper_commercetools.announced_streams import AnnouncedStreams
from mapper_commercetools.consent import custom_field_names
from mapper_commercetools.consent_settings import check_dotdigital_rules, check_iterable_fields
from mapper_commercetools.dotdigital import stream_mappings as dotdigital
from mapper_commercetools.dotdigital.program_enrolments import check_program
from mapper_commercetools.iterable import catalog_items, purchases, users
from mapper_commercetools.iterable import derived_fields as iterable_derived
from mapper_commercetools.iterable import stream_mappings as iterable
from mapper_commercetools.list_rules import check_lists
from mapper_commercetools.outcomes import MappedRecord, MappedStream, skipped
from mapper_commercetools.references import References, reference_mappings
from mapper_commercetools.settings import MappingSettings, check_field_names, compile_settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mapper_commercetools.source_values import Record
    from mapper_commercetools.stream_mapping import StreamMapping

DESTINATIONS = ("dotdigital", "iterable")
_TIME_OF_CHANGE = ("lastModifiedAt", "deletedAt")


class CommercetoolsRecordMapper:
    """Maps the records of one run for one destination.

    Args:
        mappings: Source stream → mapping.
        announced: Checks the source streams as they are announced.
        references: What the run has read of the records that others refer to.
    """

    def __init__(
        self, mappings: Mapping[str, StreamMapping], announced: AnnouncedStreams, references: References
    ) -> None:
        self._mappings = mappings
        self._announced = announced
        self.references = references

    def map_schema(
        self,
        stream: str,
        schema: dict[str, Any],
        key_properties: Sequence[str],  # noqa: ARG002  part of the protocol
    ) -> Sequence[MappedStream] | None:
        """Return the streams that a source stream yields, none if there is no mapping for it.

        None means that the stream is not one of commercetools and passes through untouched: its schema lacks `id`, or
        `lastModifiedAt` and what a deletion has instead, one of which every record of the tap has and no destination's
        shape has.

        Raises:
            ValueError: If a setting needs another stream before it, or another one is there that does the same.
        """
        properties = schema.get("properties") or {}
        if "id" not in properties or not any(name in properties for name in _TIME_OF_CHANGE):
            return None
        self._announced.add(stream)
        mapping = self._mappings.get(stream)
        return [] if mapping is None else mapping.streams(schema)

    def map_record(self, stream: str, record: Record) -> Sequence[MappedRecord]:
        """Return what a record of a commercetools stream yields: at least one outcome, whatever the record holds."""
        mapping = self._mappings.get(stream)
        if mapping is None:
            return [skipped(stream, f"no mapping for stream {stream}")]
        return mapping.outcomes(record)

    def reject(self, stream: str, record: Record, outcome: MappedRecord, reason: str) -> Sequence[MappedRecord]:
        """Return how a record ends if one of its outcomes is refused after the mapping, by a stream map for example.

        Args:
            stream: The source stream.
            record: Its record.
            outcome: What the record was mapped to.
            reason: Why that is refused.
        """
        return self._mappings[stream].rejected(record, outcome, reason)


def create_record_mapper(
    config: Mapping[str, Any], destination: str, *, at: datetime | None = None, path: str = "mapper.config."
) -> CommercetoolsRecordMapper:
    """Create the mapper of one run.

    Args:
        config: The settings, see `settings_schema`.
        destination: `iterable` or `dotdigital`.
        at: The instant of the run: catalogue prices must be valid then, carts abandoned; now by default.
        path: What comes before a setting's name in error texts.

    Raises:
        ValueError: If a setting is unknown or wrong; the text names its path.
    """
    if destination not in DESTINATIONS:
        message = f"destination: not known; choose one of {', '.join(DESTINATIONS)}"
        raise ValueError(message)
    at = at or datetime.now(timezone.utc)
    settings = compile_settings(config, path=path, at=at)
    _check_people(settings, destination, path)
    # A consent that is a field of its own there does not travel a second time as the shop's own field.
    told = [
        rule.field
        for rule in settings.consent
        if (rule.iterable.field if destination == "iterable" else rule.dotdigital.data_field)
    ]
    fields = settings.customer_fields.leaving_out(custom_field_names(told))
    settings = replace(settings, customer_fields=fields)
    for rules, taken in _checked_names(settings, destination):
        check_field_names(rules, destination, taken, path)
    references = References()
    if destination == "iterable":
        mappings = iterable.stream_mappings(settings, at, references)
    else:
        mappings = dotdigital.stream_mappings(settings, at, references)
    mappings |= reference_mappings(settings, references)
    return CommercetoolsRecordMapper(mappings, AnnouncedStreams(settings, path), references)


def _check_people(settings: MappingSettings, destination: str, path: str) -> None:
    check_lists(settings.lists, settings.consent, destination, path)
    if destination == "dotdigital":
        check_dotdigital_rules(settings.consent, path)
        if settings.carts is not None:
            check_program(settings.carts, path)
    else:
        taken = users.standard_names(settings) | _names_of_summaries(settings)
        check_iterable_fields(settings.consent, taken, path)


def _checked_names(settings: MappingSettings, destination: str) -> list[tuple[Any, frozenset[str]]]:
    if destination == "dotdigital":
        return [(settings.customer_fields, settings.taken_data_fields)]
    return [
        (settings.customer_fields, users.taken_names(settings) | _names_of_summaries(settings)),
        (settings.order_fields, purchases.taken_names(settings)),
        (settings.catalog.attributes, catalog_items.taken_names(settings)),
    ]


def _names_of_summaries(settings: MappingSettings) -> frozenset[str]:
    return frozenset() if settings.order_summaries is None else frozenset(iterable_derived.DERIVED_FIELDS)

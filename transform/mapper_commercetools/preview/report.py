"""A preview as text for people, and as JSON for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mapper_commercetools.preview.previewer import PreviewedOutcome, RecordPreview
    from mapper_commercetools.preview.source import SourceRecord

_ENCODER = msgspec.json.Encoder(decimal_format="number")


def as_text(source: SourceRecord, previews: Sequence[RecordPreview]) -> str:
    """Return a preview as indented text; records are JSON, numbers as they are sent."""
    return "\n".join(_lines(source, previews)) + "\n"


def as_json(source: SourceRecord, previews: Sequence[RecordPreview]) -> str:
    """Return a preview as one line of JSON: `{stream, id, destinations: [{destination, outcomes, why}]}`."""
    document = {
        "stream": source.stream,
        "id": source.record.get("id"),
        "destinations": [
            {
                "destination": preview.destination,
                "outcomes": [_outcome(outcome) for outcome in preview.outcomes],
                "why": preview.why,
            }
            for preview in previews
        ],
    }
    return _ENCODER.encode(document).decode()


def _outcome(outcome: PreviewedOutcome) -> dict[str, Any]:
    return {
        "stream": outcome.stream,
        "outcome": outcome.outcome,
        "reason": outcome.reason,
        "sent": [{"stream": sent.stream, "record": sent.record} for sent in outcome.sent],
        "streamMaps": outcome.stream_maps,
    }


def _lines(source: SourceRecord, previews: Sequence[RecordPreview]) -> Iterator[str]:
    yield f"{source.stream} {_json(source.record.get('id'))}"
    for preview in previews:
        yield f"  {preview.destination}"
        for outcome in preview.outcomes:
            yield from _outcome_lines(outcome)
        for reason in preview.why:
            yield f"    {reason}"


def _outcome_lines(outcome: PreviewedOutcome) -> Iterator[str]:
    if outcome.reason is not None:
        carried_out = "; its opt-out is carried out:" if outcome.sent else ""
        yield f"    {outcome.stream}: {outcome.outcome}, {outcome.reason}{carried_out}"
    for sent in outcome.sent:
        passed = " (untouched: its stream is not one of commercetools)" if outcome.outcome == "passed" else ""
        yield f"    {sent.stream}: sent{passed}"
        yield from (f"      {line}" for line in _json(sent.record, indent=2).splitlines())
    for change in outcome.stream_maps:
        yield f"    {change}"


def _json(value: object, indent: int = -1) -> str:
    # JSON escapes control characters, so that no record can play tricks on a terminal.
    return msgspec.json.format(_ENCODER.encode(value), indent=indent).decode()

"""The reviews stream, and the statistics of reviews that products and channels carry."""

from __future__ import annotations

from tap_commercetools.schemas.field_types import Schema, flag, map_of, number, record, resource, text, whole_number
from tap_commercetools.schemas.shared import ACTORS, custom_fields, reference

REVIEW_RATING_STATISTICS: Schema = record(
    "Summary of the reviews.",
    {
        "averageRating": number("Mean rating."),
        "highestRating": number("Best rating."),
        "lowestRating": number("Worst rating."),
        "count": whole_number("How many ratings count."),
        "ratingsDistribution": map_of("How many by rating.", {"type": ["integer", "null"]}),
    },
)

REVIEW: Schema = resource(
    {
        **ACTORS,
        "key": text("The project's own identifier."),
        "uniquenessValue": text("Two reviews cannot have the same; keeps a customer from rating twice."),
        "locale": text("Language of the review."),
        "authorName": text("Who wrote it, as shown."),
        "title": text("Title."),
        "text": text("The review itself."),
        "target": reference("The product or channel reviewed."),
        "includedInStatistics": flag("Whether the rating counts."),
        "rating": whole_number("Rating, -100 to 100."),
        "state": reference("The workflow state."),
        "customer": reference("The customer who wrote it."),
        "custom": custom_fields("Custom fields of the review."),
    }
)

"""A loader for Iterable as the Singer SDK's template makes it, with nothing tuned: the peer of target-iterable.

It checks each record against its schema, which is what the SDK does by default, and sends a thousand at a time. It
knows nothing of partial failures, limits or rejects.
"""

from __future__ import annotations

from typing import Any, ClassVar

import requests
from singer_sdk import BatchSink, Target
from singer_sdk import typing as th
from typing_extensions import override


class PlainUserSink(BatchSink):
    """Sends users in bulk."""

    max_size = 1000

    @override
    def process_batch(self, context: dict[str, Any]) -> None:
        answer = requests.post(
            f"{self.config['api_url']}/api/users/bulkUpdate",
            json={"users": context["records"]},
            headers={"Api-Key": self.config["api_key"]},
            timeout=60,
        )
        answer.raise_for_status()


class PlainTarget(Target):
    """The target."""

    name = "target-plain"
    default_sink_class = PlainUserSink
    config_jsonschema: ClassVar[dict[str, Any]] = th.PropertiesList(
        th.Property("api_url", th.StringType, required=True),
        th.Property("api_key", th.StringType, required=True, secret=True),
    ).to_dict()


if __name__ == "__main__":
    PlainTarget.cli()

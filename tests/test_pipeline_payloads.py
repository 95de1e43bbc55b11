"""Every request the loaders send, against the vendors' own API descriptions, where these are beside the repository."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from commerce_sandbox.vendor_specifications import DOTDIGITAL, ITERABLE, folder_beside, operation
from jsonschema import Draft202012Validator

if TYPE_CHECKING:
    from pipeline import Pipeline

SPECIFICATIONS = folder_beside(__file__)
DESCRIPTIONS = {"iterable": (ITERABLE,), "dotdigital": DOTDIGITAL}
# The vendors' files have no open licence, so the project lacks them; who has them runs these.
pytestmark = pytest.mark.skipif(
    SPECIFICATIONS is None, reason="the vendors' descriptions are not beside the repository"
)

STREAMS = ("customers", "orders", "products", "carts", "customer_order_summaries", "deletions")
EVERYTHING = {
    "consent": {"email": {"iterable": {"channels": ["Marketing Email"]}}},
    "lists": [{"list": "Shop customers"}],
    "order_summaries": {},
    "events": {},
    "carts": {},
    "deletions": {},
}
EXPECTED = {
    "iterable": {
        "/api/users/bulkUpdate",
        "/api/users/forget",
        "/api/commerce/trackPurchase",
        "/api/commerce/updateCart",
        "/api/events/trackBulk",
        "/api/lists/subscribe",
        "/api/catalogs/{catalogName}/fieldMappings",
        "/api/catalogs/{catalogName}/items",
    },
    "dotdigital": {
        "/contacts/v3",
        "/contacts/v3/import",
        "/insightData/v3/import",
        "/v2/address-books",
        "/v2/data-fields",
    },
}


def test_every_request_fits_the_vendors_description(pipeline: Pipeline) -> None:
    assert SPECIFICATIONS is not None
    # Small batches, so that the sandbox's journal keeps every body whole.
    pipeline.loader_settings["batch_size_rows"] = 15
    pipeline.streams = STREAMS
    pipeline.loader_settings["mapper"]["config"] |= EVERYTHING
    first = pipeline.run()
    assert first.code == 0, first.log
    changes = {"place_orders": 3, "opt_in_customers": 2, "erase_customers": 1, "delete_products": 1}
    pipeline.sandbox.control("POST", "/commercetools/changes", changes)
    # The platform tells its time in whole seconds: what changed within the present one is the next run's.
    pipeline.sandbox.advance_clock(2)
    second = pipeline.run(first.state)
    assert second.code == 0, second.log
    checked = set()
    for request in pipeline.sandbox.requests(service=pipeline.service):
        described = operation(SPECIFICATIONS, DESCRIPTIONS[pipeline.service], request["method"], request["path"])
        assert described is not None, f"no description knows {request['method']} {request['path']}"
        if request["body"] is None:
            continue
        assert described.body is not None, f"{described.template} takes no body"
        faults = Draft202012Validator(described.body).iter_errors(as_json(request["body"]))
        assert [f"{fault.json_path}: {fault.message}" for fault in faults] == [], described.template
        checked.add(described.template.rstrip("/"))
    assert checked >= EXPECTED[pipeline.service]


def as_json(body: Any) -> Any:  # noqa: ANN401 - JSON
    return json.loads(body) if isinstance(body, str) else body


def test_a_wrong_payload_would_be_noticed() -> None:
    assert SPECIFICATIONS is not None
    described = operation(SPECIFICATIONS, (ITERABLE,), "POST", "/api/commerce/trackPurchase")
    assert described is not None
    assert described.body is not None
    wrong = {"user": {"email": 1}, "items": [{"id": "1", "price": "1.0"}], "total": "1"}
    assert len(list(Draft202012Validator(described.body).iter_errors(wrong))) >= 4

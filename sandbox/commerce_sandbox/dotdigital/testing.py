"""The emulated API without a socket, for tests of its behaviour: a call takes well under a millisecond."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.routing import Mount

from commerce_sandbox.clock import Clock
from commerce_sandbox.dotdigital.service import DotdigitalService
from commerce_sandbox.dotdigital.settings import DotdigitalSettings
from commerce_sandbox.in_process import Reply, call

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_LONGER_THAN_ANY_IMPORT = 60.0
_OK = 200
_ACCEPTED = 202


@dataclass
class InProcessDotdigital:
    """A Dotdigital account that is called directly.

    Attributes:
        settings: The account's settings.
        clock: The account's clock.
        service: The service behind it.
    """

    settings: DotdigitalSettings = field(default_factory=DotdigitalSettings)
    clock: Clock = field(default_factory=Clock)
    service: DotdigitalService = field(init=False)

    def __post_init__(self) -> None:
        self.service = DotdigitalService(self.clock, self.settings)
        self._application = Starlette(
            routes=[
                Mount("/_sandbox/dotdigital", routes=self.service.control_routes()),
                Mount("/dotdigital", routes=self.service.routes()),
            ]
        )

    def get(self, path: str) -> Reply:
        """Read a path of the API, with its query."""
        return self.call("GET", f"/dotdigital{path}")

    def post(self, path: str, body: Any = None) -> Reply:  # noqa: ANN401 - any JSON value, or bytes
        """Post to a path of the API."""
        return self.call("POST", f"/dotdigital{path}", body)

    def put(self, path: str, body: Any = None) -> Reply:  # noqa: ANN401 - any JSON value, or bytes
        """Put to a path of the API."""
        return self.call("PUT", f"/dotdigital{path}", body)

    def patch(self, path: str, body: Any = None) -> Reply:  # noqa: ANN401 - any JSON value, or bytes
        """Patch a path of the API."""
        return self.call("PATCH", f"/dotdigital{path}", body)

    def delete(self, path: str, body: Any = None) -> Reply:  # noqa: ANN401 - any JSON value, or bytes
        """Delete a path of the API."""
        return self.call("DELETE", f"/dotdigital{path}", body)

    def control(self, path: str, body: Any) -> Any:  # noqa: ANN401 - any JSON value
        """Post to a control route and return the decoded answer.

        Raises:
            ValueError: If it refuses.
        """
        reply = self.call("POST", f"/_sandbox/dotdigital{path}", body)
        if reply.status not in {_OK, _OK + 1}:
            raise ValueError(reply.text)
        return reply.json

    def import_contacts(self, *contacts: Mapping[str, Any], merge: str = "overwrite") -> Any:  # noqa: ANN401 - any JSON value
        """Import contacts, let the clock run until they are in, and return the report.

        Raises:
            ValueError: If the import is not accepted.
        """
        reply = self.put("/contacts/v3/import", {"mergeOption": merge, "contacts": contacts})
        return self._report(reply, "/contacts/v3/import")

    def import_records(
        self,
        records: Sequence[Mapping[str, Any]],
        *,
        collection: str = "Orders",
        scope: str = "contact",
        type_: str = "orders",
    ) -> Any:  # noqa: ANN401 - any JSON value
        """Import Insight records, let the clock run until they are in, and return the report.

        Raises:
            ValueError: If the import is not accepted.
        """
        body = {
            "collectionName": collection,
            "collectionScope": scope,
            "collectionType": type_,
            "records": records,
        }
        return self._report(self.put("/insightData/v3/import", body), "/insightData/v3/import")

    def _report(self, accepted: Reply, path: str) -> Any:  # noqa: ANN401 - any JSON value
        if accepted.status != _ACCEPTED:
            raise ValueError(accepted.text)
        self.clock.advance(_LONGER_THAN_ANY_IMPORT)
        report: dict[str, Any] = {}
        for _ in range(self.service.settings.import_polls_until_done + 1):
            report = self.get(f"{path}/{accepted.json['importId']}").json
        return report

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,  # noqa: ANN401 - any JSON value, or bytes
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send one request; bytes are sent as they are, anything else but None as JSON.

        Args:
            method: HTTP method.
            path: Path and query, percent-encoded.
            body: What to send.
            headers: Instead of credentials and content type.
        """
        if headers is None:
            credentials = base64.b64encode(f"{self.settings.username}:{self.settings.password}".encode()).decode()
            headers = {"Authorization": f"Basic {credentials}", "Content-Type": "application/json"}
        return call(self._application, method, path, body, headers)

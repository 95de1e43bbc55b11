"""Carts of profiles: one a call, and each version of a cart once."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote

from delivery.client import RetryPolicy
from delivery.errors import ServiceThrottled, ServiceUnavailable
from delivery.json_text import encode
from delivery.outcome import DELIVERED, Outcome, rejected, skipped
from delivery.sink import Record, Sink
from typing_extensions import override

from target_iterable.answers import check_endpoint, single_outcome
from target_iterable.cart_versions import CartVersion, mark_items, version_of_items, was_stored
from target_iterable.contracts import ENVELOPE, EVENTS
from target_iterable.created_at import created_at_fault
from target_iterable.identifiers import person_identity
from target_iterable.one_by_one import OneByOne
from target_iterable.person_check import check_person
from target_iterable.profile_reads import Profile, ProfileReader, ProfileRefused
from target_iterable.schemas import CART

if TYPE_CHECKING:
    from collections.abc import Sequence

    from delivery.entry import Entry

    from target_iterable.project import Project

PATH = "/api/commerce/updateCart"
MOST_EVENTS_READ = 200

TRIES = 7
"""With the waits between them a run that cannot go on ends within three minutes."""
ONCE = RetryPolicy(attempts=1)
LONGEST_PAUSE_SECONDS = 60.0

_SENT_BEFORE = skipped("this version of the cart, or a newer one, was there already")
_EMPTY_BEFORE = skipped("the cart is empty, and so was that of the profile already")
_OTHER_CART = skipped("the cart is empty, and the profile has another one, which stays")


class CartSink(Sink):
    """Replaces the carts of profiles.

    Iterable: one cart a call; the call creates or updates the profile, replaces its `shoppingCartItems` and stores an
    event `updateCart` each time, which can start journeys; it has no id, so that sending it again stores another
    event. What the profile holds, and what its events show it held, is therefore read before a version is sent, and
    read again before one is resent whose answer did not come.

    Purchases empty the cart of a profile: carts go after them.
    """

    stage: ClassVar[int] = 2
    lanes: ClassVar[int] = 8
    record_schema: ClassVar[dict[str, Any]] = CART

    def __init__(
        self,
        stream: str,
        project: Project,
    ) -> None:
        super().__init__(stream)
        # Versions of a cart that are read close together become the newest of them.
        self.max_batch_count = 100
        self._project = project
        self._profiles = ProfileReader(project.client, project.type, stream)
        self._one_by_one = OneByOne(project.client.shutdown)

    @override
    def prepare(self, record: Record) -> Record | Outcome:
        checked = super().prepare(record)
        if isinstance(checked, Outcome):
            return checked
        cart = {name: value for name, value in checked.items() if value is not None}
        if ("cartId" in cart) != ("cartVersion" in cart):
            return rejected("cartId and cartVersion must come together, or neither", "cartVersion")
        if (fault := created_at_fault(cart)) is not None:
            return rejected(fault, "createdAt")
        owner = check_person(cart["user"], self._project.type, self._project.forgotten, "user")
        if isinstance(owner, Outcome):
            return owner
        version = _version_of(cart)
        items = cart["items"] if version is None else mark_items(cart["items"], version)
        return {**cart, "user": owner, "items": items}

    @override
    def identify(self, record: Record) -> str:
        return person_identity(record["user"])

    @override
    def merge(self, earlier: Record, later: Record) -> Record | None:
        before, after = _version_of(earlier), _version_of(later)
        if before is None or after is None or before.cart_id != after.cart_id or earlier["user"] != later["user"]:
            return None
        return later if after.covers(before) else earlier

    @override
    def element(self, record: Record) -> bytes:
        return encode({name: value for name, value in record.items() if name not in {"cartId", "cartVersion"}})

    @override
    def send(self, batch: Sequence[Entry]) -> Sequence[Outcome]:
        return self._project.new_profiles.deliver(
            batch, self.stream, lambda able: self._one_by_one.deliver(able, self._send_one), _made_by
        )

    def _send_one(self, entry: Entry) -> Outcome:
        version = _version_of(entry.record)
        if version is None:
            answer = self._project.client.ask(
                "POST",
                PATH,
                contract=ENVELOPE,
                stream=self.stream,
                budget=self._project.client.budgets.commerce,
                body=entry.element,
            )
            check_endpoint(answer, self.stream)
            return DELIVERED if answer.succeeded else single_outcome(answer)
        try:
            return self._why_not(entry.record, version) or self._send_version(entry, version)
        except ProfileRefused as refused:
            return refused.outcome

    def _why_not(self, cart: Record, version: CartVersion) -> Outcome | None:
        """Return why a version of a cart need not be sent, as the service shows it; None if it must be.

        Raises:
            ProfileRefused: If Iterable does not take the owner's identifier.
        """
        profile = self._profiles.read(cart["user"])
        fields = (profile or {}).get("dataFields")
        held = fields.get("shoppingCartItems") if isinstance(fields, dict) else None
        on_profile = version_of_items(held)
        if on_profile is not None and on_profile.cart_id == version.cart_id:
            return _SENT_BEFORE if on_profile.covers(version) else None
        if not cart["items"]:
            if not held:
                return _EMPTY_BEFORE
            return None if on_profile is None else _OTHER_CART
        # Another cart, or a purchase, may have taken the place of this version since.
        return _SENT_BEFORE if profile is not None and was_stored(version, self._events(profile)) else None

    def _events(self, profile: Profile) -> object:
        """Return the newest events of a person. Iterable: 100 reads a second, at most 200 events.

        Raises:
            ProfileRefused: If Iterable does not tell them.
        """
        email, user_id = profile.get("email"), profile.get("userId")
        if email and (self._project.type == "email" or not user_id):
            path = f"/api/events/{quote(email, safe='')}"
        else:
            path = f"/api/events/byUserId/{quote(user_id or '', safe='')}"
        answer = self._project.client.ask(
            "GET",
            path,
            contract=EVENTS,
            stream=self.stream,
            budget=self._project.client.budgets.event_reads,
            parameters={"limit": str(MOST_EVENTS_READ)},
            shown_path="/api/events/…",
        )
        if not answer.succeeded:
            # Whether this version was sent before is not known, and sending it again can start a journey again.
            raise ProfileRefused(single_outcome(answer))
        return answer.body["events"]

    def _send_version(self, entry: Entry, version: CartVersion) -> Outcome:
        """Send a version of a cart; where no answer comes, look whether it arrived before sending it again.

        Raises:
            ServiceUnavailable: If it did not arrive at any try.
        """
        tries = 1
        while (outcome := self._try_version(entry, version, tries)) is None:
            tries += 1
        return outcome

    def _try_version(self, entry: Entry, version: CartVersion, tries: int) -> Outcome | None:
        try:
            answer = self._project.client.ask(
                "POST",
                PATH,
                contract=ENVELOPE,
                stream=self.stream,
                budget=self._project.client.budgets.commerce,
                body=entry.element,
                retry=ONCE,
            )
        except ServiceThrottled:
            raise
        except ServiceUnavailable as fault:
            self._wait_until_shown(tries, fault)
            if self._why_not(entry.record, version) is not None:
                return DELIVERED
            if tries == TRIES:
                raise
            return None
        check_endpoint(answer, self.stream)
        return DELIVERED if answer.succeeded else single_outcome(answer)

    def _wait_until_shown(self, tries: int, fault: ServiceUnavailable) -> None:
        # Iterable: what was written is shown some seconds later; how many is not documented.
        seconds = min(LONGEST_PAUSE_SECONDS, 2.0**tries) * random.uniform(0.5, 1.0)  # noqa: S311 - jitter
        self._project.logger.warning(
            "%s; looking in %.1f s whether the cart arrived, before it is sent again (%d of %d tries)",
            fault,
            seconds,
            tries,
            TRIES,
        )
        self._project.client.shutdown.sleep(seconds)


def _made_by(entry: Entry) -> Record | None:
    """Return whom a cart makes if unknown; an empty one of which the version is known is not sent for such a person."""
    owner: Record = entry.record["user"]
    return owner if entry.record["items"] or _version_of(entry.record) is None else None


def _version_of(cart: Record) -> CartVersion | None:
    return CartVersion(cart["cartId"], cart["cartVersion"]) if "cartId" in cart else None

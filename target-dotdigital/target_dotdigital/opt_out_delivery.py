"""Carries noes out where Dotdigital takes them not together, or takes nothing else any more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from delivery.errors import DeliveryError
from delivery.outcome import DELIVERED, Outcome, OutcomeKind

from target_dotdigital.contact_identity import EMAIL
from target_dotdigital.opt_outs import parts_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from target_dotdigital.contact_preparation import ContactPreparation
    from target_dotdigital.data_fields import DataFields
    from target_dotdigital.opt_outs import OptOuts

Contact = dict[str, Any]


class OptOutDelivery:
    """Sends the noes of contacts once more, by themselves.

    Args:
        opt_outs: Reads the noes of contacts.
        preparation: Knows whom the account knows.
        data_fields: The account's data fields.
        send: Sends contacts, which join no list, and returns their outcomes.
    """

    def __init__(
        self,
        opt_outs: OptOuts,
        preparation: ContactPreparation,
        data_fields: DataFields,
        send: Callable[[Sequence[Contact]], list[Outcome]],
    ) -> None:
        self._opt_outs = opt_outs
        self._preparation = preparation
        self._data_fields = data_fields
        self._send = send

    def in_parts(self, contacts: Sequence[Contact], outcomes: Sequence[Outcome]) -> list[Outcome]:
        """Send the noes that Dotdigital refused together one by one, and return the outcomes after that.

        A contact that says nothing but noes is what is left of a rejected record: nobody else would send its parts.

        Args:
            contacts: What was sent.
            outcomes: The outcome of each.
        """
        parts: list[tuple[int, Contact]] = [
            (place, part)
            for place, outcome in enumerate(outcomes)
            if outcome.kind is OutcomeKind.REJECTED and self._opt_outs.of(contacts[place]) == contacts[place]
            for part in parts_of(contacts[place])
        ]
        there = self._preparation.who_is_there([part for _, part in parts])
        # Whoever is not there gets no mail; an address is made unsubscribed in any case, before somebody subscribes it.
        sent = [
            (place, part)
            for (place, part), is_there in zip(parts, there, strict=True)
            if is_there or part["matchIdentifier"] == EMAIL
        ]
        found = list(outcomes)
        for place, _ in parts:
            found[place] = DELIVERED
        for (place, _), result in zip(sent, self._send([part for _, part in sent]), strict=True):
            if result.kind is OutcomeKind.REJECTED:
                found[place] = result
        return found

    def at_the_end(self, contacts: Sequence[Contact]) -> None:
        """Send the noes of contacts that the account knows, as far as it takes them, before the run ends.

        Args:
            contacts: What could not be delivered.
        """
        try:
            noes = [opt_out for contact in contacts if (opt_out := self._opt_outs.of(contact)) is not None]
            parts = [self._without_new_fields(part) for opt_out in noes for part in parts_of(opt_out)]
            there = self._preparation.who_is_there(parts)
            self._send([part for part, is_there in zip(parts, there, strict=True) if is_there])
        except DeliveryError:
            # The run ends for the first reason; the next one sends them again.
            return

    def _without_new_fields(self, contact: Contact) -> Contact:
        """Return a contact without data fields that are to be made: one that is not there says no yes."""
        fields = self._data_fields.known_among(contact.get("dataFields", {}))
        rest = {name: value for name, value in contact.items() if name != "dataFields"}
        return {**rest, "dataFields": fields} if fields else rest

"""What Iterable's contract says each call is answered with; anything else is no answer of Iterable.

A proxy, a firewall or a maintenance page may answer in Iterable's place, and with 200. Whether Iterable has acted is
not known then: such an answer is a fault of the service, which delivers nothing and refuses nothing.

Iterable: single writes are answered with `{msg, code, params}`, bulk writes with counts, reads with what is asked for.
Refusals (4xx) are JSON objects with a `code`. Beside these, some answers are documented or recorded that are not JSON:
413, the HTML page of a route that is not there, and plain text of the calls about one subscription and of old look-ups.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import msgspec
from delivery.client import UnexpectedAnswer

from target_iterable.answers import NOT_FOUND, TOO_LARGE, UNKNOWN_USER_ID, Answer, code_of
from target_iterable.bulk_failures import comparable, unchanged

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import requests

Body = dict[str, Any]
Check = Callable[[Body], bool]

ACCEPTED = 202
BAD_REQUEST = 400
_TAKEN = frozenset({200, 201, ACCEPTED})
_REFUSED = range(400, 500)
_LONGEST_SENTENCE = 500
_UNKNOWN_USER_ID_AS_TEXT = "No user with that id exists"
_ACCEPTED_WORD = re.compile(r"\baccepted\b", re.IGNORECASE)
_DENIAL = re.compile(r"\b(?:not|never|cannot|no|nothing|\w+n\Wt)\b", re.IGNORECASE)
_COUNTS = ("successCount", "failCount")


@dataclass(frozen=True, slots=True)
class Contract:
    """What one call may be answered with.

    Attributes:
        is_success: Tells whether the JSON object of an answer 200, 201 or 202 is what the call is documented to
            return.
        takes_much: Whether a request may be larger than is taken.
        speaks_text: Whether the call may answer 202 and 400 with a sentence in place of JSON.
        knows_nobody_by_text: Whether the call may say in a sentence that nobody has a userId.
        may_be_absent: Whether projects may lack the call: 404 is for the caller then, of whatever shape.
    """

    is_success: Check
    takes_much: bool = True
    speaks_text: bool = False
    knows_nobody_by_text: bool = False
    may_be_absent: bool = False

    def read(self, response: requests.Response) -> Answer:
        """Return an answer that is one of the call's.

        Raises:
            UnexpectedAnswer: If it is none.
        """
        status, body = response.status_code, _json_object(response.content)
        if status in _TAKEN:
            known = self._is_taken(status, body, response)
        elif status in _REFUSED:
            known = self._is_refusal(status, body, response)
        else:
            known = False
        if not known:
            raise UnexpectedAnswer(_unexpected(status, body))
        if body is None and self._says_nobody(status, response):
            return Answer(status=status, code=UNKNOWN_USER_ID)
        params = (body or {}).get("params")
        return Answer(
            status=status,
            code=code_of(body or {}),
            params=params if isinstance(params, dict) else {},
            body=body or {},
        )

    def _is_taken(self, status: int, body: Body | None, response: requests.Response) -> bool:
        if body is not None:
            return self.is_success(body)
        return self.speaks_text and status == ACCEPTED and _says_accepted(_sentence(response))

    def _is_refusal(self, status: int, body: Body | None, response: requests.Response) -> bool:
        # A route that is not there answers with a page, and what is too large is refused before Iterable reads it.
        if status == NOT_FOUND or (status == TOO_LARGE and self.takes_much):
            return True
        if body is not None:
            return isinstance(body.get("code"), str)
        if self._says_nobody(status, response):
            return True
        return self.speaks_text and status == BAD_REQUEST and bool(_sentence(response))

    def _says_nobody(self, status: int, response: requests.Response) -> bool:
        return (
            self.knows_nobody_by_text
            and status == BAD_REQUEST
            and _sentence(response).startswith(_UNKNOWN_USER_ID_AS_TEXT)
        )


def counts_of(sent: Sequence[Mapping[str, Any]]) -> Contract:
    """Return the contract of a bulk write: how many of those sent were taken and how many failed.

    Iterable: whether those that changed nothing (`noOp…`) are counted among the ones taken is not documented.

    Args:
        sent: The elements of the request, which name people.
    """

    def is_success(body: Body) -> bool:
        counts = [count for name in _COUNTS if type(count := body.get(name)) is int and count >= 0]
        if len(counts) < len(_COUNTS):
            return False
        return sum(counts) in {len(sent), len(sent) - unchanged(body, sent)}

    return Contract(is_success)


def listing_of(member: str, fits: Callable[[Body], bool] = lambda _: True) -> Contract:
    """Return the contract of a read that answers with a list of objects.

    Args:
        member: The list's name.
        fits: Tells whether an element is what it should be.
    """

    def is_success(body: Body) -> bool:
        listed = body.get(member)
        return isinstance(listed, list) and all(isinstance(one, dict) and fits(one) for one in listed)

    return _read(is_success)


def profile_by_email(address: str) -> Contract:
    """Return the contract of a look-up by address: that person's profile, or an empty object if there is none."""

    def is_success(body: Body) -> bool:
        return not body or (_is_profile(body) and comparable(_identifier(body, "email")) == comparable(address))

    return _look_up(is_success)


def profile_by_user_id(user_id: str) -> Contract:
    """Return the contract of a look-up by userId: that person's profile, since nobody there is a refusal."""

    def is_success(body: Body) -> bool:
        return _is_profile(body) and _identifier(body, "userId") == user_id

    return _look_up(is_success)


def _look_up(is_success: Check) -> Contract:
    return replace(_read(is_success), knows_nobody_by_text=True)


def _json_object(content: bytes) -> Body | None:
    try:
        return msgspec.json.decode(content, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _sentence(response: requests.Response) -> str:
    """Return the text of an answer that is a sentence for people; empty if it is a page, or anything else."""
    content = response.content[:_LONGEST_SENTENCE]
    if len(response.content) > _LONGEST_SENTENCE or "html" in response.headers.get("Content-Type", "").lower():
        return ""
    text = content.decode(errors="replace").strip()
    return "" if text[:1] in set("<{[") else text


def _says_accepted(sentence: str) -> bool:
    """Tell whether a sentence says that something is accepted, and not that it is not."""
    return any(not _DENIAL.search(sentence[: said.start()]) for said in _ACCEPTED_WORD.finditer(sentence))


def _unexpected(status: int, body: Body | None) -> str:
    if body is None:
        return f"HTTP {status} with something that Iterable does not answer there: no JSON object"
    return f"HTTP {status} with a JSON object that Iterable does not answer there"


def _is_envelope(body: Body) -> bool:
    return body.get("code") == "Success"


def _is_accepted(body: Body) -> bool:
    return body.get("code") in {"Success", "Accepted"}


def _has_id_and_name(document: Body) -> bool:
    return type(document.get("id")) is int and isinstance(document.get("name"), str)


def _is_message_type(document: Body) -> bool:
    return _has_id_and_name(document) and type(document.get("channelId")) is int


def _is_profile(body: Body) -> bool:
    user = body.get("user")
    return (
        isinstance(user, dict)
        and bool(user)
        and all(isinstance(user.get(name, ""), str | None) for name in ("email", "userId"))
        and isinstance(user.get("dataFields", {}), dict)
    )


def _identifier(body: Body, name: str) -> object:
    """Return an identifier of a profile, which stands beside the data fields, among them, or in both places."""
    user = body["user"]
    return user.get(name) or user.get("dataFields", {}).get(name)


def _has_list_id(body: Body) -> bool:
    return type(body.get("listId")) is int


def _has_fields(body: Body) -> bool:
    return isinstance(body.get("fields"), dict)


def unwrapped(body: Body) -> Body:
    """Return what an answer about catalogs holds. Iterable wraps it in `params`, though its contract shows it bare."""
    params = body.get("params")
    return params if isinstance(params, dict) else body


def _lists_catalogs(body: Body) -> bool:
    listed = unwrapped(body).get("catalogNames")
    return isinstance(listed, list) and all(
        isinstance(one, dict) and isinstance(one.get("name"), str) for one in listed
    )


def _maps_fields(body: Body) -> bool:
    return isinstance(unwrapped(body).get("definedMappings"), dict)


def _hashes_of(member: str) -> Contract:
    def is_success(body: Body) -> bool:
        listed = body.get(member)
        return isinstance(listed, list) and all(isinstance(one, str) for one in listed)

    return _read(is_success)


def _read(is_success: Check) -> Contract:
    return Contract(is_success, takes_much=False)


ENVELOPE = Contract(_is_envelope)
"""Of every call that changes one thing, and of uploads to catalogs."""
SUBSCRIPTION_CHANGE = Contract(_is_accepted, speaks_text=True, may_be_absent=True)
"""Of the incremental endpoints."""
CHANNELS = listing_of("channels", _has_id_and_name)
MESSAGE_TYPES = listing_of("messageTypes", _is_message_type)
LISTS = listing_of("lists", _has_id_and_name)
NEW_LIST = Contract(_has_list_id)
EVENTS = listing_of("events")
FIELDS = _read(_has_fields)
FORGOTTEN_ADDRESSES = _hashes_of("hashedEmails")
FORGOTTEN_USER_IDS = _hashes_of("hashedUserIds")
CATALOGS = _read(_lists_catalogs)
FIELD_MAPPINGS = _read(_maps_fields)

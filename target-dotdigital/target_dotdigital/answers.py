"""What Dotdigital's answers hold: JSON, tables, error words in the spellings of both versions.

Dotdigital: a v3 error holds `errorCode`, `description` and `details` (whose texts are called `description` or
`error`); a v2 error is one text that holds a token such as `ERROR_NON_UNIQUE_DATAFIELD`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeGuard

import msgspec
from delivery.answer import ServiceAnswer

if TYPE_CHECKING:
    from collections.abc import Container

    import requests
    from delivery.redaction import Redaction

_TOKEN = re.compile(r"ERROR_[A-Z_]{1,80}")
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_:.]{0,80}")
_TABLES = frozenset({"text/csv", "application/octet-stream"})
_QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"")
LONGEST_TEXT = 10_000
TOO_LONG = "a text too long to show"
"""Instead of what is longer: an echo of what was sent, most likely, and half a secret is not found in half a text."""

NO_MORE_CONTACTS = (
    "Dotdigital takes no more contacts (ExceedsAllowedContactLimit): the contract's number is reached; delete contacts "
    "nobody needs, or have the contract changed"
)
NO_MORE_STORAGE = (
    "Dotdigital takes no more Insight data (ERROR_TRANSACTIONAL_DATA_STORAGE_ALLOWANCE_EXCEEDED): the account's "
    "storage is full; delete collections nobody needs, or have the contract changed"
)
_ACCOUNT_FULL = {
    "errorcontacttoomany": NO_MORE_CONTACTS,
    "exceedsallowedcontactlimit": NO_MORE_CONTACTS,
    "storageallowanceexceeded": NO_MORE_STORAGE,
}
_BUSY = ("ERROR_APIUSAGE_EXCEEDED", "ERROR_ADDRESSBOOK_IN_USE")
_BUSY_WORDS = re.compile(
    r"(?i)\bexcess\w{0,10}\b.{0,40}\bapi\b|\bapi\b.{0,40}\bexcess|\bexceed\w{0,10}\b.{0,40}\bapi calls"
)
"""Some answers of the hourly limit hold words and no token."""

BAD_REQUEST = 400
NOT_FOUND = 404
CONFLICT = 409
NO_ROOM = 412
TOO_LARGE = 413
TOO_MANY = 429


@dataclass(frozen=True, slots=True)
class Answer(ServiceAnswer):
    """An answer of Dotdigital; its code is empty unless it is a refusal.

    Attributes:
        data: The JSON it holds, or the text of a table; None if it holds neither, or is a refusal without.
        text: What the service says about a refusal, without values; empty if it says nothing.
    """

    data: Any = None
    text: str = ""

    @property
    def explained(self) -> str:
        """The word, and the text if there is one."""
        return f"{self.word}: {self.text}" if self.text else self.word

    @property
    def wants_slot(self) -> bool:
        """Whether too many jobs run at once, so that the end of one, not the clock, is to be awaited."""
        return not self.succeeded and is_job_limit(self.code)


def is_job_limit(code: str) -> bool:
    """Tell whether a code speaks of too many jobs."""
    return "toomany" in plain_code(code) and not full_account(code)


def full_account(code: str) -> str:
    """Return what to say of a code that means that the contract allows no more; empty if it means something else."""
    return next((text for word, text in _ACCOUNT_FULL.items() if plain_code(code).endswith(word)), "")


def is_busy(status: int, code: str, text: str) -> bool:
    """Tell whether a refusal passes with time although its status is that of a bad request.

    Args:
        status: HTTP status.
        code: The code of the error.
        text: All it says.
    """
    return code in _BUSY or (status == BAD_REQUEST and not code and _BUSY_WORDS.search(text[:LONGEST_TEXT]) is not None)


def plain_code(code: str) -> str:
    """Return a code as codes are compared: its spelling differs between services and versions."""
    return code.lower().replace("_", "")


def json_of(response: requests.Response) -> Any:  # noqa: ANN401 - JSON
    """Return the JSON an answer holds, or None."""
    try:
        return msgspec.json.decode(response.content)
    except (msgspec.DecodeError, RecursionError):
        return None


def table_of(response: requests.Response) -> str | None:
    """Return the text of an answer that is a table (CSV), as reports of version 2 are, or None."""
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return response.content.decode("utf-8-sig", errors="replace") if kind in _TABLES else None


def columns_of(table: str) -> set[str]:
    """Return what the head of a table names."""
    head = table.partition("\n")[0]
    return {name.strip().strip('"') for name in head.split(",")} if len(head) <= LONGEST_TEXT else set()


def is_error(data: object) -> TypeGuard[dict[str, Any]]:
    """Tell whether JSON is an error of the service, of either version."""
    return isinstance(data, dict) and any(isinstance(data.get(name), str) for name in ("errorCode", "message"))


def error_of(data: dict[str, Any]) -> tuple[str, str]:
    """Return the code of an error and all it says, of either version."""
    message = data.get("message")
    if isinstance(message, str):
        token = _TOKEN.search(message[:LONGEST_TEXT])
        return (token.group() if token else ""), message
    code = data.get("errorCode")
    texts = [data.get("description")]
    details = data.get("details")
    texts += [
        ": ".join(str(detail[name]) for name in ("item", "description", "error") if detail.get(name))
        for detail in (details if isinstance(details, list) else [])
        if isinstance(detail, dict)
    ]
    # Only what looks like a code is kept: an error text in its place could hold anything.
    known = code if isinstance(code, str) and _CODE.fullmatch(code) else ""
    return known, "; ".join(text for text in texts if isinstance(text, str) and text)


def without_values(text: str, redaction: Redaction, names: Container[str] = ()) -> str:
    """Return what the service said without secrets and personal data.

    Args:
        text: What it said.
        redaction: Knows the secrets.
        names: Quoted texts to keep, such as names of data fields; other quoted texts may be values and are dropped.
    """

    def keep_names(match: re.Match[str]) -> str:
        quoted = match[1] if match[1] is not None else match[2]
        return match[0] if quoted in names else "[value]"

    if len(text) > LONGEST_TEXT:
        return TOO_LONG
    return redaction.clean(_QUOTED.sub(keep_names, text))

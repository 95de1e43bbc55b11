"""The page for people: what the account holds, one table at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from commerce_sandbox.dotdigital.email_status import NO_SUBSCRIPTION, PENDING, SUBSCRIBED
from commerce_sandbox.dotdigital.jobs import JobKind
from commerce_sandbox.dotdigital.snapshot import counts
from commerce_sandbox.service import Page
from commerce_sandbox.table_view import table_view

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from commerce_sandbox.dotdigital.account import Account
    from commerce_sandbox.dotdigital.contact import Contact
    from commerce_sandbox.dotdigital.jobs import Job

Row = dict[str, Any]
Columns = tuple[tuple[str, str], ...]

_STATUS_CLASSES = {SUBSCRIBED: "good", PENDING: "waiting", NO_SUBSCRIPTION: "absent"}


def account_page(account: Account, arguments: Mapping[str, str]) -> Page:
    """Return the page with the table that ``?section=`` names (contacts unless another is named)."""
    asked = arguments.get("section", "contacts")
    section = asked if asked in _SECTIONS else "contacts"
    title, columns, rows = _SECTIONS[section]
    context = {
        "sections": {name: title for name, (title, _, _) in _SECTIONS.items()},
        "section": section,
        "view": table_view(section, title, columns, rows(account), arguments, only_table=True),
        "counts": counts(account),
        "region": account.settings.region,
    }
    return Page("dotdigital.html", context)


def _contacts(account: Account) -> Iterator[Row]:
    for contact in account.contacts.all():
        yield {
            "email": contact.address,
            "other": {name: value for name, value in contact.identifiers.items() if name != "email"},
            "status": _coloured(contact.email.status),
            "optInType": contact.email.opt_in_type,
            "lists": [contact_list.name for contact_list in account.lists.of_contact(contact.contact_id)],
            "dataFields": contact.data_fields,
            "preferences": _preferences(account, contact),
            "consent": [f"{consent.date_time_consented}: {consent.text}" for consent in contact.consents],
            "updated": _time(contact.updated),
        }


def _coloured(status: str) -> Markup:
    return Markup('<strong class="{}">{}</strong>').format(_STATUS_CLASSES.get(status, "bad"), status)


def _preferences(account: Account, contact: Contact) -> list[str]:
    names = {preference.id: preference.name for preference in account.settings.preferences}
    return [names.get(identifier, str(identifier)) for identifier, opted_in in contact.preferences.items() if opted_in]


def _status_changes(account: Account) -> Iterator[Row]:
    changes = [
        (change, contact_id) for contact_id, history in account.contacts.status_history.items() for change in history
    ]
    for change, contact_id in sorted(changes, key=lambda pair: pair[0].at, reverse=True):
        contact = account.contacts.find_with_bin("contactId", str(contact_id))
        yield {
            "at": _time(change.at),
            "contact": contact.label if contact else str(contact_id),
            "before": change.before,
            "after": _coloured(change.after),
            "cause": change.cause,
            "stated": change.stated,
        }


def _mails(account: Account) -> Iterator[Row]:
    for mail in reversed(account.contacts.mails_sent):
        yield {"at": _time(mail.at), "address": mail.address, "kind": mail.kind, "cause": mail.cause}


def _collections(account: Account) -> Iterator[Row]:
    for collection in account.insight.all():
        yield {
            "name": collection.name,
            "scope": collection.scope,
            "type": collection.type,
            "records": len(collection.records),
            "columns": {
                name: f"{column.type}{' (list)' if column.repeated else ''}"
                for name, column in collection.schema.fields.items()
            },
            "unusable": len(collection.missing_product_properties()),
        }


def _records(account: Account) -> Iterator[Row]:
    for collection in account.insight.all():
        for record in collection.records.values():
            contact = None if record.owner is None else account.contacts.get(record.owner)
            yield {
                "collection": collection.name,
                "key": record.key,
                "owner": contact.label if contact else record.owner,
                "json": record.json,
                "updated": _time(record.updated),
            }


def _imports(account: Account) -> Iterator[Row]:
    for kind in (JobKind.CONTACT_IMPORT, JobKind.INSIGHT_IMPORT, JobKind.CONTACT_DELETION):
        for job in reversed(account.jobs.all(kind)):
            report = job.report or {}
            yield {
                "kind": kind.value,
                "id": job.id,
                "records": job.records,
                "status": _job_status(job),
                "collection": report.get("collectionName"),
                "summary": report.get("summary", {}),
                "failures": [_failure_line(failure) for failure in report.get("failures", [])[:10]],
            }


def _job_status(job: Job) -> str:
    if job.report is None:
        return "running"
    return job.forced_status or str(job.report.get("status", "done"))


def _failure_line(failure: Mapping[str, Any]) -> str:
    """Return one failed record of a report in a line."""
    if "failureReason" in failure:
        return f"{failure['key']}: {failure['failureReason']} {'; '.join(failure['details'])}".rstrip()
    reasons = "; ".join(f"{reason['failureCode']} ({reason['description']})" for reason in failure["failures"])
    named = failure.get("identifiers", failure.get("identifier", {}))
    return f"{', '.join(str(value) for value in named.values() if value is not None)}: {reasons}"


def _lists(account: Account) -> Iterator[Row]:
    for contact_list in account.lists.all():
        yield {
            "id": contact_list.id,
            "name": contact_list.name,
            "visibility": contact_list.visibility,
            "contacts": len(account.contacts_on(contact_list)),
        }


def _data_fields(account: Account) -> Iterator[Row]:
    contacts = list(account.contacts.all())
    for data_field in account.data_fields.all():
        filled = sum(1 for contact in contacts if data_field.name in contact.data_fields)
        yield {**data_field.document(), "built_in": data_field.built_in, "filled": filled}


def _events(account: Account) -> Iterator[Row]:
    for event in reversed(account.events.events):
        contact = account.contacts.get(event.contact_id)
        yield {
            "type": event.type,
            "contact": contact.label if contact else str(event.contact_id),
            "id": event.id,
            "timestamp": event.timestamp,
            "data": event.data,
        }


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S")


_SECTIONS: dict[str, tuple[str, Columns, Callable[[Account], Iterator[Row]]]] = {
    "contacts": (
        "Contacts",
        (
            ("email", "E-mail"),
            ("other", "Other identifiers"),
            ("status", "Status"),
            ("optInType", "Opt-in"),
            ("lists", "Lists"),
            ("dataFields", "Data fields"),
            ("preferences", "Preferences"),
            ("consent", "Consent"),
            ("updated", "Updated"),
        ),
        _contacts,
    ),
    "records": (
        "Insight records",
        (
            ("collection", "Collection"),
            ("key", "Key"),
            ("owner", "Contact"),
            ("json", "Content"),
            ("updated", "Updated"),
        ),
        _records,
    ),
    "collections": (
        "Insight collections",
        (
            ("name", "Name"),
            ("scope", "Scope"),
            ("type", "Type"),
            ("records", "Records"),
            ("columns", "Columns"),
            ("unusable", "Products that cannot be shown"),
        ),
        _collections,
    ),
    "imports": (
        "Imports",
        (
            ("kind", "Kind"),
            ("id", "Id"),
            ("records", "Records"),
            ("status", "Status"),
            ("collection", "Collection"),
            ("summary", "Summary"),
            ("failures", "First failures"),
        ),
        _imports,
    ),
    "lists": (
        "Lists",
        (("id", "Id"), ("name", "Name"), ("visibility", "Visibility"), ("contacts", "Contacts")),
        _lists,
    ),
    "data_fields": (
        "Data fields",
        (
            ("name", "Name"),
            ("type", "Type"),
            ("visibility", "Visibility"),
            ("defaultValue", "Default"),
            ("built_in", "Built in"),
            ("filled", "Contacts with a value"),
        ),
        _data_fields,
    ),
    "status_changes": (
        "Changes of status",
        (
            ("at", "Time"),
            ("contact", "Contact"),
            ("before", "Before"),
            ("after", "After"),
            ("cause", "Cause"),
            ("stated", "Stated by the request"),
        ),
        _status_changes,
    ),
    "mails": (
        "Mails sent",
        (("at", "Time"), ("address", "To"), ("kind", "Kind"), ("cause", "Cause")),
        _mails,
    ),
    "events": (
        "Events",
        (("type", "Type"), ("contact", "Contact"), ("id", "Id"), ("timestamp", "Time"), ("data", "Content")),
        _events,
    ),
}

"""The page for people: what the account holds, one table at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from commerce_sandbox.cell_text import ColouredWord, amount_text, item_line
from commerce_sandbox.dotdigital.email_status import NO_SUBSCRIPTION, PENDING, SUBSCRIBED
from commerce_sandbox.dotdigital.jobs import JobKind
from commerce_sandbox.dotdigital.snapshot import counts
from commerce_sandbox.service import Page
from commerce_sandbox.table_view import table_view

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from commerce_sandbox.cell_text import Tone
    from commerce_sandbox.dotdigital.account import Account
    from commerce_sandbox.dotdigital.contact import Contact
    from commerce_sandbox.dotdigital.insight_store import InsightCollection, InsightRecord
    from commerce_sandbox.dotdigital.jobs import Job

Row = dict[str, Any]
Columns = tuple[tuple[str, str], ...]

_STATUS_TONES: dict[str, Tone] = {SUBSCRIBED: "good", PENDING: "waiting", NO_SUBSCRIPTION: "quiet"}
_JOB_TONES: dict[str, Tone] = {"Finished": "good", "running": "waiting"}


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
    for contact in sorted(account.contacts.all(), key=lambda contact: contact.updated, reverse=True):
        yield {
            "email": contact.address,
            "name": _name(contact),
            "status": _coloured(contact.email.status),
            "optInType": contact.email.opt_in_type,
            "lists": [contact_list.name for contact_list in account.lists.of_contact(contact.contact_id)],
            "consent": [f"{consent.text} ({consent.date_time_consented})" for consent in contact.consents],
            "preferences": _preferences(account, contact),
            "dataFields": contact.data_fields,
            "other": {name: value for name, value in contact.identifiers.items() if name != "email"},
            "updated": _time(contact.updated),
        }


def _name(contact: Contact) -> str:
    return " ".join(
        str(contact.data_fields[part]) for part in ("FIRSTNAME", "LASTNAME") if contact.data_fields.get(part)
    )


def _coloured(status: str) -> ColouredWord:
    return ColouredWord(status, _STATUS_TONES.get(status, "bad"))


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


def _orders(account: Account) -> Iterator[Row]:
    """Yield the records of collections of type orders, what was bought last first."""
    records = [record for _, record in _records_of_type(account, "orders")]
    for record in sorted(records, key=lambda record: str(record.json.get("purchase_date", "")), reverse=True):
        content = record.json
        currency = content.get("currency")
        items = content.get("products")
        yield {
            "bought": content.get("purchase_date"),
            "key": record.key,
            "owner": _owner(account, record),
            "total": amount_text(content.get("order_total"), currency),
            "status": content.get("order_status"),
            "items": [_item(item, currency) for item in items] if isinstance(items, list) else items,
            "json": content,
            "updated": _time(record.updated),
        }


def _item(item: object, currency: object) -> object:
    if not isinstance(item, dict):
        return item
    return item_line(item.get("qty", "?"), item.get("name", "?"), item.get("price", "?"), currency)


def _catalog(account: Account) -> Iterator[Row]:
    for collection, record in _records_of_type(account, "catalog"):
        content = record.json
        yield {
            "name": content.get("name"),
            "sku": content.get("sku"),
            "price": amount_text(content.get("price"), content.get("currency")),
            "stock": content.get("stock"),
            "status": content.get("status"),
            "json": content,
            "collection": collection.name,
            "key": record.key,
            "updated": _time(record.updated),
        }


def _records_of_type(account: Account, type_: str) -> Iterator[tuple[InsightCollection, InsightRecord]]:
    for collection in account.insight.all():
        if collection.type == type_:
            for record in collection.records.values():
                yield collection, record


def _owner(account: Account, record: InsightRecord) -> str | None:
    if record.owner is None:
        return None
    contact = account.contacts.get(record.owner)
    return contact.label if contact else str(record.owner)


def _records(account: Account) -> Iterator[Row]:
    for collection in account.insight.all():
        for record in collection.records.values():
            yield {
                "collection": collection.name,
                "key": record.key,
                "owner": _owner(account, record),
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


def _job_status(job: Job) -> ColouredWord:
    status = "running" if job.report is None else job.forced_status or str(job.report.get("status", "Finished"))
    return ColouredWord(status, _JOB_TONES.get(status, "bad"))


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
            ("name", "Name"),
            ("status", "Status"),
            ("optInType", "Opt-in"),
            ("lists", "Lists"),
            ("dataFields", "Data fields"),
            ("consent", "Consent"),
            ("preferences", "Preferences"),
            ("other", "Other identifiers"),
            ("updated", "Updated"),
        ),
        _contacts,
    ),
    "orders": (
        "Orders",
        (
            ("bought", "Bought"),
            ("key", "Key"),
            ("owner", "Contact"),
            ("total", "Total"),
            ("status", "Status"),
            ("items", "Items"),
            ("json", "Whole record"),
            ("updated", "Updated"),
        ),
        _orders,
    ),
    "catalog": (
        "Catalogue",
        (
            ("name", "Name"),
            ("sku", "SKU"),
            ("price", "Price"),
            ("stock", "Stock"),
            ("status", "Status"),
            ("json", "Whole record"),
            ("collection", "Collection"),
            ("key", "Key"),
            ("updated", "Updated"),
        ),
        _catalog,
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
            ("status", "Status"),
            ("records", "Records"),
            ("collection", "Collection"),
            ("summary", "Summary"),
            ("failures", "First failures"),
            ("id", "Id"),
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

"""Everything the account holds as JSON data: what two runs must have in common, and apart from it what differs."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from commerce_sandbox.clock import timestamp
from commerce_sandbox.dotdigital.email_status import SUBSCRIBED
from commerce_sandbox.dotdigital.identifiers import EMAIL
from commerce_sandbox.dotdigital.jobs import JobKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from commerce_sandbox.dotdigital.account import Account
    from commerce_sandbox.dotdigital.contact import Contact
    from commerce_sandbox.dotdigital.insight_store import InsightCollection, InsightRecord
    from commerce_sandbox.dotdigital.jobs import Job


def snapshot(account: Account) -> Mapping[str, Any]:
    """Return all that the account holds, in a stable order.

    Numbers the platform gives, times of receipt, the audit and counts of jobs differ between runs that end in the same
    data; they stand under ``contact_ids``, ``list_ids``, ``received_at``, ``status_history``, ``imports`` and ``jobs``.
    """
    contacts = sorted(account.contacts.all(), key=_order)
    return {
        "contacts": [_contact(account, contact) for contact in contacts],
        "recycle_bin": sorted(contact.label for contact in account.contacts.binned()),
        "collections": {
            collection.name: _collection(account, collection)
            for collection in sorted(account.insight.all(), key=lambda known: known.name)
        },
        "data_fields": sorted(
            (data_field.document() for data_field in account.data_fields.all()), key=lambda field: str(field["name"])
        ),
        "custom_identifiers": sorted(identifier.name for identifier in account.custom_identifiers.all()),
        "lists": {
            contact_list.name: {
                "visibility": contact_list.visibility,
                "contacts": sorted(contact.label for contact in account.contacts_on(contact_list)),
            }
            for contact_list in sorted(account.lists.all(), key=lambda known: known.name)
        },
        "mails_sent": [
            {"email": mail.address, "kind": mail.kind, "cause": mail.cause} for mail in account.contacts.mails_sent
        ],
        "events": _events(account),
        "program_members": {
            str(program_id): sorted(_label(account, contact_id) for contact_id in members)
            for program_id, members in sorted(account.enrolments.members.items())
        },
        "contact_ids": {contact.label: contact.contact_id for contact in contacts},
        "list_ids": {contact_list.name: contact_list.id for contact_list in account.lists.all()},
        "status_history": {
            _label(account, contact_id): [
                {
                    "at": timestamp(change.at),
                    "from": change.before,
                    "to": change.after,
                    "cause": change.cause,
                    "stated": change.stated,
                }
                for change in changes
            ]
            for contact_id, changes in account.contacts.status_history.items()
        },
        "received_at": _received_at(account),
        "imports": {
            "contacts": _numbers(account, JobKind.CONTACT_IMPORT),
            "insight": _numbers(account, JobKind.INSIGHT_IMPORT),
        },
        "jobs": {kind.value: [_job(job) for job in account.jobs.all(kind)] for kind in JobKind},
    }


def counts(account: Account) -> Mapping[str, int]:
    """Return the numbers of things the account holds."""
    collections = account.insight.all()
    orders = [known for known in collections if known.scope == "contact" and known.type == "orders"]
    catalogs = [known for known in collections if known.type == "catalog"]
    return {
        "contacts": len(account.contacts),
        "mailable_contacts": sum(1 for contact in account.contacts.all() if contact.email.status == SUBSCRIBED),
        "lists": len(account.lists.all()),
        "data_fields": len(account.data_fields.all()),
        "orders": sum(len(known.records) for known in orders),
        "catalog_records": sum(len(known.records) for known in catalogs),
        "insight_records": sum(len(known.records) for known in collections),
        "contact_imports": len(account.jobs.all(JobKind.CONTACT_IMPORT)),
        "insight_imports": len(account.jobs.all(JobKind.INSIGHT_IMPORT)),
    }


def _order(contact: Contact) -> tuple[str, str]:
    return contact.identifiers.get(EMAIL, "").lower(), contact.label


def _contact(account: Account, contact: Contact) -> dict[str, Any]:
    names = {preference.id: preference.name for preference in account.settings.preferences}
    return {
        "identifiers": dict(sorted(contact.identifiers.items())),
        "status": contact.email.status,
        "optInType": contact.email.opt_in_type,
        "emailType": contact.email.email_type,
        "smsStatus": contact.sms_status,
        "whatsAppStatus": contact.whatsapp_status,
        "dataFields": dict(sorted(contact.data_fields.items())),
        "lists": sorted(known.name for known in account.lists.of_contact(contact.contact_id)),
        "preferences": {
            names.get(identifier, str(identifier)): opted_in
            for identifier, opted_in in sorted(contact.preferences.items())
        },
        "consentRecords": [consent.document() for consent in contact.consents],
    }


def _collection(account: Account, collection: InsightCollection) -> dict[str, Any]:
    return {
        "scope": collection.scope,
        "type": collection.type,
        "schema": sorted(collection.schema.documents(), key=lambda column: str(column["name"])),
        "records": {key: _record(account, record) for key, record in sorted(collection.records.items())},
        "usable_in_product_blocks": collection.usable_in_product_blocks,
        "missing_product_properties": dict(sorted(collection.missing_product_properties().items())),
    }


def _record(account: Account, record: InsightRecord) -> dict[str, Any]:
    return {"owner": None if record.owner is None else _label(account, record.owner), "json": record.json}


def _events(account: Account) -> list[dict[str, Any]]:
    events = [
        {
            "owner": _label(account, event.contact_id),
            "type": event.type,
            "id": event.id,
            "eventTimestamp": event.timestamp,
            "eventData": dict(event.data),
        }
        for event in account.events.events
    ]
    return sorted(events, key=lambda event: (str(event["owner"]), str(event["eventTimestamp"]), str(event["id"])))


def _numbers(account: Account, kind: JobKind) -> dict[str, int]:
    jobs = account.jobs.all(kind)
    return {
        "imports": len(jobs),
        "records": sum(job.records for job in jobs),
        "failures": sum(len((job.report or {}).get("failures", [])) for job in jobs),
    }


def _job(job: Job) -> dict[str, Any]:
    report = job.report or {}
    return {
        "id": job.id,
        "records": job.records,
        "done": job.report is not None,
        "forced_status": job.forced_status,
        "summary": report.get("summary"),
        "failures": report.get("failures", []),
        "polls": job.polls,
    }


def _received_at(account: Account) -> dict[str, Any]:
    return {
        "contacts": {
            contact.label: {
                "created": timestamp(contact.created),
                "updated": timestamp(contact.updated),
                "consentRecords": [timestamp(consent.created) for consent in contact.consents],
            }
            for contact in account.contacts.all()
        },
        "collections": {
            collection.name: {
                key: {"created": timestamp(record.created), "updated": timestamp(record.updated)}
                for key, record in collection.records.items()
            }
            for collection in account.insight.all()
        },
        "mails_sent": [timestamp(mail.at) for mail in account.contacts.mails_sent],
        "custom_identifiers": [asdict(identifier) for identifier in account.custom_identifiers.all()],
    }


def _label(account: Account, contact_id: int) -> str:
    """Return what names a contact, also one in the recycle bin; contacts gone for good have only their number."""
    contact = account.contacts.find_with_bin("contactId", str(contact_id))
    return contact.label if contact is not None else str(contact_id)

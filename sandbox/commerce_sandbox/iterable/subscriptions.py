"""Subscriptions that overwrite: ``users/updateSubscriptions`` and ``users/bulkUpdateSubscriptions``.

Each array that is not null replaces the one on the profile; arrays left out stay.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from commerce_sandbox.iterable import identity as identities
from commerce_sandbox.iterable.answers import Answer, bad_params, success
from commerce_sandbox.iterable.bulk_failures import check_batch_size
from commerce_sandbox.iterable.element_error import ElementError, Reason

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from commerce_sandbox.iterable.endpoint import Call
    from commerce_sandbox.iterable.identity import Identity
    from commerce_sandbox.iterable.profiles import Profile
    from commerce_sandbox.iterable.project import Project

_ARRAYS: Final = {
    "emailListIds": "list_ids",
    "unsubscribedChannelIds": "unsubscribed_channels",
    "unsubscribedMessageTypeIds": "unsubscribed_types",
    "subscribedMessageTypeIds": "subscribed_types",
}


def get_channels(call: Call) -> Answer:
    """Return all channels (``GET /api/channels``)."""
    return Answer(
        {
            "channels": [
                {
                    "id": channel.channel_id,
                    "name": channel.name,
                    "channelType": channel.channel_type,
                    "messageMedium": channel.medium,
                }
                for channel in call.project.channels.channels.values()
            ]
        }
    )


def get_message_types(call: Call) -> Answer:
    """Return all message types (``GET /api/messageTypes``); times are in epoch milliseconds."""
    return Answer(
        {
            "messageTypes": [
                {
                    "id": message_type.type_id,
                    "name": message_type.name,
                    "channelId": message_type.channel_id,
                    "subscriptionPolicy": message_type.policy,
                    "createdAt": message_type.created_at_ms,
                    "updatedAt": message_type.created_at_ms,
                }
                for message_type in call.project.channels.message_types.values()
            ]
        }
    )


def update_subscriptions(call: Call) -> Answer:
    """Overwrite the subscriptions of one user."""
    project, element = call.project, call.body
    _check_opt_in(project, element)
    try:
        _overwrite(call, element, identities.read_identity(project, element))
    except ElementError as error:
        raise error.as_refusal(project.settings) from error
    return success()


def bulk_update_subscriptions(call: Call) -> Answer:
    """Overwrite the subscriptions of many users.

    The answer knows only two kinds of failure: malformed identifiers (``invalid*``), and everything else
    (``valid*Failures``).
    """
    project = call.project
    elements: Sequence[Mapping[str, Any]] = call.body["updateSubscriptionsRequests"]
    check_batch_size(elements, project.settings)
    for element in elements:
        _check_opt_in(project, element)
    lists: dict[str, list[str]] = {
        "invalidEmails": [],
        "invalidUserIds": [],
        "validEmailFailures": [],
        "validUserIdFailures": [],
    }
    for element in elements:
        try:
            identity = identities.read_identity(project, element)
            _fail_as_set(project, identity)
            _overwrite(call, element, identity)
        except ElementError as error:  # noqa: PERF203 - one bad element does not stop the others
            lists[_list_of(error)].append(error.identifier)
    failed = sum(len(identifiers) for identifiers in lists.values())
    return Answer({"successCount": len(elements) - failed, "failCount": failed, **lists})


def _list_of(error: ElementError) -> str:
    kind = "Email" if error.is_email else "UserId"
    return f"invalid{kind}s" if error.reason is Reason.INVALID else f"valid{kind}Failures"


def _check_opt_in(project: Project, element: Mapping[str, Any]) -> None:
    if element.get("subscribedMessageTypeIds") is not None and not project.settings.opt_in_types:
        msg = "subscribedMessageTypeIds needs opt-in message types, which are not enabled for this project"
        raise bad_params(msg)


def _fail_as_set(project: Project, identity: Identity) -> None:
    for identifier in project.settings.internal_error_identifiers:
        if identifier in {identity.email, identity.user_id}:
            raise identity.error(Reason.INVALID_DATA, "Internal error")


def _overwrite(call: Call, element: Mapping[str, Any], identity: Identity) -> None:
    project = call.project
    arrays = {
        attribute: {int(one) for one in element[name]}
        for name, attribute in _ARRAYS.items()
        if element.get(name) is not None
    }
    _check_known(project, identity, arrays)
    profile = identities.find(project, identity)
    if element.get("validateChannelAlignment") is not False:
        _check_alignment(project, identity, profile, arrays)
    if profile is None:
        profile = identities.create(project, identity, call.now, prefer_user_id=False)
    for attribute, ids in arrays.items():
        setattr(profile, attribute, ids)
    profile.updated_at = call.now


def _check_known(project: Project, identity: Identity, arrays: Mapping[str, set[int]]) -> None:
    known = {
        "list_ids": project.lists.keys(),
        "unsubscribed_channels": project.channels.channels.keys(),
        "unsubscribed_types": project.channels.message_types.keys(),
        "subscribed_types": project.channels.message_types.keys(),
    }
    for attribute, ids in arrays.items():
        unknown = sorted(ids - known[attribute])
        if unknown:
            raise identity.error(Reason.INVALID_DATA, f"Unknown ids: {unknown}")


def _check_alignment(
    project: Project, identity: Identity, profile: Profile | None, arrays: Mapping[str, set[int]]
) -> None:
    """Refuse to subscribe to a message type whose channel the user has left."""
    left = arrays.get("unsubscribed_channels")
    if left is None:
        left = set() if profile is None else profile.unsubscribed_channels
    for type_id in arrays.get("subscribed_types", set()):
        if project.channels.message_types[type_id].channel_id in left:
            msg = f"The message type {type_id} belongs to an unsubscribed channel"
            raise identity.error(Reason.INVALID_DATA, msg)

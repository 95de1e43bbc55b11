"""Static lists, channels and consent in the emulated Iterable."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from commerce_sandbox.iterable.settings import IterableSettings
from commerce_sandbox.iterable.testing import InProcessIterable

if TYPE_CHECKING:
    from commerce_sandbox.iterable.json_value import JsonValue

ANA = "ana@example.org"


@pytest.fixture
def iterable() -> InProcessIterable:
    return InProcessIterable()


def consent(iterable: InProcessIterable) -> JsonValue:
    return iterable.service.snapshot()["subscriptions"]


def new_list(iterable: InProcessIterable, name: str = "all") -> int:
    list_id: int = iterable.post("lists", {"name": name}).json["listId"]
    return list_id


def members(iterable: InProcessIterable, list_id: int) -> list[str]:
    return iterable.get(f"lists/getUsers?listId={list_id}").text.splitlines()


def test_list_names_are_not_unique_and_the_newest_list_comes_first(iterable: InProcessIterable) -> None:
    ids = [new_list(iterable), new_list(iterable)]
    shown = iterable.get("lists").json["lists"]
    assert [one["id"] for one in shown] == ids[::-1]
    assert [one["name"] for one in shown] == ["all", "all"]
    assert shown[0]["listType"] == "Standard"
    assert shown[0]["createdAt"] == pytest.approx(iterable.clock.seconds() * 1000, abs=5000)


def test_subscribing_creates_people_with_fields_and_lists_failures(iterable: InProcessIterable) -> None:
    list_id = new_list(iterable)
    subscribers = [{"email": "Ana@Example.org", "dataFields": {"store": "de"}}, {"userId": "cust-7"}, {"email": "x@"}]
    answer = iterable.post("lists/subscribe", {"listId": list_id, "subscribers": subscribers}).json
    assert (answer["successCount"], answer["failedUpdates"]["invalidEmails"]) == (2, ["x@"])
    assert members(iterable, list_id) == [ANA, "cust-7"]
    assert iterable.get(f"lists/{list_id}/size").text == "2"
    assert iterable.get(f"lists/previewUsers?listId={list_id}&size=1").text.splitlines() == [ANA]
    assert iterable.get(f"users/{ANA}").json["user"]["dataFields"]["userListIds"] == [list_id]


def test_existing_users_only_is_ignored_in_email_based_projects() -> None:
    for project_type, found in (("hybrid", 0), ("email", 1)):
        settings = IterableSettings(project_type=project_type, rate_limits=False)  # type: ignore[arg-type]  # a literal
        iterable = InProcessIterable(settings)
        body = {"listId": new_list(iterable), "updateExistingUsersOnly": True, "subscribers": [{"email": ANA}]}
        answer = iterable.post("lists/subscribe", body).json
        assert answer["successCount"] == found
        assert answer["failedUpdates"]["notFoundEmails"] == [ANA] * (1 - found)


def test_unsubscribing_takes_off_the_list_and_does_not_create_anybody(iterable: InProcessIterable) -> None:
    list_id = new_list(iterable)
    iterable.post("lists/subscribe", {"listId": list_id, "subscribers": [{"email": ANA}]})
    body = {"listId": list_id, "subscribers": [{"email": ANA}, {"userId": "ghost"}]}
    answer = iterable.post("lists/unsubscribe", body).json
    assert (answer["successCount"], answer["failedUpdates"]["notFoundUserIds"]) == (1, ["ghost"])
    assert members(iterable, list_id) == []
    assert iterable.service.counts()["users"] == 1
    assert consent(iterable) == {}


def test_channel_unsubscribe_leaves_the_marketing_channel(iterable: InProcessIterable) -> None:
    list_id = new_list(iterable)
    iterable.post("users/update", {"email": ANA})
    body = {"listId": list_id, "subscribers": [{"email": ANA}]}
    iterable.change_settings(channel_unsubscribe_default=True)
    iterable.post("lists/unsubscribe", {**body, "channelUnsubscribe": False})
    assert consent(iterable) == {}, "what the request says counts"
    iterable.post("lists/unsubscribe", body)
    assert consent(iterable)[ANA]["unsubscribedChannelIds"] == [101]


def test_an_empty_list_of_subscribers_is_a_success(iterable: InProcessIterable) -> None:
    list_id = new_list(iterable)
    for path in ("lists/subscribe", "lists/unsubscribe"):
        reply = iterable.post(path, {"listId": list_id, "subscribers": []})
        assert (reply.status, reply.json["successCount"]) == (200, 0)


def test_a_new_list_may_be_unknown_for_a_while(iterable: InProcessIterable) -> None:
    iterable.change_settings(list_lag_seconds=30)
    list_id = new_list(iterable)
    body = {"listId": list_id, "subscribers": [{"email": ANA}]}
    reply = iterable.post("lists/subscribe", body)
    assert (reply.status, reply.json["code"]) == (400, "error.lists.invalidListId")
    assert reply.json["params"] == {"projectId": 777, "listId": list_id}
    iterable.clock.advance(31)
    assert iterable.post("lists/subscribe", body).status == 200
    iterable.change_settings(errors_carry_success_code=True)
    unknown = iterable.post("lists/subscribe", {**body, "listId": 1})
    assert (unknown.status, unknown.json["code"]) == (400, "Success")
    assert unknown.json["msg"] == "error.lists.invalidListId(1)"


def test_a_deleted_list_is_gone_from_profiles(iterable: InProcessIterable) -> None:
    list_id = new_list(iterable)
    iterable.post("lists/subscribe", {"listId": list_id, "subscribers": [{"email": ANA}]})
    assert iterable.delete(f"lists/{list_id}").status == 200
    assert "userListIds" not in iterable.get(f"users/{ANA}").json["user"]["dataFields"]
    again = iterable.delete(f"lists/{list_id}")
    assert (again.status, again.json["code"]) == (400, "BadParams")
    assert iterable.get(f"lists/getUsers?listId={list_id}").json["code"] == "BadParams"


def test_names_can_be_resolved_to_channel_and_message_type_ids(iterable: InProcessIterable) -> None:
    channels = {one["id"] for one in iterable.get("channels").json["channels"]}
    message_types = iterable.get("messageTypes").json["messageTypes"]
    assert {one["channelId"] for one in message_types} <= channels
    assert {one["subscriptionPolicy"] for one in message_types} == {"OptIn", "OptOut"}


def test_overwriting_replaces_the_arrays_given_and_keeps_the_others(iterable: InProcessIterable) -> None:
    body = {"email": ANA, "unsubscribedMessageTypeIds": [41, 57], "unsubscribedChannelIds": [103]}
    assert iterable.post("users/updateSubscriptions", body).status == 200
    iterable.post("users/updateSubscriptions", {"email": ANA, "unsubscribedMessageTypeIds": [60]})
    iterable.post("users/updateSubscriptions", {"email": ANA, "unsubscribedMessageTypeIds": None})
    assert consent(iterable)[ANA] == {
        "unsubscribedChannelIds": [103],
        "unsubscribedMessageTypeIds": [60],
        "subscribedMessageTypeIds": [],
    }


def test_opt_in_types_need_the_feature(iterable: InProcessIterable) -> None:
    body = {"email": ANA, "subscribedMessageTypeIds": [88]}
    assert iterable.post("users/updateSubscriptions", body).json["code"] == "BadParams"
    bulk = {"updateSubscriptionsRequests": [body]}
    assert iterable.post("users/bulkUpdateSubscriptions", bulk).json["code"] == "BadParams"
    iterable.change_settings(opt_in_types=True)
    assert iterable.post("users/updateSubscriptions", body).status == 200
    assert consent(iterable)[ANA]["subscribedMessageTypeIds"] == [88]


def test_a_type_of_a_left_channel_cannot_be_joined_unless_the_check_is_off(iterable: InProcessIterable) -> None:
    iterable.change_settings(opt_in_types=True)
    iterable.post("users/updateSubscriptions", {"email": ANA, "unsubscribedChannelIds": [101]})
    join = {"email": ANA, "subscribedMessageTypeIds": [88]}
    assert iterable.post("users/updateSubscriptions", join).json["code"] == "BadParams"
    bulk = iterable.post("users/bulkUpdateSubscriptions", {"updateSubscriptionsRequests": [join]}).json
    assert bulk["validEmailFailures"] == [ANA]
    assert iterable.post("users/updateSubscriptions", {**join, "validateChannelAlignment": False}).status == 200
    assert iterable.post("users/updateSubscriptions", {**join, "unsubscribedChannelIds": []}).status == 200


def test_bulk_failures_are_malformed_or_internal(iterable: InProcessIterable) -> None:
    iterable.change_settings(internal_error_identifiers=["cust-1"])
    requests = [
        {"email": ANA, "unsubscribedMessageTypeIds": [41]},
        {"email": "foo@"},
        {"userId": "bad "},
        {"userId": "cust-1", "unsubscribedChannelIds": []},
        {"userId": "cust-2", "unsubscribedChannelIds": [9999]},
    ]
    answer = iterable.post("users/bulkUpdateSubscriptions", {"updateSubscriptionsRequests": requests}).json
    assert answer == {
        "successCount": 1,
        "failCount": 4,
        "invalidEmails": ["foo@"],
        "invalidUserIds": ["bad "],
        "validEmailFailures": [],
        "validUserIdFailures": ["cust-1", "cust-2"],
    }


def test_incremental_calls_are_404_until_they_are_enabled(iterable: InProcessIterable) -> None:
    path = f"subscriptions/messageType/41/user/{ANA}"
    assert iterable.patch(path).status == 404
    assert iterable.put("subscriptions/messageType/41?action=subscribe", {"users": []}).status == 404
    iterable.change_settings(incremental_subscriptions=True)
    assert iterable.patch(path).status == 200
    assert iterable.patch(f"subscriptions/messageType/4711/user/{ANA}").status == 404
    assert iterable.patch(f"subscriptions/nothing/41/user/{ANA}").json["code"] == "BadParams"


@pytest.mark.parametrize("group", ["messageType", "MESSAGETYPE"])
def test_incremental_calls_change_one_group_only(iterable: InProcessIterable, group: str) -> None:
    iterable.change_settings(incremental_subscriptions=True)
    iterable.post("users/updateSubscriptions", {"email": ANA, "unsubscribedMessageTypeIds": [41, 57]})
    assert iterable.patch(f"subscriptions/{group}/41/user/{ANA}").status == 200
    assert consent(iterable)[ANA]["unsubscribedMessageTypeIds"] == [57]
    assert consent(iterable)[ANA]["subscribedMessageTypeIds"] == [], "only opt-in types are joined"
    assert iterable.delete(f"subscriptions/{group}/60/user/{ANA}").status == 200
    assert consent(iterable)[ANA]["unsubscribedMessageTypeIds"] == [57, 60]


def test_opt_in_types_and_channels_and_lists_can_be_joined_and_left(iterable: InProcessIterable) -> None:
    iterable.change_settings(incremental_subscriptions=True)
    list_id = new_list(iterable)
    iterable.patch("subscriptions/messageType/88/byUserId/cust-1")
    iterable.delete("subscriptions/messageChannel/103/byUserId/cust-1")
    iterable.patch(f"subscriptions/emailList/{list_id}/byUserId/cust-1")
    assert consent(iterable)["cust-1"] == {
        "unsubscribedChannelIds": [103],
        "unsubscribedMessageTypeIds": [],
        "subscribedMessageTypeIds": [88],
    }
    assert members(iterable, list_id) == ["cust-1"]
    iterable.delete("subscriptions/messageType/88/byUserId/cust-1")
    iterable.patch("subscriptions/messageChannel/103/byUserId/cust-1")
    iterable.delete(f"subscriptions/emailList/{list_id}/byUserId/cust-1")
    assert consent(iterable)["cust-1"]["unsubscribedMessageTypeIds"] == [88]
    assert consent(iterable)["cust-1"]["subscribedMessageTypeIds"] == []
    assert members(iterable, list_id) == []


def test_incremental_calls_may_create_nobody_but_in_email_based_projects() -> None:
    for project_type, created in (("hybrid", set()), ("email", {ANA})):
        settings = IterableSettings(
            project_type=project_type,  # type: ignore[arg-type]  # a literal
            rate_limits=False,
            incremental_subscriptions=True,
            incremental_creates_people=False,
        )
        iterable = InProcessIterable(settings)
        reply = iterable.put("subscriptions/messageChannel/101?action=unsubscribe", {"users": [ANA]})
        assert reply.status == 202, "no failure is named"
        assert set(consent(iterable)) == created


def test_many_are_changed_at_once_without_naming_failures(iterable: InProcessIterable) -> None:
    iterable.change_settings(incremental_subscriptions=True)
    body = {"users": [ANA, "not-an-address"], "usersByUserId": ["cust-1"]}
    reply = iterable.put("subscriptions/messageChannel/101?action=unsubscribe", body)
    assert (reply.status, reply.json["code"]) == (202, "Success")
    assert set(consent(iterable)) == {ANA, "cust-1"}
    assert iterable.put("subscriptions/messageChannel/101?action=burn", body).json["code"] == "BadParams"

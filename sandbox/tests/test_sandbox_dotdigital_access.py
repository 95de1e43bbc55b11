from __future__ import annotations

import base64
from urllib.parse import quote

import pytest
from commerce_sandbox.dotdigital.settings import DotdigitalSettings
from commerce_sandbox.dotdigital.testing import InProcessDotdigital
from commerce_sandbox.in_process import path_part


@pytest.fixture
def dotdigital() -> InProcessDotdigital:
    return InProcessDotdigital()


def basic(username: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        basic("apiuser-sandbox@apiconnector.com", "wrong"),
        basic("someone-else@apiconnector.com", "sandbox-password"),
        {"Authorization": "Bearer sandbox-password"},
        {"Authorization": "Basic not base64!"},
    ],
)
def test_wrong_credentials_are_refused_with_text_in_version_2_and_nothing_in_version_3(
    dotdigital: InProcessDotdigital, headers: dict[str, str]
) -> None:
    version_2 = dotdigital.call("GET", "/dotdigital/v2/account-info", headers=headers)
    version_3 = dotdigital.call("GET", "/dotdigital/contacts/v3", headers=headers)
    assert (version_2.status, version_3.status) == (401, 401)
    assert "Authorization has been denied" in version_2.json["message"]
    assert version_3.text == ""
    assert "x-ratelimit-remaining" in version_3.headers


def test_account_info_names_the_host_that_was_called(dotdigital: InProcessDotdigital) -> None:
    answer = dotdigital.get("/v2/account-info").json
    values = {item["name"]: item["value"] for item in answer["properties"]}
    assert values["ApiEndpoint"] == "http://127.0.0.1/dotdigital/"
    assert values["APILocale"] == "en-GB"
    assert all(isinstance(value, str) for value in values.values())


def test_other_regions_only_tell_where_the_account_lives() -> None:
    dotdigital = InProcessDotdigital(DotdigitalSettings(region="r2"))
    info = dotdigital.get("/r1/v2/account-info")
    values = {item["name"]: item["value"] for item in info.json["properties"]}
    assert values["ApiEndpoint"] == "http://127.0.0.1/dotdigital/r2/"
    assert dotdigital.get("/r1/v2/data-fields").status == 403
    assert "denied" in dotdigital.get("/r1/contacts/v3").text
    assert dotdigital.get("/r2/v2/data-fields").status == 200
    assert dotdigital.get("/v2/data-fields").status == 200


def test_account_info_tells_the_endpoint_that_the_settings_name() -> None:
    dotdigital = InProcessDotdigital(DotdigitalSettings(api_endpoint="http://127.0.0.1:9/elsewhere/"))
    assert "http://127.0.0.1:9/elsewhere/" in dotdigital.get("/v2/account-info").text


def test_every_answer_tells_what_is_left_of_its_own_tier(dotdigital: InProcessDotdigital) -> None:
    first = dotdigital.get("/v2/data-fields").headers
    second = dotdigital.get("/v2/data-fields").headers
    other = dotdigital.get("/contacts/v3").headers
    assert first["x-ratelimit-scope"] == second["x-ratelimit-scope"] == "highCallRate"
    assert int(first["x-ratelimit-remaining"]) - int(second["x-ratelimit-remaining"]) == 1
    assert other["x-ratelimit-scope"] == "lowCallRate"
    assert (other["x-ratelimit-limit"], other["x-ratelimit-remaining"]) == ("150", "149")


def test_an_exceeded_tier_is_refused_until_the_reset_and_others_are_not() -> None:
    dotdigital = InProcessDotdigital(DotdigitalSettings(low_calls=2, rate_limit_window_seconds=2))
    statuses = [dotdigital.get("/contacts/v3").status for _ in range(3)]
    refused = dotdigital.get("/contacts/v3")
    assert statuses == [200, 200, 429]
    assert refused.status == 429
    ahead = int(refused.headers["x-ratelimit-reset"]) - dotdigital.clock.seconds()
    assert 0 < ahead <= 3
    assert refused.headers["x-ratelimit-remaining"] == "0"
    assert dotdigital.get("/v2/data-fields").status == 200
    dotdigital.clock.advance(2)
    assert dotdigital.get("/contacts/v3").status == 200


def test_polling_is_never_limited() -> None:
    dotdigital = InProcessDotdigital(DotdigitalSettings(low_calls=1, medium_calls=1, high_calls=1))
    assert [dotdigital.get("/contacts/v3/import/unknown").status for _ in range(5)] == [404] * 5


def test_the_flat_scheme_refuses_with_400_and_counts_a_rolling_hour() -> None:
    dotdigital = InProcessDotdigital(DotdigitalSettings(rate_limit_scheme="flat", flat_calls_per_hour=2))
    info = dotdigital.get("/v2/account-info")
    assert "x-ratelimit-limit" not in info.headers
    values = {item["name"]: item["value"] for item in info.json["properties"]}
    assert (values["ApiCallsInLastHour"], values["ApiCallsRemaining"]) == ("1", "1")
    assert dotdigital.get("/v2/data-fields").status == 200
    refused = dotdigital.get("/contacts/v3")
    assert refused.status == 400
    assert refused.json == {"message": "Error: ERROR_APIUSAGE_EXCEEDED"}
    dotdigital.clock.advance(3_601)
    assert dotdigital.get("/contacts/v3").status == 200


def test_a_body_over_the_limit_is_too_large() -> None:
    dotdigital = InProcessDotdigital(DotdigitalSettings(max_body_bytes=100))
    assert dotdigital.put("/contacts/v3/import", b" " * 101).status == 413
    assert dotdigital.put("/contacts/v3/import", b" " * 100).status == 400


def test_unknown_paths_and_methods_are_told_apart(dotdigital: InProcessDotdigital) -> None:
    assert dotdigital.get("/v2/nothing").status == 404
    assert dotdigital.get("/contacts/v4").status == 404
    refused = dotdigital.patch("/contacts/v3/import")
    assert refused.status == 405
    assert refused.headers["allow"] == "PUT"


def test_a_body_must_be_json(dotdigital: InProcessDotdigital) -> None:
    headers = {**basic(dotdigital.settings.username, dotdigital.settings.password), "Content-Type": "text/xml"}
    assert dotdigital.call("PUT", "/dotdigital/contacts/v3/import", b"{}", headers).status == 415
    assert dotdigital.put("/contacts/v3/import", b"{not json").json["errorCode"] == "contacts:badJson"
    assert dotdigital.put("/insightData/v3/import", b"").json["errorCode"] == "insightData:badJson"


@pytest.mark.parametrize(
    "identifier", ["a/b@example.org", "ann+shop@example.org", "ann%@example.org", "o'k@example.org"]
)
def test_identifiers_in_paths_are_percent_decoded(dotdigital: InProcessDotdigital, identifier: str) -> None:
    created = dotdigital.patch(f"/contacts/v3/email/{path_part(identifier)}", {})
    assert created.status == 201
    assert created.json["identifiers"]["email"] == identifier


def test_a_plus_that_is_not_encoded_is_not_a_plus(dotdigital: InProcessDotdigital) -> None:
    answer = dotdigital.patch(f"/contacts/v3/email/{quote('ann+shop@example.org', safe='+@')}", {})
    assert answer.status == 400
    assert answer.json["errorCode"] == "contacts:invalidId"


def test_server_time_follows_the_sandbox_clock(dotdigital: InProcessDotdigital) -> None:
    before = dotdigital.get("/v2/server-time").text
    dotdigital.clock.advance(86_400 * 400)
    after = dotdigital.get("/v2/server-time")
    assert after.headers["content-type"].startswith("text/plain")
    assert int(after.text[:4]) > int(before[:4])


def test_settings_change_at_run_time_and_unknown_ones_are_refused(dotdigital: InProcessDotdigital) -> None:
    changed = dotdigital.control("/settings", {"import_seconds": 9, "insight": {"text_length": 5}})
    assert (changed["import_seconds"], changed["insight"]["text_length"]) == (9, 5)
    with pytest.raises(ValueError, match="no Dotdigital setting called import_second;"):
        dotdigital.control("/settings", {"import_second": 9})
    with pytest.raises(ValueError, match="rate_limit_scheme"):
        dotdigital.control("/settings", {"rate_limit_scheme": "none"})
    dotdigital.service.reset()
    assert dotdigital.service.settings == dotdigital.settings

"""Settings of this loader that could lead data or a key astray, or that have more than one form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from delivery.errors import SettingsError
from iterable_in_process import load
from iterable_project import KEY, ask
from iterable_records import users
from target_iterable.target import TargetIterable

if TYPE_CHECKING:
    from pathlib import Path

    from commerce_sandbox.testing import RunningSandbox


def target(folder: Path, **settings: Any) -> TargetIterable:
    config = {"api_key": KEY, "rejects_path": str(folder / "rejects"), **settings}
    return TargetIterable(config=config, validate_config=True)


@pytest.mark.parametrize(
    "url", ["https://name:geheim@api.iterable.com", "http://api.iterable.example", "ftp://api.iterable.com", "geheim"]
)
def test_a_base_url_that_leads_astray_is_refused_before_anything_is_sent(tmp_path: Path, url: str) -> None:
    with pytest.raises(SettingsError, match="api_url") as refused:
        target(tmp_path, api_url=url)
    assert "geheim" not in str(refused.value)


def test_http_to_another_machine_takes_a_setting_of_its_own(tmp_path: Path) -> None:
    assert target(tmp_path, api_url="http://proxy.shop.example", allow_http=True) is not None


def test_a_list_is_named_by_its_name_or_its_number(sandbox: RunningSandbox, tmp_path: Path) -> None:
    number = ask(sandbox, "POST", "lists", {"name": "VIP"})["listId"]
    for given in ("VIP", number, str(number)):
        run = load(sandbox, tmp_path, users({"email": "ana@shop.example"}), list=given)
        assert (run.error, run.counts("users")) == (None, (1, 1, 0, 0))
    assert len(ask(sandbox, "GET", "lists")["lists"]) == 1

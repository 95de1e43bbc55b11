from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from commerce_sandbox.command import main
from commerce_sandbox.commercetools.settings import CommercetoolsSettings
from commerce_sandbox.dotdigital.settings import DotdigitalSettings
from commerce_sandbox.iterable.settings import IterableSettings
from commerce_sandbox.shop.changes import CHANGES

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("change", CHANGES)
def test_the_readme_names_every_change(change: str) -> None:
    assert f"`{change}`" in README


def test_the_readme_names_the_credentials_that_the_services_accept() -> None:
    shop, iterable, dotdigital = CommercetoolsSettings(), IterableSettings(), DotdigitalSettings()
    accepted = (
        *(shop.project_key, shop.client_id, shop.client_secret),
        iterable.api_key,
        *(dotdigital.username, dotdigital.password),
    )
    for credential in accepted:
        assert f"`{credential}`" in README


def test_the_help_explains_every_option() -> None:
    shown = CliRunner().invoke(main, ["serve", "--help"])
    assert shown.exit_code == 0
    for option in ("--port", "--seed", "--customers", "--commercetools-scope", "--iterable-project-type"):
        assert option in shown.output

"""The command ``commerce-sandbox``."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

import click

from commerce_sandbox.commercetools.settings import CommercetoolsSettings
from commerce_sandbox.dotdigital.settings import DotdigitalSettings
from commerce_sandbox.http_server import AddressTakenError, SandboxServer, listening_socket, url_of
from commerce_sandbox.iterable.settings import IterableSettings
from commerce_sandbox.server import create_application
from commerce_sandbox.service_list import SandboxSettings

if TYPE_CHECKING:
    from commerce_sandbox.commercetools.project import CatalogModel
    from commerce_sandbox.iterable.settings import ProjectType

_COMMERCETOOLS = CommercetoolsSettings()
_ITERABLE = IterableSettings()
_DOTDIGITAL = DotdigitalSettings()


@click.group()
def main() -> None:
    """commercetools, Iterable and Dotdigital, emulated in one process."""


@main.command(context_settings={"show_default": True})
@click.option("--host", default="127.0.0.1", help="Address to listen on.")
@click.option("--port", default=8765, type=click.IntRange(0, 65_535), help="Port to listen on; 0 takes any free one.")
@click.option("--seed", default=7, help="The same seed and sizes give the same shop.")
@click.option("--customers", default=1000, type=click.IntRange(0), help="Customers in the shop.")
@click.option("--orders", default=3000, type=click.IntRange(0), help="Orders in the shop.")
@click.option("--products", default=300, type=click.IntRange(1), help="Products in the shop.")
@click.option("--commercetools-project-key", default=_COMMERCETOOLS.project_key, help="Project key.")
@click.option("--commercetools-client-id", default=_COMMERCETOOLS.client_id, help="Id of the API client.")
@click.option("--commercetools-client-secret", default=_COMMERCETOOLS.client_secret, help="Its made-up secret.")
@click.option(
    "--commercetools-scope",
    multiple=True,
    help="Scope of the API client, such as view_orders; may be repeated.  [default: the view scope of everything]",
)
@click.option("--commercetools-token-seconds", default=_COMMERCETOOLS.token_seconds, help="How long a token lives.")
@click.option(
    "--commercetools-compress/--no-commercetools-compress",
    default=_COMMERCETOOLS.compress,
    help="Answer with gzip when the client accepts it.",
)
@click.option(
    "--commercetools-messages/--no-commercetools-messages",
    default=True,
    help="Keep messages and let them be queried.",
)
@click.option(
    "--commercetools-catalog-model",
    default="Classic",
    type=click.Choice(["Classic", "Modular"]),
    help="Variants inside products, or as resources of their own.",
)
@click.option("--iterable-api-key", default=_ITERABLE.api_key, help="Made-up API key.")
@click.option(
    "--iterable-project-type",
    default=_ITERABLE.project_type,
    type=click.Choice(["hybrid", "userid", "email"]),
    help="What identifies a user of the Iterable project.",
)
@click.option("--dotdigital-username", default=_DOTDIGITAL.username, help="Made-up API user.")
@click.option("--dotdigital-password", default=_DOTDIGITAL.password, help="Its made-up password.")
def serve(  # noqa: PLR0913 - one argument per option is how click passes them
    *,
    host: str,
    port: int,
    seed: int,
    customers: int,
    orders: int,
    products: int,
    commercetools_project_key: str,
    commercetools_client_id: str,
    commercetools_client_secret: str,
    commercetools_scope: tuple[str, ...],
    commercetools_token_seconds: int,
    commercetools_compress: bool,
    commercetools_messages: bool,
    commercetools_catalog_model: CatalogModel,
    iterable_api_key: str,
    iterable_project_type: ProjectType,
    dotdigital_username: str,
    dotdigital_password: str,
) -> None:
    """Generate a shop and serve all three services until stopped."""
    settings = SandboxSettings(
        seed=seed,
        customers=customers,
        orders=orders,
        products=products,
        commercetools=CommercetoolsSettings(
            project_key=commercetools_project_key,
            client_id=commercetools_client_id,
            client_secret=commercetools_client_secret,
            scopes=commercetools_scope or None,
            token_seconds=commercetools_token_seconds,
            compress=commercetools_compress,
            messages_enabled=commercetools_messages,
            product_catalog_model=commercetools_catalog_model,
        ),
        iterable=IterableSettings(api_key=iterable_api_key, project_type=iterable_project_type),
        dotdigital=DotdigitalSettings(username=dotdigital_username, password=dotdigital_password),
    )
    _stop_quietly_on_signals()
    # The port first: whether it is free must not be found out after a minute of generating a large shop.
    try:
        listener = listening_socket(host, port)
    except AddressTakenError as error:
        click.echo(f"commerce-sandbox: {error}", err=True)
        sys.exit(1)

    def say_ready() -> None:
        click.echo(f"commerce-sandbox is ready at {url_of(listener)}")
        sys.stdout.flush()

    with listener:
        SandboxServer(create_application(settings), on_ready=say_ready).run(sockets=[listener])


def _stop_quietly_on_signals() -> None:
    """Make SIGTERM and SIGINT end the command with exit code 0.

    The server handles them while it runs and raises them again when it has shut down; until then, while the shop is
    generated, they end the command at once.
    """

    def stop(_signal: int, _frame: object) -> None:
        sys.exit(0)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)

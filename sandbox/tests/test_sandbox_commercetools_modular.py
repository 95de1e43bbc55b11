"""A Modular catalogue: products without variants, and variants as resources of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from commerce_sandbox.commercetools.settings import CommercetoolsSettings
from commerce_sandbox.testing import RunningSandbox, running_sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from commerce_sandbox.shop_client import ShopClient
    from commerce_sandbox.vendor_shapes import Shapes

MODULAR = CommercetoolsSettings(product_catalog_model="Modular")


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSandbox]:
    with running_sandbox(customers=10, orders=20, products=60, commercetools=MODULAR) as sandbox:
        yield sandbox


@pytest.fixture
def client(sandbox: RunningSandbox) -> ShopClient:
    return sandbox.shop_client()


def product_with_variants(sandbox: RunningSandbox) -> dict[str, Any]:
    products: list[dict[str, Any]] = sandbox.snapshot("commercetools", "products")["products"]
    return next(
        row for row in products if row["masterData"]["published"] and len(row["masterData"]["current"]["variants"]) > 1
    )


def told(client: ShopClient, identifier: str) -> list[str]:
    rows = client.results("/messages", where=f'resource(id = "{identifier}")', limit=500)
    return [row["type"] for row in sorted(rows, key=lambda row: row["sequenceNumber"])]


def test_the_project_says_so(client: ShopClient) -> None:
    assert client.get("").json()["productCatalogModel"] == "Modular"


def test_products_and_projections_come_without_variants(client: ShopClient, shapes: Shapes) -> None:
    products = client.results("/products", limit=500)
    for product in products:
        for part in ("current", "staged"):
            assert "masterVariant" not in product["masterData"][part]
            assert product["masterData"][part]["variants"] == []
    for projection in client.results("/product-projections", staged="true", limit=500, priceCurrency="EUR"):
        assert "masterVariant" not in projection
        assert projection["variants"] == []
    one = client.get(f"/products/{products[0]['id']}").json()
    assert one == products[0]
    assert not [
        defect
        for product in products
        for defect in shapes.of("Product", product)
        if not defect.endswith("lacks masterVariant")  # the description has it required, the platform leaves it out
    ]
    sku = "masterData(current(masterVariant(sku is defined)))"
    assert client.ids("/products", where=sku) == []


def test_variants_are_the_products_own(sandbox: RunningSandbox, client: ShopClient, shapes: Shapes) -> None:
    variants = client.results("/variants", sort=["lastModifiedAt asc", "id asc"], limit=500)
    assert not [defect for variant in variants for defect in shapes.of("Variant", variant)]
    by_product: dict[str, set[str]] = {}
    for variant in variants:
        by_product.setdefault(variant["product"]["id"], set()).add(variant["current"]["sku"])
    for product in sandbox.snapshot("commercetools", "products")["products"]:
        data = product["masterData"]["current"]
        assert by_product[product["id"]] == {row["sku"] for row in (data["masterVariant"], *data["variants"])}
    assert {variant["published"] for variant in variants} == {True, False}
    assert not any({"prices", "availability"} & variant["current"].keys() for variant in variants)
    assert client.get(f"/variants/key={variants[0]['key']}").json() == variants[0]
    assert client.results("/variants", where=f'current(sku = "{variants[0]["current"]["sku"]}")') == [variants[0]]
    expanded = client.get(f"/variants/{variants[0]['id']}", expand="product").json()
    assert expanded["product"]["obj"] == client.get(f"/products/{expanded['product']['id']}").json()


def test_ids_of_variants_stay_the_same_from_start_to_start(
    client: ShopClient, start_sandbox: Callable[..., RunningSandbox]
) -> None:
    again = start_sandbox(customers=10, orders=20, products=60, commercetools=MODULAR)
    assert again.shop_client().ids("/variants", limit=500) == client.ids("/variants", limit=500)


def test_a_changed_product_moves_only_the_variants_that_changed(sandbox: RunningSandbox, client: ShopClient) -> None:
    product = product_with_variants(sandbox)
    of_product = {"where": f'product(id = "{product["id"]}")', "sort": "variantId asc"}
    before = client.results("/variants", **of_product)
    data = product["masterData"]
    data["current"]["variants"][0]["sku"] = data["staged"]["variants"][0]["sku"] = "OTHER-1"
    sandbox.control("PUT", f"/commercetools/products/{product['id']}", {"masterData": data})
    after = client.results("/variants", **of_product)
    moved = [new["variantId"] for old, new in zip(before, after, strict=True) if old != new]
    assert moved == [before[1]["variantId"]]
    assert after[1]["current"]["sku"] == "OTHER-1"
    assert after[1]["version"] > before[1]["version"]
    assert after[1]["lastModifiedAt"] > before[1]["lastModifiedAt"]
    assert told(client, after[1]["id"]) == ["VariantSkuSet"]


def test_messages_are_about_variants_and_not_inside_products(
    sandbox: RunningSandbox, client: ShopClient, shapes: Shapes
) -> None:
    product = product_with_variants(sandbox)
    variants = client.ids("/variants", where=f'product(id = "{product["id"]}")', sort="variantId asc")
    removed = sandbox.control("POST", "/commercetools/changes", {"remove_variants": 60})["remove_variants"]
    assert product["id"] in removed
    assert client.get(f"/variants/{variants[-1]}").status == 404
    assert told(client, variants[-1]) == ["VariantDeleted"]
    sandbox.control("PUT", f"/commercetools/products/{product['id']}", {"masterData": {"published": False}})
    assert told(client, variants[0]) == ["VariantUnpublished"]
    sandbox.control("DELETE", f"/commercetools/products/{product['id']}")
    assert told(client, variants[0]) == ["VariantUnpublished", "VariantDeleted"]
    assert told(client, product["id"]) == ["ProductUnpublished", "ProductDeleted"]
    messages = client.results("/messages", where='resource(typeId in ("variant", "product"))', limit=500)
    defects = {defect for row in messages for defect in shapes.of(f"{row['type']}Message", row)}
    assert defects <= {"ProductPublishedMessage.productProjection: lacks masterVariant"}


def test_the_model_can_be_switched_while_running(sandbox: RunningSandbox, client: ShopClient) -> None:
    variants = client.ids("/variants", limit=500)
    sandbox.control("POST", "/commercetools/settings", {"product_catalog_model": "Classic"})
    assert client.get("").json()["productCatalogModel"] == "Classic"
    assert client.get("/variants").status == 404
    assert all("masterVariant" in row["masterData"]["current"] for row in client.results("/products"))
    assert "variants" not in sandbox.snapshot("commercetools")
    sandbox.control("POST", "/commercetools/settings", {"product_catalog_model": "Modular"})
    assert client.ids("/variants", limit=500) == variants
    sandbox.control("POST", "/commercetools/settings", {"product_catalog_model": "Classic"})
    sandbox.control("POST", "/reset?service=commercetools")
    assert sandbox.shop_client().ids("/variants", limit=500) == variants


def test_variants_need_the_scope_that_sees_drafts(start_sandbox: Callable[..., RunningSandbox]) -> None:
    settings = CommercetoolsSettings(product_catalog_model="Modular", scopes=("view_published_products",))
    client = start_sandbox(commercetools=settings).shop_client()
    assert client.get("/variants").status == 403
    products = client.results("/products", limit=500)
    assert products
    assert all(row["masterData"]["staged"]["variants"] == [] for row in products)

"""The catalog endpoints. Uploads are asynchronous for the vendor and have no job id; here they act at once."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from commerce_sandbox.iterable.answers import Answer, RefusalError, bad_params, refusal, success
from commerce_sandbox.iterable.catalog_store import (
    MAX_ITEMS_PER_UPLOAD,
    Catalog,
    check_catalog_name,
    check_item_id,
    too_many_items,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from commerce_sandbox.iterable.catalog_store import CatalogItem
    from commerce_sandbox.iterable.endpoint import Call

_DEFAULT_PAGE_SIZE: Final = 10
_MOST_PER_PAGE: Final = 1000
_LAST_PAGE: Final = 1_000_000_000
_FIRST_CATALOG_ID: Final = 966


def get_catalogs(call: Call) -> Answer:
    """Return a page of catalog names."""
    names = [{"name": catalog.name} for catalog in call.project.catalogs.values()]
    shown, links = _page(call, names)
    return success(params={"catalogNames": shown, "totalCatalogsCount": len(names), **links})


def create_catalog(call: Call) -> Answer:
    """Create a catalog; a name that exists, in whatever case, is 400."""
    name = call.path["catalog"]
    check_catalog_name(name)
    catalogs = call.project.catalogs
    if name.lower() in catalogs:
        msg = f"Unable to create a catalog with name: {name}. Make sure the catalog name is unique."
        raise bad_params(msg)
    highest = max((one.catalog_id for one in catalogs.values()), default=_FIRST_CATALOG_ID - 1)
    catalog = catalogs[name.lower()] = Catalog(highest + 1, name)
    params = {"id": catalog.catalog_id, "name": name, "url": f"/api/catalogs/{name}"}
    return success(params=params, status=201)


def delete_catalog(call: Call) -> Answer:
    """Delete a catalog; recorded: an unknown one is a success."""
    name = call.path["catalog"]
    call.project.catalogs.pop(name.lower(), None)
    return success(f"Successfully deleted catalog {name}")


def upload_items(call: Call) -> Answer:
    """Write up to 1,000 items (``POST /api/catalogs/{name}/items``)."""
    catalog = _catalog(call)
    documents: Mapping[str, Mapping[str, Any]] = call.body["documents"]
    if len(documents) > MAX_ITEMS_PER_UPLOAD:
        raise too_many_items(len(documents))
    catalog.write(
        documents,
        call.now,
        call.project.settings,
        keep_other_fields=call.body["replaceUploadedFieldsOnly"],
    )
    return success("Request to bulk-upload documents processed", {}, status=202)


def replace_item(call: Call) -> Answer:
    """Replace one item (``PUT .../items/{id}``)."""
    return _write_item(call, call.body["value"], keep_other_fields=False)


def update_item(call: Call) -> Answer:
    """Merge top-level fields into one item (``PATCH .../items/{id}``), creating it if need be."""
    return _write_item(call, call.body["update"], keep_other_fields=True)


def delete_item(call: Call) -> Answer:
    """Delete one item; recorded: neither an unknown item nor an unknown catalog is an error."""
    name, item_id = call.path["catalog"], call.path["item_id"]
    check_item_id(item_id)
    catalog = call.project.catalogs.get(name.lower())
    if catalog is not None:
        catalog.items.pop(item_id, None)
    return success(f"Received request to deleted item ID {item_id} from catalog {name}", status=202)


def delete_items(call: Call) -> Answer:
    """Delete many items, named in the body of a ``DELETE``; unknown ones are no error."""
    name, item_ids = call.path["catalog"], call.body["itemIds"]
    if len(item_ids) > MAX_ITEMS_PER_UPLOAD:
        raise too_many_items(len(item_ids))
    catalog = call.project.catalogs.get(name.lower())
    for item_id in item_ids:
        check_item_id(item_id)
    for item_id in item_ids:
        if catalog is not None:
            catalog.items.pop(item_id, None)
    msg = f"Successfully received request to delete {len(item_ids)} items from catalog {name}"
    return success(msg, status=202)


def get_items(call: Call) -> Answer:
    """Return a page of items, optionally ordered by a field with a defined type."""
    catalog = _catalog(call)
    documents = [_item_document(catalog, item_id, item) for item_id, item in catalog.items.items()]
    order_by = call.query.get("orderBy")
    if order_by is not None:
        if order_by not in catalog.mapped:
            msg = f"The field {order_by} has no defined type"
            raise bad_params(msg)
        ascending = call.query.get("sortAscending", "false").lower() == "true"
        documents = _ordered(documents, order_by, ascending=ascending)
    shown, links = _page(call, documents)
    return success(params={"catalogItemsWithProperties": shown, "totalItemsCount": len(documents), **links})


def get_item(call: Call) -> Answer:
    """Return one item, bare: unlike the lists, the contract and the vendor's client have it without an envelope."""
    catalog = _catalog(call)
    item_id = call.path["item_id"]
    item = catalog.items.get(item_id)
    if item is None:
        msg = f"No catalog item found in catalog {catalog.name} with itemId {item_id}"
        raise refusal(404, "NotFound", msg)
    return Answer(_item_document(catalog, item_id, item))


def get_mappings(call: Call) -> Answer:
    """Return the types that were set, and the fields without one."""
    catalog = _catalog(call)
    return success(
        params={
            "definedMappings": dict(sorted(catalog.mapped.items())),
            "undefinedFields": catalog.undefined_fields(),
        }
    )


def set_mappings(call: Call) -> Answer:
    """Set the types of fields; a set type can never change."""
    updates: Sequence[Mapping[str, str]] = call.body["mappingsUpdates"]
    _catalog(call).set_mappings({update["fieldName"]: update["fieldType"] for update in updates})
    return success()


def _catalog(call: Call) -> Catalog:
    """Return the catalog in the path.

    Raises:
        RefusalError: 404 in the shape that only catalogs have.
    """
    name = call.path["catalog"]
    catalog = call.project.catalogs.get(name.lower())
    if catalog is None:
        document = {
            "error": "NotFound",
            "message": f"Catalog not found: {name}",
            "code": "error.catalogs.notFound",
            "data": {"args": [name]},
        }
        raise RefusalError(Answer(document, 404))
    return catalog


def _write_item(call: Call, value: Mapping[str, Any], *, keep_other_fields: bool) -> Answer:
    catalog, item_id = _catalog(call), call.path["item_id"]
    catalog.write({item_id: value}, call.now, call.project.settings, keep_other_fields=keep_other_fields)
    url = f"/api/catalogs/{catalog.name}/items/{item_id}"
    return success(params={"catalogName": catalog.name, "itemId": item_id, "url": url}, status=202)


def _item_document(catalog: Catalog, item_id: str, item: CatalogItem) -> dict[str, Any]:
    return {
        "catalogName": catalog.name,
        "itemId": item_id,
        "size": item.size,
        "lastModified": int(item.modified_at.timestamp() * 1000),
        "value": item.value,
    }


def _ordered(documents: list[dict[str, Any]], order_by: str, *, ascending: bool) -> list[dict[str, Any]]:
    """Return items in the order of a field; those without it come last."""
    with_field = [
        (document["value"][order_by], index, document)
        for index, document in enumerate(documents)
        if isinstance(document["value"].get(order_by), str | int | float)
    ]
    without_field = [
        document for document in documents if not isinstance(document["value"].get(order_by), str | int | float)
    ]
    ranked = sorted(with_field, key=itemgetter(0, 1), reverse=not ascending)
    return [document for _, _, document in ranked] + without_field


def _page(call: Call, rows: Sequence[Any]) -> tuple[list[Any], dict[str, str]]:
    page = call.whole_number("page", 1, _LAST_PAGE)
    size = call.whole_number("pageSize", _DEFAULT_PAGE_SIZE, _MOST_PER_PAGE)
    start = (page - 1) * size
    links = {}
    path = f"/api/catalogs/{call.path['catalog']}/items" if "catalog" in call.path else "/api/catalogs"
    if start + size < len(rows):
        links["nextPageUrl"] = f"{path}?page={page + 1}&pageSize={size}"
    if page > 1:
        links["previousPageUrl"] = f"{path}?page={page - 1}&pageSize={size}"
    return list(rows[start : start + size]), links

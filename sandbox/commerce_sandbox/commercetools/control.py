"""Changing the shop and its limits from outside, while it is running."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.routing import Route

from commerce_sandbox.commercetools.limits import Limits
from commerce_sandbox.commercetools.project import Features
from commerce_sandbox.commercetools.resource_types import PATH_OF_REFERENCE, SELECTION_MEMBERS
from commerce_sandbox.commercetools.store import UnknownResourceError
from commerce_sandbox.json_response import JsonResponse, read_json
from commerce_sandbox.shop.changes import CHANGES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from commerce_sandbox.commercetools.project import Project
    from commerce_sandbox.commercetools.store import Document, Store

_OWN_HEAD = frozenset({"version", "createdAt", "lastModifiedAt"})
_DEFAULT_SEED = "1"
_PATHS = (*PATH_OF_REFERENCE.values(), SELECTION_MEMBERS.path)


class ShopControl:
    """The control routes of the shop, mounted at ``/_sandbox/commercetools``.

    Args:
        store: The project's resources.
        project: The project's settings.
        on_other_catalogue: Called when the project has got the other catalogue model.

    Attributes:
        limits: What the platform refuses or delays at present.
    """

    def __init__(self, store: Store, project: Project, on_other_catalogue: Callable[[], None]) -> None:
        self._store = store
        self._project = project
        self._on_other_catalogue = on_other_catalogue
        self.limits = Limits()

    def routes(self) -> Sequence[BaseRoute]:
        """Return the routes."""
        return [
            Route("/changes", self.change_shop, methods=["POST"]),
            Route("/limits", self.read_limits, methods=["GET"]),
            Route("/limits", self.set_limits, methods=["POST"]),
            Route("/settings", self.read_settings, methods=["GET"]),
            Route("/settings", self.change_settings, methods=["POST"]),
            Route("/{path:path}/{id}", self.patch, methods=["PUT"]),
            Route("/{path:path}/{id}", self.delete, methods=["DELETE"]),
            Route("/{path:path}", self.create, methods=["POST"]),
        ]

    async def change_shop(self, request: Request) -> Response:
        """Let things happen in the shop: name of the happening to how often; ``?seed=`` picks other ones.

        The answer gives the ids of the resources concerned, by name.
        """
        wanted = await read_json(request, dict[str, int])
        seed = request.query_params.get("seed", _DEFAULT_SEED)
        unknown = wanted.keys() - CHANGES.keys()
        if unknown or not seed.isdecimal():
            problem = f"no such change: {', '.join(sorted(unknown))}" if unknown else "seed must be a whole number"
            raise HTTPException(400, f"{problem}; the changes are {', '.join(CHANGES)}")
        return JsonResponse(
            {name: list(CHANGES[name](self._store, count, int(seed))) for name, count in wanted.items()}
        )

    async def read_limits(self, _request: Request) -> Response:
        """Tell the limits in force."""
        return JsonResponse(self.limits)

    async def set_limits(self, request: Request) -> Response:
        """Set the limits; those not named are as at start."""
        self.limits = await read_json(request, Limits)
        return JsonResponse(self.limits)

    async def read_settings(self, _request: Request) -> Response:
        """Tell which features of the project are on."""
        return JsonResponse(self._project.features)

    async def change_settings(self, request: Request) -> Response:
        """Switch features of the project; those not named stay as they are."""
        changes = await read_json(request, dict[str, Any])
        try:
            features = msgspec.convert({**msgspec.structs.asdict(self._project.features), **changes}, Features)
        except msgspec.ValidationError as error:
            raise HTTPException(400, f"the settings do not fit: {error}") from error
        was_modular, self._project.features = self._project.is_modular, features
        if self._project.is_modular != was_modular:
            self._on_other_catalogue()
        return JsonResponse(features)

    async def create(self, request: Request) -> Response:
        """Create one resource, or each of a list.

        A resource that carries its own ``lastModifiedAt`` is placed as it is, like one that arrives late.
        """
        path = _known_path(request)
        if (await request.body()).lstrip().startswith(b"["):
            wanted = await read_json(request, list[dict[str, Any]])
            return JsonResponse([self._created(path, resource) for resource in wanted], status_code=201)
        return JsonResponse(self._created(path, await read_json(request, dict[str, Any])), status_code=201)

    async def patch(self, request: Request) -> Response:
        """Apply a JSON merge patch to a resource.

        It is an update (new version, lastModifiedAt now) unless the patch itself sets ``version``, ``createdAt`` or
        ``lastModifiedAt``.
        """
        path, identifier = _known_path(request), request.path_params["id"]
        patch = await read_json(request, dict[str, Any])
        resource = self._store.get(path, identifier)
        if resource is None:
            raise _no_such_resource(path, identifier)
        patched = {**merged(resource, patch), "id": identifier}
        return JsonResponse(
            self._placed(path, patched) if _OWN_HEAD & patch.keys() else self._store.update(path, patched)
        )

    async def delete(self, request: Request) -> Response:
        """Take a resource out, and answer with it; ``?dataErasure=true`` erases its personal data from messages too."""
        path, identifier = _known_path(request), request.path_params["id"]
        erasure = request.query_params.get("dataErasure", "false")
        if erasure not in {"true", "false"}:
            raise HTTPException(400, f"dataErasure must be true or false, not {erasure!r}")
        try:
            return JsonResponse(self._store.delete(path, identifier, data_erasure=erasure == "true"))
        except UnknownResourceError as error:
            raise _no_such_resource(path, identifier) from error

    def _created(self, path: str, resource: Document) -> Document:
        if "lastModifiedAt" not in resource:
            return self._store.create(path, resource)
        return self._placed(path, {"version": 1, "createdAt": resource["lastModifiedAt"], **resource})

    def _placed(self, path: str, resource: Document) -> Document:
        try:
            return self._store.put(path, resource)
        except ValueError as error:
            raise HTTPException(400, str(error)) from error


def _known_path(request: Request) -> str:
    path: str = request.path_params["path"]
    if path not in _PATHS:
        raise HTTPException(404, f"there is no resource {path!r}; there are {', '.join(_PATHS)}")
    return path


def _no_such_resource(path: str, identifier: str) -> HTTPException:
    return HTTPException(404, f"there is no resource {identifier!r} in {path}")


def merged(value: Document, patch: Document) -> Document:
    """Apply a JSON merge patch (RFC 7396): null removes a member, objects are merged, the rest is replaced."""
    result = dict(value)
    for name, part in patch.items():
        if part is None:
            result.pop(name, None)
        elif isinstance(part, dict):
            inner = result.get(name)
            result[name] = merged(inner if isinstance(inner, dict) else {}, part)
        else:
            result[name] = part
    return result

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from tap_commercetools.authentication import TokenSource
from tap_commercetools.parallel_limit import ParallelLimit
from tap_commercetools.platform_clock import PlatformClock
from tap_commercetools.redaction import Redaction
from tap_commercetools.retry import RetryPolicy
from tap_commercetools.settings import Settings
from tap_commercetools.transport import Transport

if TYPE_CHECKING:
    from collections.abc import Callable

    from commerce_sandbox.testing import RunningSandbox

TWO_DAYS = 172_800.0


class Time:
    """A clock that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def token_source(config: dict[str, Any], time: Time) -> TokenSource:
    defaults = {"page_size": 500, "max_parallel_requests": 4, "overlap_seconds": 300, "max_left_out": 0}
    settings = Settings.from_config({**defaults, **config})
    redaction = Redaction()
    return TokenSource(
        settings, Transport(PlatformClock(), RetryPolicy(), "test", ParallelLimit(8), redaction), redaction, time
    )


def tokens_given(sandbox: RunningSandbox) -> int:
    return len(sandbox.requests(service="commercetools", path="/oauth/token"))


def test_a_token_is_used_until_some_minutes_before_its_end(
    configure: Callable[..., dict[str, Any]], sandbox: RunningSandbox
) -> None:
    time = Time()
    source = token_source(configure(), time)
    before = tokens_given(sandbox)
    first = source.token()
    time.now = TWO_DAYS - 301
    assert source.token() == first
    time.now = TWO_DAYS - 299
    assert source.token() != first
    assert tokens_given(sandbox) - before == 2


def test_many_threads_ask_for_one_token(configure: Callable[..., dict[str, Any]], sandbox: RunningSandbox) -> None:
    source = token_source(configure(), Time())
    before = tokens_given(sandbox)
    with ThreadPoolExecutor(8) as threads:
        tokens = list(threads.map(lambda _: source.token(), range(40)))
    assert len(set(tokens)) == 1
    assert tokens_given(sandbox) - before == 1


def test_a_refused_token_is_discarded_once_however_many_threads_say_so(
    configure: Callable[..., dict[str, Any]], sandbox: RunningSandbox
) -> None:
    source = token_source(configure(), Time())
    refused = source.token()
    source.discard(refused)
    renewed = source.token()
    before = tokens_given(sandbox)
    source.discard(refused)
    assert source.token() == renewed
    assert tokens_given(sandbox) == before


def test_scopes_come_with_the_token_or_else_from_introspection(
    configure: Callable[..., dict[str, Any]], sandbox: RunningSandbox
) -> None:
    told = token_source(configure(), Time()).granted_scopes()
    body = {"access_token": token_source(configure(), Time()).token(), "expires_in": 172_800, "token_type": "Bearer"}
    sandbox.order_fault({"kind": "respond", "status": 200, "body": body}, service="commercetools", path="/oauth/token")
    before = len(sandbox.requests(service="commercetools", path="/oauth/introspect"))
    inspected = token_source(configure(), Time()).granted_scopes()
    assert told is not None
    assert inspected == told
    assert told.allow("sandbox-shop", ("view_orders",))
    assert len(sandbox.requests(service="commercetools", path="/oauth/introspect")) - before == 1


def test_scopes_that_the_platform_does_not_tell_are_unknown(
    configure: Callable[..., dict[str, Any]], sandbox: RunningSandbox
) -> None:
    body = {"access_token": "opaque", "expires_in": 172_800}
    sandbox.order_fault({"kind": "respond", "status": 200, "body": body}, service="commercetools", path="/oauth/token")
    sandbox.order_fault({"kind": "respond", "status": 403}, service="commercetools", path="/oauth/introspect")
    assert token_source(configure(), Time()).granted_scopes() is None

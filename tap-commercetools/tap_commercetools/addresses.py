"""Which addresses the tap speaks to: no credentials within, encrypted unless it is this machine."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urljoin, urlsplit

from tap_commercetools.errors import SettingsError

_PORTS = {"http": 80, "https": 443}


def check_url(setting: str, url: str, *, allow_http: bool) -> str:
    """Return a service's address without a slash at its end.

    Args:
        setting: The setting that says it.
        url: The address.
        allow_http: Whether it may be unencrypted, other than on this machine.

    Raises:
        SettingsError: If it is none, holds credentials, or would send some unencrypted; does not repeat it.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        parts, host = urlsplit(""), None
    if parts.scheme not in _PORTS or not host or re.search(r"[\s\\]", url) or parts.query or parts.fragment:
        message = f"setting {setting} must be an address such as https://api.europe-west1.gcp.commercetools.com"
        raise SettingsError(message)
    if "@" in parts.netloc:
        message = (
            f"setting {setting} holds a user name or a password: leave them out; the credentials are the settings "
            "client_id and client_secret"
        )
        raise SettingsError(message)
    if parts.scheme == "http" and not allow_http and not is_this_machine(host):
        message = (
            f"setting {setting} must begin with https://, because credentials are sent there; to send them unencrypted "
            "all the same, set allow_http"
        )
        raise SettingsError(message)
    return url.rstrip("/")


def is_this_machine(host: str) -> bool:
    """Tell whether a host is this machine, by its name or address alone."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def redirected(url: str, location: str) -> str | None:
    """Return where a redirect leads, if credentials may follow it there: the same host, encrypted.

    Args:
        url: The address that was asked.
        location: What its answer's ``Location`` says.

    Returns:
        The address; None if it is another host, unencrypted, or no address. On this machine http may stay http.
    """
    if not location:
        return None
    try:
        asked, target_url = urlsplit(url), urljoin(url, location)
        target = urlsplit(target_url)
        ports = [parts.port or _PORTS.get(parts.scheme) for parts in (asked, target)]
    except ValueError:
        return None
    if "@" in target.netloc or target.hostname is None or target.hostname != asked.hostname:
        return None
    if target.scheme == "https":
        is_upgrade = asked.scheme == "http" and ports[1] == _PORTS["https"]
        return target_url if is_upgrade or ports[0] == ports[1] else None
    stays = target.scheme == asked.scheme == "http" and ports[0] == ports[1] and is_this_machine(target.hostname)
    return target_url if stays else None

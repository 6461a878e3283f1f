"""Origins of web pages, as browsers write them in the header Origin (RFC 6454 6.1): scheme, host, and port unless it is the
scheme's own."""

from __future__ import annotations

import ipaddress
from urllib.parse import SplitResult, urlsplit

_PORTS = {"http": 80, "https": 443}


def origin_of(address: str) -> str:
    """The origin of a page at this address. Raises ValueError, saying why there is none."""
    parts = urlsplit(address)
    if parts.scheme not in _PORTS:
        raise ValueError("it does not begin with https:// or http://")
    if not parts.hostname:
        raise ValueError("it names no host")
    if parts.username is not None:
        raise ValueError("it holds a user name")
    return f"{parts.scheme}://{_host(parts.hostname)}{_port(parts)}"


def parse_origin(text: str) -> str:
    """An origin that somebody typed. Raises ValueError, saying what is wrong."""
    if "*" in text:
        raise ValueError("wildcards are not taken: each origin is named")
    parts = urlsplit(text)
    if parts.path or parts.query or parts.fragment or text.endswith(("?", "#")):
        raise ValueError("an origin has no path: scheme, host and port alone")
    return origin_of(text)


def is_loopback(origin: str) -> bool:
    """Whether it is served by the machine that the browser runs on."""
    host = urlsplit(origin).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _host(host: str) -> str:
    if ":" in host:
        return f"[{ipaddress.IPv6Address(host).compressed}]"
    try:
        written = host.encode("idna").decode()
    except UnicodeError as wrong:
        raise ValueError("its host is no name") from wrong
    if not all(letter.isalnum() or letter in "-._" for letter in written):
        raise ValueError("its host holds a character that no host has")
    return written


def _port(parts: SplitResult) -> str:
    port = parts.port  # raises ValueError where it is no number
    return "" if port is None or port == _PORTS[parts.scheme] else f":{port}"

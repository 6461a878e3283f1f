"""Webhooks, signed by the public scheme "Standard Webhooks" 1.0.0 (standardwebhooks.com), its symmetric form v1.

What goes out with every delivery:

    webhook-id         the delivery's id: the same at every attempt, so a receiver can tell a repeat
    webhook-timestamp  the attempt's instant, whole seconds since 1970-01-01T00:00:00Z
    webhook-signature  "v1," and the base64 of HMAC-SHA256(secret, "<id>.<timestamp>.<body>")
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import ipaddress
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import SplitResult, urlsplit

import requests
import urllib3

from lrs_bridge.connectors.failures import DeliveryFailed, one_line
from lrs_bridge.errors import BadInput, Unauthorised

TOLERANCE = timedelta(minutes=5)
LONGEST_WAIT = timedelta(days=1)

_SECRET_PREFIX = "whsec_"  # noqa: S105 - the scheme's public prefix, not a secret
_QUOTED_ANSWER = 500
# Answers that say "not now" rather than "not this" (RFC 9110 15.5.9, RFC 8470 5.2, RFC 6585 4).
_LATER = frozenset({408, 425, 429})


def sign(secret: str, delivery_id: str, sent_at: datetime, body: bytes) -> str:
    """The webhook-signature header: "v1,<base64>".

    secret   "whsec_<base64>", as the scheme writes it, or any other text, which is taken as its UTF-8 bytes
    sent_at  the attempt's aware instant, of which the whole seconds are signed

    Raises BadInput for an empty or unreadable secret, and for a delivery id that is empty, holds a full stop (it would
    blur where the signed parts end) or isn't printable ASCII.
    """
    if (
        not delivery_id.isascii()
        or not delivery_id.isprintable()
        or not delivery_id.strip()
        or "." in delivery_id
    ):
        raise BadInput(f"A delivery id is printable ASCII without full stops: {delivery_id!r}")
    return _signature(_key(secret), delivery_id, str(_unix_seconds(sent_at)), body)


def verify(
    secret: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    now: datetime,
    tolerance: timedelta = TOLERANCE,
) -> None:
    """What a receiver does before it believes a delivery. Compares in constant time; any one matching v1 is enough,
    so a sender may sign with an old and a new secret while they change.

    Raises Unauthorised when a header is missing, the timestamp lies further than `tolerance` from `now` (a replay, or
    a wrong clock) or no signature matches.
    """
    given = {name.lower(): value for name, value in headers.items()}
    try:
        delivery_id, timestamp = given["webhook-id"], given["webhook-timestamp"]
        signatures = given["webhook-signature"].split()
    except KeyError as missing:
        raise Unauthorised(f"The header {missing.args[0]} is missing") from missing
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 16):
        raise Unauthorised("webhook-timestamp is not a number of seconds")
    if abs(int(timestamp) - _unix_seconds(now)) > tolerance.total_seconds():
        raise Unauthorised("webhook-timestamp is too far from now")
    expected = _signature(_key(secret), delivery_id, timestamp, body).encode()
    # Every one is compared, so that the time taken tells nothing.
    if not any([hmac.compare_digest(expected, signature.encode()) for signature in signatures]):  # noqa: C419 - see above
        raise Unauthorised("No signature matches: another secret, or the body was changed")


def post(
    url: str, body: bytes, *, secret: str, delivery_id: str, sent_at: datetime, timeout: float = 20
) -> None:
    """One attempt; returning means that the receiver answered 2xx.

    https only, unless the host is this machine; certificates are verified and redirects not followed, since what was
    confided to one address must not travel to another. `timeout` (seconds) is the patience for connecting and for each
    silence while reading.

    Raises BadInput for a URL, secret or id that can't be used, and DeliveryFailed otherwise: temporary for network
    errors, 408, 425, 429 and 5xx, with `retry_after` from Retry-After (at most LONGEST_WAIT); permanent for redirects
    and every other answer.
    """
    host = _receiving_host(url)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "lrs_bridge",
        # What is quoted from an answer is bounded on the wire, not after unpacking.
        "Accept-Encoding": "identity",
        "webhook-id": delivery_id,
        "webhook-timestamp": str(_unix_seconds(sent_at)),
        "webhook-signature": sign(secret, delivery_id, sent_at, body),
    }
    try:
        with requests.post(
            url,
            data=body,
            headers=headers,
            timeout=timeout,
            allow_redirects=False,
            stream=True,
            auth=_no_login,
        ) as answer:
            _judge(answer, host, sent_at)
    except requests.Timeout as slow:
        raise DeliveryFailed(f"{host} didn't answer within {timeout:g} s", permanent=False) from slow
    except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema) as wrong:
        raise BadInput(f"This is not an address that a webhook can be sent to: {host}") from wrong
    except requests.exceptions.SSLError as untrusted:
        reason = f"{host} has no certificate that is trusted: {_root(untrusted)}"
        raise DeliveryFailed(reason, permanent=False) from untrusted
    except (requests.RequestException, urllib3.exceptions.HTTPError) as failed:
        raise DeliveryFailed(f"{host} can't be reached: {_root(failed)}", permanent=False) from failed


def _judge(answer: requests.Response, host: str, sent_at: datetime) -> None:
    status = answer.status_code
    if 200 <= status < 300:
        return
    if 300 <= status < 400:
        elsewhere = one_line(answer.headers.get("Location", "nowhere"), 200)
        reason = f"{host} answered {status}, to go to {elsewhere}; redirects are not followed"
        raise DeliveryFailed(reason, permanent=True)
    later = status in _LATER or status >= 500
    reason = f"{host} answered {status} {answer.reason or ''}".strip()
    said = _beginning(answer)
    raise DeliveryFailed(
        f"{reason}: {said}" if said else reason,
        permanent=not later,
        retry_after=_seconds_to_wait(answer.headers.get("Retry-After"), sent_at) if later else None,
    )


def _beginning(answer: requests.Response) -> str:
    # One read, so that an answer without an end costs at most one more timeout. The status is known already: what goes
    # wrong from here on leaves the answer unquoted, nothing else.
    try:
        said: bytes = answer.raw.read1(_QUOTED_ANSWER)
    except (OSError, ValueError, urllib3.exceptions.HTTPError):
        return ""
    return one_line(said.decode("utf-8", "replace"), _QUOTED_ANSWER)


def _seconds_to_wait(asked: str | None, sent_at: datetime) -> int | None:
    """Retry-After (RFC 9110 10.2.3), which is seconds or a date; None when it is neither."""
    if asked is None:
        return None
    asked = asked.strip()
    longest = int(LONGEST_WAIT.total_seconds())
    if asked.isascii() and asked.isdigit():
        return min(int(asked[:10]), longest)
    try:
        until = parsedate_to_datetime(asked)
    except ValueError:
        return None
    if until.tzinfo is None:  # what "-0000" is read as (RFC 5322 3.3)
        until = until.replace(tzinfo=UTC)
    return max(0, min(_unix_seconds(until) - _unix_seconds(sent_at), longest))


def _receiving_host(url: str) -> str:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as wrong:
        raise BadInput(f"This is not a web address: {wrong}") from wrong
    if not host or parts.scheme not in {"https", "http"}:
        raise BadInput("A webhook's address starts with https:// and a host")
    if "@" in parts.netloc:
        raise BadInput("A webhook's address carries no user or password: the signature says who sent it")
    if parts.scheme == "http" and not _is_this_machine(parts):
        raise BadInput(f"Webhooks to another machine go by https: {host}")
    return parts.netloc


def _is_this_machine(parts: SplitResult) -> bool:
    host = parts.hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _no_login(request: requests.PreparedRequest) -> requests.PreparedRequest:
    # Left to itself, requests looks for a login in the .netrc of whoever runs the service, and sends it.
    return request


def _root(failed: BaseException) -> str:
    # requests wraps urllib3 wraps the socket's error, each with its object's address; the innermost words say it.
    while failed.__context__ is not None:
        failed = failed.__context__
    return str(failed) or type(failed).__name__


def _signature(key: bytes, delivery_id: str, timestamp: str, body: bytes) -> str:
    signed = hmac.new(key, f"{delivery_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(signed).decode()}"


def _key(secret: str) -> bytes:
    if secret.startswith(_SECRET_PREFIX):
        try:
            key = base64.b64decode(secret.removeprefix(_SECRET_PREFIX), validate=True)
        except binascii.Error as wrong:
            raise BadInput("The webhook's secret is not base64 after whsec_") from wrong
    else:
        key = secret.encode()
    if not key:
        raise BadInput("The webhook's secret is empty")
    return key


def _unix_seconds(instant: datetime) -> int:
    if instant.tzinfo is None:
        raise ValueError("an instant must be aware")
    return int(instant.timestamp())

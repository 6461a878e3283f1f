"""Signing in by an organisation's own sign-in: whoever it says reads one of its own addresses is signed in as by a letter there.

Nothing is kept of an attempt: what belongs to it follows from the browser's own token, so that it is good in that browser alone.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from lrs_bridge.connectors.openid import Asked, NotSignedIn, OpenIdProvider
from lrs_bridge.settings import Settings

LASTS = timedelta(minutes=15)


def providers(settings: Settings, environ: Mapping[str, str]) -> dict[str, OpenIdProvider]:
    """By key. Without its secret in the environment a provider will refuse us."""
    return {
        one.key: OpenIdProvider(
            one,
            environ.get(one.secret_variable, ""),
            f"{settings.public_url}/sign-in/with/{one.key}/back",
        )
        for one in settings.sign_in
    }


def ask(provider: str, browser: str, now: datetime) -> Asked:
    """A new attempt at this provider, in the browser with this token."""
    begun = f"{int(now.timestamp())}-{secrets.token_urlsafe(16)}"
    return _attempt(provider, browser, begun)


def asked_before(provider: str, browser: str, state: str, now: datetime) -> Asked:
    """The attempt that somebody comes back from. Raises NotSignedIn for one of another browser, at another provider, or too long
    ago."""
    attempt = _attempt(provider, browser, state.rpartition(".")[0])
    begun = state.partition("-")[0]
    is_ours = hmac.compare_digest(attempt.state.encode(), state.encode("utf-8", "replace"))
    if not is_ours or now > datetime.fromtimestamp(int(begun), UTC) + LASTS:
        raise NotSignedIn("That took too long, or was begun in another browser. Try again.")
    return attempt


def _attempt(provider: str, browser: str, begun: str) -> Asked:
    def derived(what: str) -> str:
        about = f"{what}/{provider}/{begun}".encode("utf-8", "replace")
        return hmac.new(browser.encode(), about, hashlib.sha256).hexdigest()

    return Asked(state=f"{begun}.{derived('state')}", nonce=derived("nonce"), verifier=derived("verifier"))

"""An organisation's single sign-on: OpenID Connect by code, with PKCE (RFC 7636) and a nonce, so that neither a code nor a token that
somebody got hold of signs anybody in elsewhere."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from lrs_bridge.errors import BridgeError
from lrs_bridge.settings import Provider

log = logging.getLogger(__name__)

_PATIENCE = (4.0, 8.0)  # seconds to connect, and between two bytes
_GOOD_FOR = 3600.0  # seconds that a provider's own description is believed
_LEEWAY = 120  # seconds by which clocks may differ
_SIGNED_BY = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]


class NotSignedIn(BridgeError):
    """The provider signed in nobody whom we may believe. `str()` says why, for whoever tried."""

    status = 403


class ProviderAway(NotSignedIn):
    """The provider doesn't answer, or not as a provider does; the log says how."""

    status = 503


@dataclass(frozen=True, slots=True)
class Asked:
    """What belongs to one attempt to sign in, in one browser; the provider gives `state` and `nonce` back."""

    state: str
    nonce: str
    verifier: str


class OpenIdProvider:
    """One provider as reached over HTTP; what it says of itself is asked once an hour."""

    def __init__(self, provider: Provider, secret: str, back: str) -> None:
        """`back`: the address of ours to which it sends people back."""
        self._provider, self._secret, self._back = provider, secret, back
        self._known: tuple[dict[str, Any], KeySet, float] | None = None
        self._lock = threading.Lock()

    def address(self, asked: Asked) -> str:
        """Where the browser goes to sign in. Raises ProviderAway."""
        described, _ = self._described()
        with self._session() as session:
            address, _ = session.create_authorization_url(
                described["authorization_endpoint"],
                state=asked.state,
                nonce=asked.nonce,
                code_verifier=asked.verifier,
            )
        return str(address)

    def answers_as(self, issuer: str | None) -> bool:
        """Whether an answer with this issuer, or without any, is this provider's (RFC 9207 2.4)."""
        return issuer in (None, self._provider.issuer)

    def address_of_person(self, code: str, asked: Asked, now: datetime) -> str:
        """The e-mail address of whoever signed in there, in lower case: one of the provider's own mail domains. Raises NotSignedIn,
        or ProviderAway."""
        described, keys = self._described()
        try:
            with self._session() as session:
                tokens = session.fetch_token(
                    described["token_endpoint"],
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=asked.verifier,
                    timeout=_PATIENCE,
                )
                try:
                    claims = self._claims(tokens, keys, asked, now)
                except InvalidKeyIdError:  # the provider has new ones
                    claims = self._claims(tokens, self._described(anew=True)[1], asked, now)
                if "email" not in claims and "userinfo_endpoint" in described:
                    said = _object(session.get(described["userinfo_endpoint"], timeout=_PATIENCE))
                    if said.get("sub") != claims["sub"]:  # OpenID Connect Core 5.3.2
                        raise NotSignedIn("What your organisation's sign-in says of you is somebody else's.")
                    claims = {**said, **claims}
        except (requests.RequestException, ValueError) as wrong:
            raise self._away(wrong) from wrong
        except (AuthlibBaseError, JoseError, KeyError) as wrong:
            raise NotSignedIn(
                "Your organisation's sign-in did not confirm who you are. Try again."
            ) from wrong
        return self._believed(claims)

    def _claims(self, tokens: dict[str, Any], keys: KeySet, asked: Asked, now: datetime) -> dict[str, Any]:
        """Those of the ID token, validated (OpenID Connect Core 3.1.3.7)."""
        token = jwt.decode(
            tokens["id_token"],
            keys,
            registry=JWSRegistry(algorithms=_SIGNED_BY, strict_check_header=False),
        )
        claims = CodeIDToken(
            token.claims,
            token.header,
            {
                "iss": {"essential": True, "value": self._provider.issuer},
                "aud": {"essential": True, "value": self._provider.client_id},
                "nonce": {"essential": True},
            },
            {
                "nonce": asked.nonce,
                "client_id": self._provider.client_id,
                "access_token": tokens.get("access_token"),
            },
        )
        claims.validate(now=int(now.timestamp()), leeway=_LEEWAY)
        return dict(claims)

    def _believed(self, claims: dict[str, Any]) -> str:
        email = str(claims.get("email") or "").strip().casefold()
        if not email:
            raise NotSignedIn(
                f"{self._provider.name} did not say your e-mail address. Sign in by e-mail instead."
            )
        if (
            claims.get("email_verified", True) not in (True, "true")  # some providers write it as text
            or email.rpartition("@")[2] not in self._provider.mail_domains
        ):
            raise NotSignedIn(
                f"{self._provider.name} does not vouch for the address {email}. Sign in by e-mail instead."
            )
        return email

    def _described(self, *, anew: bool = False) -> tuple[dict[str, Any], KeySet]:
        with self._lock:
            if anew or self._known is None or time.monotonic() >= self._known[2]:
                described, keys = self._ask()
                self._known = (described, keys, time.monotonic() + _GOOD_FOR)
            return self._known[:2]

    def _ask(self) -> tuple[dict[str, Any], KeySet]:
        try:
            where = f"{self._provider.issuer.rstrip('/')}/.well-known/openid-configuration"
            described = self._get(where)
            if described.get("issuer") != self._provider.issuer:  # OpenID Connect Discovery 4.3
                raise ValueError(f"it calls itself {described.get('issuer')!r}")
            said: Any = self._get(described["jwks_uri"])
            keys = KeySet.import_key_set(said)
            _ = described["authorization_endpoint"], described["token_endpoint"]
        except (requests.RequestException, ValueError, KeyError, JoseError) as wrong:
            raise self._away(wrong) from wrong
        return described, keys

    def _get(self, address: str) -> dict[str, Any]:
        answer = requests.get(address, timeout=_PATIENCE, allow_redirects=False)
        answer.raise_for_status()
        return _object(answer)

    def _session(self) -> OAuth2Session:
        return OAuth2Session(
            self._provider.client_id,
            self._secret,
            scope="openid email",
            redirect_uri=self._back,
            code_challenge_method="S256",
        )

    def _away(self, wrong: Exception) -> ProviderAway:
        log.warning(
            "the sign-in of %s can't be used: %s: %s", self._provider.key, type(wrong).__name__, wrong
        )
        return ProviderAway(
            f"The sign-in of {self._provider.name} can't be used just now. Sign in by e-mail instead."
        )


def _object(answer: requests.Response) -> dict[str, Any]:
    found = answer.json()
    if not isinstance(found, dict):
        raise ValueError("its answer is no JSON object")  # noqa: TRY004  # of what was sent, not of how we call
    return found

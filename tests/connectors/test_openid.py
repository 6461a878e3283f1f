"""Single sign-on where the provider is at fault, or somebody in its place. The normal case is in journeys/test_single_sign_on.py,
with a real provider."""

from __future__ import annotations

import hmac
import json
import threading
from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from lrs_bridge.connectors.openid import Asked, NotSignedIn, OpenIdProvider, ProviderAway
from lrs_bridge.settings import Provider

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
ASKED = Asked("state", "nonce", "v" * 43)
KEY, OTHER_KEY, NEXT_KEY = (RSAKey.generate_key(2048, {"kid": kid}) for kid in ("one", "one", "next"))


def signed_with_what_everybody_knows(claims):
    """By HS256, with the public key in the place of a secret."""
    header = {"alg": "HS256", "kid": "one"}
    text = b".".join(urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, claims))
    signature = hmac.digest(KEY.as_pem(private=False), text, "sha256")
    return b".".join([text, urlsafe_b64encode(signature).rstrip(b"=")]).decode()


class Liar:
    """A provider that says what it is told to say."""

    def __init__(self):
        liar = self

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self):
                body = {
                    "/.well-known/openid-configuration": liar.described,
                    "/keys": {"keys": [key.as_dict(private=False) for key in liar.keys]},
                    "/me": liar.userinfo,
                }[self.path]
                self._answer(body)

            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                self._answer(liar.tokens)

            def _answer(self, body):
                text = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        self.described = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/ask",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/me",
            "jwks_uri": f"{self.issuer}/keys",
        }
        self.keys, self.userinfo = [KEY], {}
        self.says()

    def says(self, *, key=KEY, by_public_key=False, leave_out=(), **claims):
        said = {
            "iss": self.issuer,
            "sub": "7",
            "aud": "lrs_bridge",
            "iat": SECONDS,
            "exp": SECONDS + 600,
            "nonce": "nonce",
            "email": "Asha.Rao@colne.example",
            **claims,
        }
        for name in leave_out:
            del said[name]
        token = (
            signed_with_what_everybody_knows(said)
            if by_public_key
            else jwt.encode({"alg": "RS256", "kid": key.kid}, said, key)
        )
        self.tokens = {"access_token": "a", "token_type": "Bearer", "id_token": token}


@pytest.fixture
def liar():
    made = Liar()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def provider(liar):
    told = Provider(
        "colne", "Colne", liar.issuer, "lrs_bridge", "LRS_BRIDGE_SECRET_COLNE", ("colne.example",)
    )
    return OpenIdProvider(told, "secret", "https://bridge.example/back")


def address(provider):
    return provider.address_of_person("code", ASKED, NOW)


def test_what_is_right_is_believed(provider):
    assert address(provider) == "asha.rao@colne.example"


@pytest.mark.parametrize(
    "said",
    [
        {"iss": "https://other.example"},
        {"aud": "another"},
        {"aud": ["lrs_bridge", "another"], "azp": "another"},
        {"nonce": "another"},
        {"leave_out": ["nonce"]},
        {"leave_out": ["sub"]},
        {"exp": SECONDS - 121},
        {"leave_out": ["exp"]},
        {"key": OTHER_KEY},
        {"by_public_key": True},
        {"email_verified": False},
        {"email_verified": "false"},
        {"email": "asha.rao@other.example"},
        {"email": "asha.rao@other.example@colne.example.evil"},
        {"email": ""},
    ],
    ids=", ".join,
)
def test_what_is_wrong_signs_nobody_in(provider, liar, said):
    liar.says(**said)
    with pytest.raises(NotSignedIn):
        address(provider)


@pytest.mark.parametrize("token", ["", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])
def test_nor_does_what_is_no_token(provider, liar, token):
    liar.tokens["id_token"] = token
    with pytest.raises(NotSignedIn):
        address(provider)


def test_who_somebody_is_is_not_taken_from_what_is_said_of_another(provider, liar):
    liar.says(leave_out=["email"])
    liar.userinfo = {"sub": "7", "email": "bea@colne.example"}
    assert address(provider) == "bea@colne.example"
    liar.userinfo["sub"] = "8"
    with pytest.raises(NotSignedIn, match="somebody else's"):
        address(provider)


def test_new_keys_are_asked_for(provider, liar):
    assert address(provider)
    liar.keys = [NEXT_KEY]
    liar.says(key=NEXT_KEY)
    assert address(provider) == "asha.rao@colne.example"


@pytest.mark.parametrize(
    "described", [{"issuer": "https://other.example"}, {"jwks_uri": "http://127.0.0.1:1/"}, b"[1", b"[]"]
)
def test_a_provider_that_describes_itself_wrong_is_not_used(provider, liar, described):
    liar.described = {**liar.described, **described} if isinstance(described, dict) else described
    with pytest.raises(ProviderAway, match="The sign-in of Colne can't be used just now"):
        provider.address(ASKED)
    with pytest.raises(ProviderAway):
        address(provider)


def test_tokens_that_are_none_are_the_providers_fault(provider, liar):
    liar.tokens = b"<html>"
    with pytest.raises(ProviderAway):
        address(provider)
    liar.tokens = {"error": "invalid_grant"}
    with pytest.raises(NotSignedIn):
        address(provider)

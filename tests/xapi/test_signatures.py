"""Signatures of statements (XAPI-00115, 00116, 00117): each mistake, and the rule it is refused for."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from xapi.examples import FULL, SMALL

from lrs_bridge.xapi.signatures import problems_of_signature

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Asha Rao")])


def certificate(key) -> str:
    """Self-signed, and run out long ago: what x5c holds of it."""
    made = (
        x509.CertificateBuilder()
        .subject_name(NAME)
        .issuer_name(NAME)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2013, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2014, 1, 1, tzinfo=UTC))
        .sign(key, hashes.SHA256())
    )
    return base64.b64encode(made.public_bytes(serialization.Encoding.DER)).decode()


def signed(payload, algorithm="RS256", key=KEY, **header) -> bytes:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return jwt.PyJWS().encode(body, key, algorithm=algorithm, headers=header).encode()


def written(header: dict, payload=SMALL) -> bytes:
    """A JWS with a header that no library would write, and nonsense for a signature."""
    parts = (json.dumps(header).encode(), json.dumps(payload).encode(), b"nonsense")
    return b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)


def rules(jws: bytes, statement=SMALL) -> list[str]:
    found = list(problems_of_signature(jws, statement, "$.attachments[0]"))
    assert {problem.where for problem in found} <= {"$.attachments[0]"}
    return [problem.rule for problem in found]


@pytest.mark.parametrize("statement", [SMALL, FULL], ids=["small", "full"])
@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512"])
def test_a_signature_is_taken_with_and_without_certificate(algorithm, statement):
    assert rules(signed(statement, algorithm), statement) == []
    assert rules(signed(statement, algorithm, x5c=[certificate(KEY)]), statement) == []
    assert (
        rules(signed(statement, algorithm, x5c=[certificate(KEY), certificate(OTHER_KEY)]), statement) == []
    )


def test_what_may_differ_from_what_was_signed():
    sent = {**SMALL, "timestamp": "2026-03-02T09:00:00Z", "id": FULL["id"].upper()}
    for payload in (
        SMALL,
        {**sent, "id": FULL["id"]},
        {**sent, "timestamp": "2026-03-02T10:00:00.000+01:00"},
        {**sent, "authority": {"mbox": "mailto:a@example.org"}, "version": "1.0.0"},
    ):
        assert rules(signed(payload), sent) == []
    assert rules(signed(json.dumps(sent, indent=4).encode()), sent) == []


OTHERS = {
    "another actor": {**SMALL, "actor": {"mbox": "mailto:x@example.org"}},
    "another id": {**SMALL, "id": "00000000-0000-4000-8000-000000000000"},
    "a result more": {**SMALL, "result": {"success": True}},
    "a member less": {name: value for name, value in SMALL.items() if name != "verb"},
    "nothing": {},
    "not a statement": {"actor": [1], "object": None, "verb": 3},
    "an array": [SMALL],
    "a text": "signed",
    "null": None,
}


@pytest.mark.requirement("XAPI-00116")
@pytest.mark.parametrize("name", OTHERS)
def test_another_statement_was_signed(name):
    assert rules(signed(OTHERS[name], x5c=[certificate(KEY)]), {**SMALL, "id": FULL["id"]}) == ["XAPI-00116"]


@pytest.mark.parametrize("payload", [b"", b"{'a':1}", b"\xff", b'{"a":NaN}', b'{"a":1,"a":1}', b"[" * 200])
def test_what_was_signed_is_not_json(payload):
    assert rules(signed(payload)) == ["XAPI-00116"]


@pytest.mark.requirement("XAPI-00115")
@pytest.mark.parametrize(
    "jws",
    [b"", b"..", b"a.b", b"a.b.c.d", b"e30.e30", b"\xff.\xff.\xff", b"{}", b'{"payload":"","signatures":[]}', b"e30.!.a", b"WzFd.e30.AA"],
)  # fmt: skip
def test_no_jws_at_all(jws):
    assert rules(jws) == ["XAPI-00115"]


@pytest.mark.requirement("XAPI-00117")
@pytest.mark.parametrize(
    "algorithm", ["none", "HS256", "ES256", "PS256", "rs256", "", None, 1, ["RS256"], {}]
)
def test_other_algorithms(algorithm):
    assert rules(written({"alg": algorithm})) == ["XAPI-00117"]


def test_no_algorithm_and_a_shared_secret():
    assert rules(written({})) == ["XAPI-00117"]
    assert rules(signed(SMALL, "HS256", "a shared secret that is long enough for its algorithm")) == [
        "XAPI-00117"
    ]


def test_extensions_of_jws_are_not_understood():
    assert rules(written({"alg": "RS256", "crit": ["exp"], "exp": 1})) == ["XAPI-00115"]
    assert rules(written({"alg": "RS256", "crit": ["b64"], "b64": False})) == ["XAPI-00115"]


def test_the_certificate_of_another():
    assert rules(signed(SMALL, x5c=[certificate(OTHER_KEY)])) == ["XAPI-00115"]
    assert rules(signed(SMALL, x5c=[certificate(OTHER_KEY), certificate(KEY)])) == ["XAPI-00115"]
    assert rules(written({"alg": "RS256", "x5c": [certificate(KEY)]})) == ["XAPI-00115"]


def test_a_changed_payload_no_longer_verifies():
    header, _, signature = signed(SMALL, x5c=[certificate(KEY)]).split(b".")
    payload = base64.urlsafe_b64encode(json.dumps(FULL).encode()).rstrip(b"=")
    assert rules(b".".join([header, payload, signature]), FULL) == ["XAPI-00115"]


def test_a_certificate_without_rsa_key():
    assert rules(signed(SMALL, x5c=[certificate(ec.generate_private_key(ec.SECP256R1()))])) == ["XAPI-00117"]


@pytest.mark.parametrize("chain", [None, [], {}, "MII", [1], [None], ["!"], ["TUlJ"], [""], ["ä"]])
def test_what_is_no_certificate(chain):
    assert rules(signed(SMALL, x5c=chain)) == ["XAPI-00115"]


def test_all_mistakes_are_told():
    jws = signed({**SMALL, "result": {"success": True}}, x5c=[certificate(OTHER_KEY), "TUlJ"])
    assert rules(jws) == ["XAPI-00115", "XAPI-00115", "XAPI-00116"]

"""Signed statements (Data 2.6; 2.0.0 likewise): whether a signature that came with a statement is one, and is of it.

This catches mistakes, as the clause says; it doesn't tell who signed. Without a certificate in its header the signature
itself can't be verified, and is taken as it is. With one, its key has to verify the signature; but no authority is known
here to trust the certificate by, and whether it had run out isn't judged: a signature is kept to be checked long after, by
those who know whom to trust and when it was made.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from typing import Any, Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import InvalidTokenError, PyJWS, get_algorithm_by_name

from lrs_bridge.errors import BadInput, Problem
from lrs_bridge.xapi import documents
from lrs_bridge.xapi.equivalence import equivalent
from lrs_bridge.xapi.paths import quoted

USAGE: Final = "http://adlnet.gov/expapi/attachments/signature"
CONTENT_TYPE: Final = "application/octet-stream"
LONGEST: Final = 16_000_000
"""Octets; it is read whole, and holds a statement and certificates."""

_ALGORITHMS: Final = ("RS256", "RS384", "RS512")
_JWS = PyJWS(algorithms=_ALGORITHMS)


def problems_of_signature(jws: bytes, statement: dict[str, Any], where: str) -> Iterator[Problem]:
    """What is wrong with the JWS that came as the content of the statement's attachment at `where`."""
    if jws.count(b".") != 2:
        what = "the signature is not a JWS in compact serialisation"
        yield Problem(where, what, "XAPI-00115", "header.payload.signature, each in base64url")
        return
    try:
        read = _JWS.decode_complete(jws, options={"verify_signature": False})
    except InvalidTokenError as fault:
        yield Problem(where, f"the signature is not a JWS: {fault}", "XAPI-00115")
        return
    header = read["header"]
    if "crit" in header:
        yield Problem(
            where, "the signature's header asks for extensions (crit)", "XAPI-00115", "leave them out"
        )
    algorithm = header.get("alg")
    if algorithm not in _ALGORITHMS:
        what = f"the signature's algorithm is {quoted(algorithm)}"
        yield Problem(where, what, "XAPI-00117", "RS256, RS384 or RS512")
    elif "x5c" in header:
        yield from _problems_of_certificate(jws, header, read["signature"], where)
    yield from _problems_of_payload(read["payload"], statement, where)


def _problems_of_payload(payload: bytes, statement: dict[str, Any], where: str) -> Iterator[Problem]:
    try:
        signed = documents.parse(payload)
    except BadInput as fault:
        told = "; ".join(f"{problem.where} {problem.what}" for problem in fault.problems[:3])
        yield Problem(
            where, f"what was signed is not JSON: {told}", "XAPI-00116", "sign the statement's JSON"
        )
        return
    if not isinstance(signed, dict):
        what = f"what was signed is {quoted(signed)}, not a statement"
        yield Problem(where, what, "XAPI-00116", "sign the statement's JSON")
    elif _is_another(signed, statement):
        mend = "sign the statement as it is sent, without the signature's attachment"
        yield Problem(where, "what was signed is not this statement", "XAPI-00116", mend)


def _is_another(signed: dict[str, Any], statement: dict[str, Any]) -> bool:
    """An id may be set by the LRS, so it is compared where both have one."""
    ids = [one["id"].lower() for one in (signed, statement) if isinstance(one.get("id"), str)]
    return len(set(ids)) > 1 or not equivalent(signed, statement)


def _problems_of_certificate(
    jws: bytes, header: Mapping[str, Any], signature: bytes, where: str
) -> Iterator[Problem]:
    chain = header["x5c"]
    mend = "certificates in DER, each in base64, that of the signer first"
    if not isinstance(chain, list) or not chain:
        yield Problem(where, "the signature's x5c is not a list of certificates", "XAPI-00115", mend)
        return
    for place, written in enumerate(chain):
        try:
            certificate = x509.load_der_x509_certificate(base64.b64decode(written, validate=True))
            key = certificate.public_key() if place == 0 else None
        except (TypeError, binascii.Error, ValueError, UnsupportedAlgorithm):
            what = f"the signature's x5c[{place}] is not a certificate that can be read"
            yield Problem(where, what, "XAPI-00115", mend)
            continue
        if place == 0 and not isinstance(key, RSAPublicKey):
            yield Problem(
                where, "the signature's certificate has no RSA key", "XAPI-00117", "an RSA certificate"
            )
        elif place == 0 and not get_algorithm_by_name(header["alg"]).verify(
            jws.rpartition(b".")[0], key, signature
        ):
            what = "the signature's certificate does not verify it"
            yield Problem(where, what, "XAPI-00115", "sign with the key of the first certificate in x5c")

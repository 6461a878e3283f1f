"""The notations that xAPI borrows: IRI, UUID, language tag, e-mail address, media type, digest.

Each `is_…` answers whether a text follows its standard's syntax in full; all run in time linear in the text.
"""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from typing import Final

# The same few IRIs stand in most statements; long ones are not remembered, or they would fill the memory.
_REMEMBERED: Final = 8192
_SHORT: Final = 300

# RFC 3987 section 2.2, without the marks of writing direction, which its section 4.1 forbids. Private-use characters are
# for queries alone.
_UCS: Final = "\u00a0-\u200d\u2010-\u2029\u202f-\ud7ff\uf900-\ufdcf\ufdf0-\uffef" + "".join(
    f"{chr(plane * 0x10000)}-{chr(plane * 0x10000 + 0xFFFD)}" for plane in range(1, 14)
)
_UCS_14: Final = "\U000e1000-\U000efffd"
_PRIVATE: Final = "\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd"
_UNRESERVED: Final = rf"A-Za-z0-9\-._~{_UCS}{_UCS_14}"
_SUB_DELIMS: Final = "!$&'()*+,;="
_ESCAPED: Final = "%[0-9A-Fa-f]{2}"


def _run(characters: str) -> str:
    """Any number of these characters or percent escapes, written so that matching never backtracks."""
    return f"[{characters}]*(?:{_ESCAPED}[{characters}]*)*"


_NAME: Final = _UNRESERVED + _SUB_DELIMS
_PATH: Final = _NAME + ":@/"
_IRI = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.\-]*):"
    rf"(?://(?:{_run(_NAME + ':')}@)?(?P<host>\[[^\[\]/?#@]*\]|{_run(_NAME)})(?::[0-9]*)?(?=[/?#]|\Z)|(?!//))"
    rf"{_run(_PATH)}"
    rf"(?:\?{_run(_PATH + '?' + _PRIVATE)})?"
    rf"(?:\#{_run(_PATH + '?')})?"
)
# What nearly all IRIs look like; the full grammar with its many ranges of characters takes three times as long.
_COMMON_IRI = re.compile(r"https?://[A-Za-z0-9.\-]+(?:/[A-Za-z0-9\-._~/]*)?")
_SCHEME = re.compile(r"[^:/?#]+:")
_OUTSIDE_IRI = re.compile(rf"[^{_PATH}?#%\[\]{_PRIVATE}]")
# An IPv6 address may name its zone (RFC 6874).
_ADDRESS_6 = re.compile(rf"(?P<address>[0-9A-Fa-f:.]+)(?:%25(?:[A-Za-z0-9\-._~]|{_ESCAPED})+)?")
_FUTURE_ADDRESS = re.compile(rf"[vV][0-9A-Fa-f]+\.[A-Za-z0-9\-._~{_SUB_DELIMS}:]+")

_UUID = re.compile(r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}")
_HEX_32 = re.compile(r"[0-9A-Fa-f]{32}")
_HEX_40 = re.compile(r"[0-9A-Fa-f]{40}")
# SHA-224, SHA-256, SHA-384 and SHA-512 are the digests that "SHA-2" names.
_SHA2 = re.compile(r"(?:[0-9A-Fa-f]{56}|[0-9A-Fa-f]{64}|[0-9A-Fa-f]{96}|[0-9A-Fa-f]{128})")

# RFC 5646 section 2.1, in its order: language, script, region, variants, extensions, private use.
_LANGUAGE_TAG = re.compile(
    r"(?:(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4}|[a-z]{5,8})"
    r"(?:-[a-z]{4})?"
    r"(?:-(?:[a-z]{2}|[0-9]{3}))?"
    r"(?P<variants>(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*)"
    r"(?P<extensions>(?:-[0-9a-wy-z](?:-[a-z0-9]{2,8})+)*)"
    r"(?:-x(?:-[a-z0-9]{1,8})+)?"
    r"|x(?:-[a-z0-9]{1,8})+"
    # The irregular tags registered before this grammar; the regular ones of that time fit it.
    r"|en-gb-oed|i-(?:ami|bnn|default|enochian|hak|klingon|lux|mingo|navajo|pwn|tao|tay|tsu)"
    r"|sgn-(?:be-fr|be-nl|ch-de))",
    re.ASCII | re.IGNORECASE,
)

# RFC 6068: the local part may hold what an IRI's path may; quotes, spaces and the rest are percent-encoded.
_LOCAL: Final = rf"A-Za-z0-9!$&'*+/=_~.\-{_UCS}{_UCS_14}"
# What is not ASCII in a domain may be percent-encoded (RFC 6068 section 6.3), an address for a domain must be.
_LETTER: Final = rf"(?:[A-Za-z0-9{_UCS}{_UCS_14}]|%[89A-Fa-f][0-9A-Fa-f])"
_LABEL: Final = rf"{_LETTER}(?:[_\-]*{_LETTER})*"
_LITERAL: Final = r"%5[Bb][0-9A-Za-z.:\-]+%5[Dd]"
_ADDRESS = re.compile(rf"(?=[^@]){_run(_LOCAL)}@(?:{_LABEL}(?:\.{_LABEL})*|{_LITERAL})")

_TOKEN: Final = r"[A-Za-z0-9!#$%&'*+.^_`|~\-]+"  # noqa: S105  (RFC 9110's word for a bare name)
# Blanks before a semicolon and after the last one have one way each to be matched, or many of them would take for ever.
_MEDIA_TYPE = re.compile(
    rf"{_TOKEN}/{_TOKEN}"
    rf'(?:[ \t]*;(?:[ \t]*{_TOKEN}=(?:{_TOKEN}|"(?:[^"\\\x00-\x08\x0a-\x1f\x7f]|\\[\t\x20-\x7e])*"))?)*[ \t]*'
)


def is_iri(text: str) -> bool:
    """An absolute IRI (RFC 3987 section 2.2), a fragment allowed; http and https also need a host (RFC 9110 4.2)."""
    return _is_known_iri(text) if len(text) <= _SHORT else _is_iri(text)


def _is_iri(text: str) -> bool:
    if _COMMON_IRI.fullmatch(text):
        return True
    found = _IRI.fullmatch(text)
    if found is None:
        return False
    host = found["host"]
    if host:
        return host[0] != "[" or _is_address_literal(host[1:-1])
    return found["scheme"].lower() not in {"http", "https"}


_is_known_iri = lru_cache(_REMEMBERED)(_is_iri)


def _is_address_literal(text: str) -> bool:
    if _FUTURE_ADDRESS.fullmatch(text):
        return True
    found = _ADDRESS_6.fullmatch(text)
    if found is None:
        return False
    try:
        ipaddress.IPv6Address(found["address"])
    except ValueError:
        return False
    return True


def is_uri(text: str) -> bool:
    """An IRI that is already a URI (RFC 3986): ASCII only."""
    return text.isascii() and is_iri(text)


def has_scheme(text: str) -> bool:
    """Something stands where a scheme would, well-formed or not."""
    return _SCHEME.match(text) is not None


def first_outside_iri(text: str) -> str | None:
    """The first character that no IRI may hold, for the message."""
    found = _OUTSIDE_IRI.search(text)
    return found[0] if found else None


def is_uuid(text: str) -> bool:
    """The standard string form of RFC 4122, either case, any version.

    The variant bits are not checked: the specification's own examples carry others.
    """
    return _UUID.fullmatch(text) is not None


def is_uuid_otherwise_written(text: str) -> bool:
    """The 32 digits of a UUID in a form that xAPI doesn't take: in braces, as a URN, without hyphens."""
    bare = text.strip().lower().removeprefix("urn:uuid:").strip("{}()").replace("-", "")
    return _HEX_32.fullmatch(bare) is not None


def is_language_tag(text: str) -> bool:
    """Well-formed by RFC 5646 section 2.2.9: the grammar, and no variant or extension singleton twice."""
    found = _LANGUAGE_TAG.fullmatch(text)
    if found is None:
        return False
    variants, extensions = found["variants"], found["extensions"]
    if not variants and not extensions:
        return True
    singletons = [part for part in (extensions or "").lower().split("-") if len(part) == 1]
    # What stands before the first hyphen is empty.
    each_variant = (variants or "").lower().split("-")[1:]
    return len(singletons) == len(set(singletons)) and len(each_variant) == len(set(each_variant))


def is_email_address(text: str) -> bool:
    """What may follow "mailto:" in an mbox: one address, its odd characters percent-encoded (RFC 6068)."""
    return _ADDRESS.fullmatch(text) is not None


def is_sha1(text: str) -> bool:
    return _HEX_40.fullmatch(text) is not None


def is_sha2(text: str) -> bool:
    return _SHA2.fullmatch(text) is not None


def is_media_type(text: str) -> bool:
    """`type/subtype` with parameters (RFC 2046, grammar of RFC 9110 8.3.1)."""
    return _MEDIA_TYPE.fullmatch(text) is not None

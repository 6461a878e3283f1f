"""What a statement says about the files sent with it (Data 2.4.11; 2.0.0 4.2.2.6)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from lrs_bridge.xapi.findings import Check, Findings, check_members, formatted, iri, is_number, language_map
from lrs_bridge.xapi.notations import is_media_type, is_sha2
from lrs_bridge.xapi.paths import quoted


def _length(found: Findings, value: Any, where: str) -> None:
    """JSON has one kind of number: 27.0 is as whole as 27."""
    is_broken = isinstance(value, float) and not value.is_integer()
    if not is_number(value):
        found.wrong_type("XAPI-00102", where, value, "a whole number of octets")
    elif value < 0 or is_broken:
        found.add("XAPI-00102", where, f"{quoted(value)} is not a whole number of octets", "such as 27")


_REQUIRED: Final = {
    "usageType": ("XAPI-00107", "the IRI of what it is for"),
    "display": ("XAPI-00106", 'its title, such as {"en": "Certificate"}'),
    "contentType": ("XAPI-00105", "such as application/pdf"),
    "length": ("XAPI-00102", "its size in octets"),
    "sha2": ("XAPI-00103", "the SHA-256 of its content in hex"),
}
_ATTACHMENT: Final[dict[str, Check]] = {
    "usageType": iri("XAPI-00107"),
    "display": language_map("XAPI-00106"),
    "description": language_map("XAPI-00106"),
    "contentType": formatted("XAPI-00105", is_media_type, "a media type", "application/pdf"),
    "length": _length,
    "sha2": formatted("XAPI-00103", is_sha2, "a SHA-2 digest in hex", "64 hex digits of SHA-256"),
    "fileUrl": iri("XAPI-00104"),
}


def check_attachments(found: Findings, value: Any, where: str) -> None:
    if not isinstance(value, list):
        found.wrong_type("XAPI-00025", where, value, "an array of attachments")
        return
    for index, attachment in enumerate(value):
        place = f"{where}[{index}]"
        if not isinstance(attachment, dict):
            found.wrong_type("XAPI-00025", place, attachment, "an object")
            continue
        for name, (rule, mend) in _REQUIRED.items():
            if name not in attachment:
                found.missing(rule, place, name, mend)
        check_members(found, attachment, place, _ATTACHMENT)


def attachments_of(statement: Any, where: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The attachments that a statement or its SubStatement names by a digest, and where each stands. Of a statement that may
    not be valid: what can't be told apart is passed over."""
    if not isinstance(statement, dict):
        return
    target = statement.get("object")
    for place, holder in ((where, statement), (f"{where}.object", target)):
        listed = holder.get("attachments") if isinstance(holder, dict) else None
        for index, attachment in enumerate(listed if isinstance(listed, list) else ()):
            if isinstance(attachment, dict) and isinstance(attachment.get("sha2"), str):
                yield f"{place}.attachments[{index}]", attachment

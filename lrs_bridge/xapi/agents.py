"""Who an actor is: the one identifier in it, and the text form that people type and that the house joins by.

An actor is told by exactly one *inverse functional identifier* (Data 2.4.2.3; 2.0.0 4.2.2.1). Its canonical text:

    mailto:anna@example.org                        an mbox, its domain in lower case
    sha1:ebd31e95054c018b10727ccffd2ef2ec3a016ee9  the SHA-1 of an mbox
    openid:https://anna.example.org/               an OpenID
    https://moodle.example.org|4711                an account: home page, then name
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from lrs_bridge.errors import BadInput, Problem
from lrs_bridge.xapi.notations import is_email_address, is_iri, is_sha1, is_uri
from lrs_bridge.xapi.paths import quoted

IfiKind = Literal["mbox", "mbox_sha1sum", "openid", "account"]
IFI_MEMBERS: tuple[IfiKind, ...] = ("mbox", "mbox_sha1sum", "openid", "account")

_FORMS = "anna@example.org, https://moodle.example.org|4711, sha1:<40 hex digits> or openid:<address>"


@dataclass(frozen=True, slots=True)
class Ifi:
    """One identifier, in the form in which equal ones are equal texts.

    value  mbox          "mailto:" and the address, domain in lower case
           mbox_sha1sum  40 lower-case hex digits
           openid        the URI
           account       home page, "|", name; no IRI holds a "|", so the first one divides
    """

    kind: IfiKind
    value: str

    def __str__(self) -> str:
        """The canonical text; never holds U+0000, which some databases refuse: it is shown as U+2400."""
        text = self.value.replace("\0", "\u2400")
        if self.kind == "mbox_sha1sum":
            return f"sha1:{text}"
        return f"openid:{text}" if self.kind == "openid" else text


def mbox_with_lower_domain(mbox: str) -> str:
    """Case matters before the @ and not after it (RFC 5321 2.4; Data 2.3.1, case sensitivity)."""
    local, at, domain = mbox.rpartition("@")
    return f"{local}{at}{domain.lower()}"


def identifier_of(actor: dict[str, Any]) -> Ifi | None:
    """The identifier of a valid Agent or Group; None for an anonymous group."""
    mbox = actor.get("mbox")
    if mbox is not None:
        return Ifi("mbox", mbox_with_lower_domain(mbox))
    account = actor.get("account")
    if account is not None:
        return Ifi("account", f"{account['homePage']}|{account['name']}")
    digest = actor.get("mbox_sha1sum")
    if digest is not None:
        return Ifi("mbox_sha1sum", digest.lower())
    openid = actor.get("openid")
    return None if openid is None else Ifi("openid", openid)


def is_group(actor: dict[str, Any]) -> bool:
    return actor.get("objectType") == "Group"


def as_actor(ifi: Ifi) -> dict[str, Any]:
    """An Agent with this identifier and nothing else."""
    if ifi.kind == "account":
        home_page, _, name = ifi.value.partition("|")
        return {"objectType": "Agent", "account": {"homePage": home_page, "name": name}}
    return {"objectType": "Agent", ifi.kind: ifi.value}


def parse_identifier(text: str) -> Ifi:
    """What a person typed, or `str(ifi)` → the identifier.

    Blanks around it are dropped, except after an account's name, where they may belong to it.
    Raises BadInput, saying which forms there are.
    """
    typed = text.lstrip()
    if "|" in typed:
        return _account(typed)
    typed = typed.rstrip()
    prefix, colon, rest = typed.partition(":")
    kind = prefix.lower() if colon else ""
    if kind == "openid" and is_uri(rest):
        return Ifi("openid", rest)
    if kind == "sha1" and is_sha1(rest):
        return Ifi("mbox_sha1sum", rest.lower())
    if is_sha1(typed):
        return Ifi("mbox_sha1sum", typed.lower())
    address = rest if kind == "mailto" else typed
    if is_email_address(address):
        return Ifi("mbox", mbox_with_lower_domain(f"mailto:{address}"))
    raise _unreadable(typed, _hint(kind, typed))


def _account(typed: str) -> Ifi:
    home_page, _, name = typed.partition("|")
    if not is_iri(home_page):
        raise _unreadable(
            typed, 'before the "|" write the full address of the system: https://moodle.example.org|4711'
        )
    return Ifi("account", f"{home_page}|{name}")


def _hint(kind: str, typed: str) -> str:
    if kind in {"http", "https"}:
        return f"an account is {typed}|name; an OpenID is openid:{typed}" if is_iri(typed) else _FORMS
    return _FORMS


def _unreadable(typed: str, mend: str) -> BadInput:
    return BadInput(
        "That doesn't identify anybody",
        [Problem("", f"{quoted(typed)} is no identifier", "Data 2.4.2.3", mend)],
    )

"""If-Match and If-None-Match (RFC 9110 13.1; Communication 3.1; 2.0.0 4.1.4): may a document be changed?"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from lrs_bridge.errors import BadInput, Conflict, PreconditionFailed, Problem
from lrs_bridge.xapi.document_queries import Kind, Method
from lrs_bridge.xapi.versions import Version

# Clients of the time of 1.0 send the digest bare. Proxies that compress mark a tag as weak; ours are digests of the content, so
# that a weak one names the same bytes still.
_TAG = re.compile(r'(?:[Ww]/)?(?:"([^"]*)"|([^\s,"]+))')


def etag_of(body: bytes) -> str:
    """The SHA-1 of the content in lower-case hex, which 1.0.3 prescribes; without quotes."""
    return hashlib.sha1(body, usedforsecurity=False).hexdigest()


@dataclass(frozen=True, slots=True)
class Preconditions:
    """The headers' values as they came, None where there is none. `may_be_silent`: whether a PUT of a new profile need have
    neither, as from clients of the time before 1.0.3."""

    if_match: str | None = None
    if_none_match: str | None = None
    may_be_silent: bool = False

    def check(self, etag: str | None) -> None:
        """`etag`: of the document that is there, or None. Raises PreconditionFailed."""
        if self.if_match is not None and not _names(self.if_match, etag):
            now = f'its ETag is "{etag}"' if etag else "there is none"
            raise PreconditionFailed(f"If-Match names another document than the one that is there: {now}.")
        if self.if_none_match is not None and _names(self.if_none_match, etag):
            raise PreconditionFailed(f'If-None-Match: the document is there, its ETag is "{etag}".')

    def check_change(self, kind: Kind, method: Method, version: Version, etag: str | None) -> None:
        """As `check`. Raises too where a PUT names neither header and must: Conflict over a document that is there, which in
        1.0.3 a state may be overwritten without (3.1); BadInput for a new profile in 1.0.3."""
        self.check(etag)
        if method != "PUT" or self.if_match is not None or self.if_none_match is not None:
            return
        if etag is not None and (kind != "state" or version == "2.0.0"):
            raise Conflict(
                "The document is there already, and the request doesn't say that it knows it. Read it again, then send its "
                f'ETag: If-Match: "{etag}".'
            )
        if etag is None and kind != "state" and version == "1.0.3" and not self.may_be_silent:
            what = "a PUT of a profile has neither If-Match nor If-None-Match"
            mend = "If-None-Match: * for a new one"
            raise BadInput("The document was not stored", [Problem("", what, "XAPI-00322", mend)])


def _names(header: str, etag: str | None) -> bool:
    if etag is None:
        return False
    return header.strip() == "*" or etag in (quoted or bare for quoted, bare in _TAG.findall(header))

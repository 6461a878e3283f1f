"""Attachments on their way in (Communication 1.5.2, Data 2.4.11; 2.0.0 4.1.3, 4.2.2.6): the parts of a request, held against
what its statements say of them, then kept with those statements."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO, Any, Final

from lrs_bridge.errors import BadInput, Problem, TooLarge
from lrs_bridge.store import contents
from lrs_bridge.store.database import Session
from lrs_bridge.xapi import documents, multipart, signatures
from lrs_bridge.xapi.attachments import attachments_of
from lrs_bridge.xapi.findings import is_number
from lrs_bridge.xapi.multipart import PartBegins, PartData
from lrs_bridge.xapi.notations import is_sha2
from lrs_bridge.xapi.paths import quoted

MOST_PARTS: Final = 10_000
_IN_MEMORY: Final = contents.PART  # of all contents of a request; beyond, they lie in a temporary file
_HASH, _ENCODING = "X-Experience-API-Hash", "Content-Transfer-Encoding"
_DIGESTS: Final = {56: "sha224", 64: "sha256", 96: "sha384", 128: "sha512"}  # by hex digits
_ENCODINGS_OF_TEXT: Final = ("7bit", "8bit", "binary")


@dataclass(slots=True)
class Part:
    """A part after the first. `sha2`: what its header says, in lower case, or "" where that is no digest; `start` and `length`:
    where its content lies among those of the request."""

    place: int
    sha2: str
    content_type: str | None
    said_length: str | None
    start: int
    length: int = 0
    sha256: bytes = b""

    def where(self, header: str) -> str:
        return f"part[{self.place}] {header}"


@dataclass(slots=True)
class Received:
    """A multipart request, read to its end. `json`: the first part; `problems`: what is wrong with the parts by themselves.
    To be closed."""

    json: bytes = b""
    parts: list[Part] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    _lying: IO[bytes] = field(
        default_factory=lambda: tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - `close` is the caller's
    )

    def close(self) -> None:
        self._lying.close()

    def write(self, data: bytes) -> None:
        self._lying.write(data)

    def pieces(self, part: Part) -> Iterator[bytes]:
        """The content of a part, as it is stored."""
        self._lying.seek(part.start)
        left = part.length
        while left:
            piece = self._lying.read(min(left, contents.PART))
            left -= len(piece)
            yield piece


@dataclass(frozen=True, slots=True)
class Content:
    """What came along for an attachment of a statement."""

    sha2: str
    part: Part
    received: Received


def receive(chunks: Iterable[bytes], content_type: str, *, longest_json: int) -> Received:
    """Reads a multipart request; memory holds its first part and not more than a megabyte of the others.

    Raises BadInput where it is no multipart, TooLarge where the first part is longer than `longest_json` or there are more
    than MOST_PARTS.
    """
    parser = multipart.Parser(multipart.boundary_of(content_type))
    received = Received()
    try:
        reading = _Reading(received, longest_json)
        for chunk in chunks:
            for event in parser.feed(chunk):
                reading.take(event)
        parser.finish()
        received.json = bytes(reading.json)
    except BadInput as fault:
        received.close()
        raise BadInput(fault.title, [*received.problems, *fault.problems]) from None
    except BaseException:
        received.close()
        raise
    return received


class _Reading:
    """The events of one request, in turn."""

    def __init__(self, received: Received, longest_json: int) -> None:
        self.json = bytearray()
        self._received = received
        self._longest_json = longest_json
        self._place = -1
        self._end = 0
        self._part: Part | None = None
        self._sha256 = self._named = hashlib.sha256()

    def take(self, event: multipart.Event) -> None:
        if isinstance(event, PartBegins):
            self._begin(event)
        elif isinstance(event, PartData):
            self._add(event.data)
        elif self._part is not None:
            self._end_part(self._part)

    def _begin(self, event: PartBegins) -> None:
        self._place += 1
        headers: dict[str, str] = {}
        for name, value in event.headers:
            if name in headers and headers[name] != value:
                self._problem(name, "the header is there twice, and differs", "Communication 1.5.2", "once")
            headers.setdefault(name, value)
        if self._place == 0:
            self._begin_statements(headers)
            return
        if self._place > MOST_PARTS:
            raise TooLarge(
                f"The request has more than {MOST_PARTS} attachments; send them in several requests."
            )
        sha2 = self._sha2(headers)
        encoding = headers.get(_ENCODING.lower())
        if encoding is None:
            self._problem(_ENCODING, "the header is missing", "XAPI-00135", "binary")
        elif encoding.lower() != "binary":
            self._problem(_ENCODING, f"it is {quoted(encoding)}", "XAPI-00135", "binary")
        self._part = Part(
            self._place, sha2, headers.get("content-type"), headers.get("content-length"), self._end
        )
        self._received.parts.append(self._part)
        self._sha256 = hashlib.sha256()
        self._named = hashlib.new(_DIGESTS[len(sha2)]) if len(sha2) not in (0, 64) else self._sha256

    def _begin_statements(self, headers: dict[str, str]) -> None:
        said = headers.get("content-type", "")
        if _essence(said) != "application/json":
            what = f"it is {quoted(said)}" if said else "the header is missing"
            self._problem("Content-Type", what, "XAPI-00134", "application/json, with all statements")
        encoding = headers.get(_ENCODING.lower(), "binary")
        if encoding.lower() not in _ENCODINGS_OF_TEXT:
            self._problem(_ENCODING, f"it is {quoted(encoding)}", "XAPI-00134", "binary, or leave it out")

    def _sha2(self, headers: dict[str, str]) -> str:
        said = headers.get(_HASH.lower())
        if said is None and _essence(headers.get("content-type", "")) == "application/json":
            what = "it is application/json without the header, as if it held statements"
            self._problem(_HASH, what, "XAPI-00133", "all statements go into the first part")
        elif said is None:
            self._problem(_HASH, "the header is missing", "XAPI-00132", "the attachment's sha2")
        elif not is_sha2(said):
            self._problem(
                _HASH, f"{quoted(said)} is not a SHA-2 digest in hex", "XAPI-00132", "the attachment's sha2"
            )
        else:
            return said.lower()
        return ""

    def _add(self, data: bytes) -> None:
        if self._part is None:
            self.json += data
            if len(self.json) > self._longest_json:
                raise TooLarge(
                    f"The statements are more than the {self._longest_json} octets that this service takes at a time "
                    "(setting max_body_bytes); send them in smaller batches."
                )
            return
        self._received.write(data)
        self._end += len(data)
        self._part.length += len(data)
        self._sha256.update(data)
        if self._named is not self._sha256:
            self._named.update(data)

    def _end_part(self, part: Part) -> None:
        part.sha256 = self._sha256.digest()
        if part.sha2 and self._named.hexdigest() != part.sha2:
            what = f"the content's digest is {self._named.hexdigest()}"
            self._problem(_HASH, what, "XAPI-00132", "the digest of the octets as they are sent")
        if part.said_length is not None and part.said_length != str(part.length):
            what = f"it is {quoted(part.said_length)}, but {part.length} octets came"
            self._problem("Content-Length", what, "Communication 1.5.2", "make them equal, or leave it out")

    def _problem(self, header: str, what: str, rule: str, mend: str) -> None:
        self._received.problems.append(Problem(f"part[{self._place}] {header}", what, rule, mend))


def _essence(media_type: str) -> str:
    return media_type.partition(";")[0].strip(" \t").lower()


def split(body: bytes, received: Received | None) -> documents.Batch:
    """The statements of a body, as documents.split; what is wrong with the parts beside them is told with its faults."""
    try:
        return documents.split(body)
    except BadInput as fault:
        if received is None:
            raise
        raise BadInput(fault.title, [*fault.problems, *received.problems]) from None


def problems_of(batch: documents.Batch, received: Received | None) -> list[Problem]:
    """What is wrong with the attachments that statements name, and with the parts that came along; None: none could."""
    problems = list(received.problems) if received else []
    parts = {part.sha2: part for part in received.parts} if received else {}
    named: set[str] = set()
    for index, sent in enumerate(batch):
        where = f"$[{index}]" if batch.was_array else "$"
        for place, attachment in attachments_of(sent.value, where):
            sha2 = attachment["sha2"].lower()
            named.add(sha2)
            problems += _problems_of_one(place, attachment, parts.get(sha2))
            # in a SubStatement, it would be the signature of what nobody stated
            if attachment.get("usageType") == signatures.USAGE and not place.startswith(f"{where}.object"):
                problems += _problems_of_signature(place, attachment, sent.value, parts.get(sha2), received)
    problems += (
        Problem(part.where(_HASH), "no attachment has this sha2", "XAPI-00128", "name it, or leave it out")
        for part in parts.values()
        if part.sha2 and part.sha2 not in named
    )
    return problems


def _problems_of_one(place: str, attachment: dict[str, Any], part: Part | None) -> Iterator[Problem]:
    if part is None:
        if "fileUrl" not in attachment and attachment.get("usageType") != signatures.USAGE:
            what = "its content did not come along, and it has no fileUrl"
            mend = f"send it as a part of multipart/mixed whose {_HASH} is this sha2"
            yield Problem(f"{place}.sha2", what, "XAPI-00129", mend)
        return
    # Held against the statement where the part says a length too, as the clause has it: the conformance suite sends, and wants
    # taken, a content of another length in a part that says none. The digest tells contents apart anyway.
    length, content_type = attachment.get("length"), attachment.get("contentType")
    if part.said_length is not None and is_number(length) and length != part.length:
        what = f"it is {quoted(length)}, but {part.length} octets came"
        yield Problem(f"{place}.length", what, "Communication 1.5.2", "make it the length of the content")
    if (
        part.content_type is not None
        and isinstance(content_type, str)
        and _plain(content_type) != _plain(part.content_type)
    ):
        what = (
            f"it is {quoted(content_type)}, but {part.where('Content-Type')} is {quoted(part.content_type)}"
        )
        yield Problem(f"{place}.contentType", what, "Communication 1.5.2", "make them equal")


def _plain(media_type: str) -> str:
    """Without what may be written otherwise: case, blanks and quotes."""
    return media_type.lower().replace(" ", "").replace("\t", "").replace('"', "").rstrip(";")


def _problems_of_signature(
    place: str, attachment: dict[str, Any], statement: Any, part: Part | None, received: Received | None
) -> Iterator[Problem]:
    said = attachment.get("contentType")
    if isinstance(said, str) and _plain(said) != signatures.CONTENT_TYPE:
        what = f"a signature's is not {quoted(said)}"
        yield Problem(f"{place}.contentType", what, "XAPI-00115", signatures.CONTENT_TYPE)
    if part is None or received is None:
        mend = f"send it as a part of multipart/mixed whose {_HASH} is this sha2"
        yield Problem(f"{place}.sha2", "the signature itself did not come along", "XAPI-00115", mend)
    elif part.length > signatures.LONGEST:
        what = f"the signature has {part.length} octets"
        yield Problem(f"{place}.length", what, "XAPI-00115", f"at most {signatures.LONGEST}")
    else:
        jws = b"".join(received.pieces(part))
        yield from signatures.problems_of_signature(jws, statement, place)


def contents_of(statement: Any, received: Received | None) -> tuple[Content, ...]:
    """What came along for a statement in which nothing is wrong."""
    if received is None or not received.parts:
        return ()
    parts = {part.sha2: part for part in received.parts}
    named = {attachment["sha2"].lower() for _, attachment in attachments_of(statement, "$")}
    return tuple(Content(sha2, parts[sha2], received) for sha2 in sorted(named) if sha2 in parts)


def keep(session: Session, stored: Mapping[int, tuple[Content, ...]]) -> None:
    """Keeps what came along for statements that were just stored, by their seq, in their transaction: each content once,
    whoever named it."""
    found = {content.part.sha256: content for along in stored.values() for content in along}
    if not found:
        return
    new = contents.add(session, {sha256: content.part.length for sha256, content in found.items()})
    for sha256 in new:
        content = found[sha256]
        contents.add_parts(session, sha256, content.received.pieces(content.part))
    contents.attach(
        session,
        [(seq, content.sha2, content.part.sha256) for seq, along in stored.items() for content in along],
    )

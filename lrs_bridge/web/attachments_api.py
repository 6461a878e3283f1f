"""Statements together with their attachments: multipart/mixed in and out (Communication 1.5; 2.0.0 4.1.3)."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from functools import partial

from flask import Response, g, request

from lrs_bridge.errors import TooLarge
from lrs_bridge.flows import attachments
from lrs_bridge.store import contents
from lrs_bridge.store.database import Database
from lrs_bridge.store.statements import StoredStatement
from lrs_bridge.web.here import database, settings
from lrs_bridge.web.json_body import json_body
from lrs_bridge.web.xapi import blueprint
from lrs_bridge.xapi import documents, multipart
from lrs_bridge.xapi.attachments import attachments_of

_CHUNK = 65_536


def sent_statements() -> tuple[bytes, attachments.Received | None]:
    """The JSON of the statements that a request sends and, where it is multipart, what came along. That is closed when the
    request has been answered.

    Raises BadInput for another Content-Type (XAPI-00127) and what is no multipart, TooLarge beyond the setting
    max_attachment_bytes or, of the JSON, max_body_bytes.
    """
    if not multipart.is_multipart(request.mimetype):
        return json_body("statements"), None
    received = attachments.receive(
        _body(settings().max_attachment_bytes),
        request.headers["Content-Type"],
        longest_json=settings().max_body_bytes,
    )
    g.received, g.sent = received, received.json
    return received.json, received


@blueprint.teardown_request
def _close(_fault: BaseException | None) -> None:
    received: attachments.Received | None = g.pop("received", None)
    if received is not None:
        received.close()


def _body(longest: int) -> Iterator[bytes]:
    """The body as it comes."""
    too_large = TooLarge(
        f"The request is larger than the {longest} octets that this service takes with attachments "
        "(setting max_attachment_bytes)."
    )
    if (request.content_length or 0) > longest:
        raise too_large
    request.max_content_length = longest + 1  # Werkzeug's own end: one octet more shows that there is more
    seen = 0
    while chunk := request.stream.read(_CHUNK):
        seen += len(chunk)
        if seen > longest:
            raise too_large
        yield chunk


def with_attachments(answer: Response, statements: Sequence[StoredStatement]) -> Response:
    """The JSON answer, followed by the contents that these statements of it name and that are held, each once, streamed part
    by part."""
    boundary = secrets.token_hex(24)
    pieces: list[bytes | tuple[bytes, int]] = [
        multipart.opening(boundary, {"Content-Type": "application/json"}),
        answer.get_data(),
    ]
    length = 0
    for attached, headers in _held(statements):
        pieces.append(multipart.opening(boundary, headers))
        pieces += [(attached.sha256, place) for place in contents.places(attached.length)]
        length += attached.length
    pieces.append(multipart.closing(boundary))
    length += sum(len(piece) for piece in pieces if isinstance(piece, bytes))
    streamed = Response(_streamed(pieces, database()), answer.status)
    streamed.headers.update(answer.headers)
    streamed.headers["Content-Type"] = f"multipart/mixed; boundary={boundary}"
    streamed.headers["Content-Length"] = str(length)
    return streamed


def _held(statements: Sequence[StoredStatement]) -> Iterator[tuple[contents.Attached, dict[str, str]]]:
    """Each content once, with the headers that the first statement that names it makes."""
    seqs = [one.seq for one in statements]
    found = database().glance(lambda session: contents.held_of(session, seqs)) if seqs else []
    held = {(one.seq, one.sha2): one for one in found}
    attaching = {one.seq for one in found}
    told: set[str] = set()
    for statement in statements:
        if statement.seq not in attaching:
            continue
        for _, said in attachments_of(documents.parse(statement.body.encode()), "$"):
            sha2 = said["sha2"].lower()
            attached = held.get((statement.seq, sha2))
            if attached is not None and sha2 not in told:
                told.add(sha2)
                yield (
                    attached,
                    {
                        "Content-Type": said["contentType"],
                        "Content-Transfer-Encoding": "binary",
                        "X-Experience-API-Hash": said["sha2"],
                    },
                )


def _streamed(pieces: Sequence[bytes | tuple[bytes, int]], kept: Database) -> Iterator[bytes]:
    """Bytes as they are; of a content, its parts as they are read. What is attached is never changed or removed, so they may
    be read one by one."""
    for piece in pieces:
        if isinstance(piece, bytes):
            yield piece
        else:
            sha256, place = piece
            yield kept.glance(partial(contents.part, sha256=sha256, place=place))

"""Requests and answers with attachments."""

from __future__ import annotations

import hashlib
import json
from email import message_from_bytes
from email.policy import HTTP
from typing import Any

from builders import statement

BOUNDARY = "the-boundary"
MIXED = {"Content-Type": f"multipart/mixed; boundary={BOUNDARY}"}


def sha2_of(content: bytes, algorithm: str = "sha256") -> str:
    return hashlib.new(algorithm, content).hexdigest()


def attachment(content: bytes, algorithm: str = "sha256", **members: Any) -> dict[str, Any]:
    return {
        "usageType": "https://example.org/usage/certificate",
        "display": {"en": "Certificate"},
        "contentType": "text/plain",
        "length": len(content),
        "sha2": sha2_of(content, algorithm),
        **members,
    }


def attaching(*contents: bytes, **members: Any) -> dict[str, Any]:
    """A statement that names these."""
    return statement(**{"attachments": [attachment(content) for content in contents], **members})


def part(content: bytes, **headers: str | None) -> bytes:
    """A part with the headers it should have; `headers` replace or add to them, None takes one away."""
    said = {
        "Content_Type": "text/plain",
        "Content_Transfer_Encoding": "binary",
        "X_Experience_API_Hash": sha2_of(content),
        **headers,
    }
    lines = [f"{name.replace('_', '-')}: {value}\r\n" for name, value in said.items() if value is not None]
    return "".join(lines).encode() + b"\r\n" + content


def of_statements(body: Any) -> bytes:
    return b"Content-Type: application/json\r\n\r\n" + (
        body if isinstance(body, bytes) else json.dumps(body).encode()
    )


def multipart(*parts: bytes) -> bytes:
    between = f"\r\n--{BOUNDARY}\r\n".encode()
    return b"".join(between + one for one in parts) + f"\r\n--{BOUNDARY}--\r\n".encode()


def request(body: Any, *contents: bytes) -> bytes:
    return multipart(of_statements(body), *map(part, contents))


def read(answer: Any) -> tuple[Any, list[tuple[dict[str, str], bytes]]]:
    """The JSON of an answer; headers and content of each part after it. By the standard library's reading of MIME."""
    assert answer.status_code == 200, answer.text
    said = answer.headers["Content-Type"]
    body = answer.get_data() if hasattr(answer, "get_data") else answer.content
    assert answer.headers["Content-Length"] == str(len(body))
    message = message_from_bytes(f"Content-Type: {said}\r\n\r\n".encode() + body, policy=HTTP)
    assert message.get_content_type() == "multipart/mixed"
    assert message.defects == []
    first, *others = message.iter_parts()
    assert dict(first.items()) == {"Content-Type": "application/json"}
    return json.loads(first.get_payload(decode=True)), [
        (dict(one.items()), one.get_payload(decode=True)) for one in others
    ]

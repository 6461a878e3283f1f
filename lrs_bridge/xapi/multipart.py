"""multipart/mixed as xAPI uses it (RFC 2046 5.1; Communication 1.5.2; 2.0.0 4.1.3): a parser that is pushed bytes and gives
events, and the writing of an answer. No I/O.

python-multipart finds the parts, their headers and their content. What it does not know of RFC 2046 is seen to here: text
before the first boundary, headers folded over several lines, blanks after a boundary, a part without content, and a body
that ends too early. A part that is itself a multipart is content like any other.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NoReturn

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from lrs_bridge.errors import BadInput, Problem
from lrs_bridge.xapi.paths import quoted

TITLE: Final = "The multipart request can't be read; nothing of it was stored."

# What it complains of is told to whoever sent it.
logging.getLogger(MultipartParser.__module__).setLevel(logging.ERROR)

_LONGEST_HEAD: Final = 16_384  # octets of all headers of a part
_MOST_HEADERS: Final = 50
_LONGEST_PADDING: Final = 1_000  # blanks after a boundary
_MOST_ALIKE: Final = 1_000  # lines that begin like the boundary
_BOUNDARY = re.compile(r"[ -~]{0,69}[!-~]", re.ASCII)
_DELIMITER_ENDS = re.compile(rb"[ \t]*\r\n|--")
_MAY_END_YET = re.compile(rb"[ \t]*\r?|-")
_FOLD = re.compile(rb"\r\n[ \t]+")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class PartBegins:
    """headers: name in lower case and value, in their order; a name may be there twice."""

    headers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class PartData:
    data: bytes


@dataclass(frozen=True, slots=True)
class PartEnds:
    pass


Event = PartBegins | PartData | PartEnds


def is_multipart(media_type: str) -> bool:
    """Whether a request of this type, in lower case and without parameters, brings attachments along. Raises BadInput for any
    type that statements are not sent as."""
    if media_type in ("multipart/mixed", "application/json"):
        return media_type == "multipart/mixed"
    said = f"it is {media_type}" if media_type else "the header is missing"
    mend = "application/json, or multipart/mixed with attachments"
    raise BadInput(
        f"The Content-Type is {media_type or 'missing'}; statements are sent as {mend}.",
        [Problem("Content-Type", said, "XAPI-00127", mend)],
    )


def boundary_of(content_type: str) -> str:
    """The boundary that the Content-Type of a request names. Raises BadInput where there is none, or none that can be one."""
    _, parameters = parse_options_header(content_type)
    boundary = parameters.get(b"boundary", b"").decode("latin-1")
    if not boundary:
        what, mend = "it names no boundary", "multipart/mixed; boundary=…"
    elif not _BOUNDARY.fullmatch(boundary):
        what = f"{quoted(boundary)} can't be a boundary"
        mend = "1 to 70 letters, digits and '()+_,-./:=?"
    else:
        return boundary
    raise BadInput(TITLE, [Problem("Content-Type", what, "XAPI-00131", mend)])


class Parser:
    """Give all bytes of the body to `feed`, cut anywhere, then call `finish`. Both raise BadInput, once, where the body is no
    multipart; parts are counted from 0 there. What has been fed and not yet been given as an event is less than 17 KB."""

    def __init__(self, boundary: str) -> None:
        self._delimiter = b"\r\n--" + boundary.encode("ascii")
        self._bytes = b"\r\n"  # the first boundary may be the very beginning
        self._at = 0
        self._step = self._preamble
        self._part = -1
        self._alike = 0
        self._events: list[Event] = []
        self._headers: list[tuple[str, str]] = []
        self._name = self._value = b""
        self._library = MultipartParser(
            boundary,
            {
                "on_header_begin": self._header_begins,
                "on_header_field": self._header_name,
                "on_header_value": self._header_value,
                "on_header_end": self._header_ends,
                "on_headers_finished": self._headers_end,
                "on_part_data": self._data,
                "on_part_end": self._part_ends,
            },
            max_header_count=_MOST_HEADERS,
            max_header_size=_LONGEST_HEAD,
        )

    def feed(self, data: bytes) -> list[Event]:
        self._events = []
        self._bytes = self._bytes[self._at :] + data
        self._at = 0
        while self._step():
            pass
        return self._events

    def finish(self) -> None:
        if self._step == self._preamble:
            self._refuse("no line of the body is the boundary", "XAPI-00131")
        if self._step != self._epilogue:
            self._refuse("the body ends before its closing boundary", "XAPI-00130")

    # Each step takes what it can of the bytes from `_at` on, and answers whether there may be more to take.

    def _preamble(self) -> bool:
        at = self._bytes.find(self._delimiter, self._at)
        if at < 0:
            self._at = max(self._at, len(self._bytes) - len(self._delimiter) + 1)
            return False
        self._at = at
        return self._delimiter_is_taken() is not None

    def _head(self) -> bool:
        if self._bytes.startswith(b"\r\n", self._at):
            end, block = self._at, b""
        else:
            end = self._bytes.find(b"\r\n\r\n", self._at, self._at + _LONGEST_HEAD)
            if end < 0:
                if len(self._bytes) - self._at >= _LONGEST_HEAD:
                    self._refuse(f"its headers are longer than {_LONGEST_HEAD} octets")
                return False
            block = _FOLD.sub(b" ", self._bytes[self._at : end]) + b"\r\n"
            end += 2
        self._at = end
        self._write(block + b"\r\n")
        self._step = self._first_of_body
        return True

    def _first_of_body(self) -> bool:
        """From the line break that ends the headers: a part without content may have no other before the next boundary."""
        seen = self._bytes[self._at : self._at + len(self._delimiter)]
        if seen == self._delimiter:
            taken = self._delimiter_is_taken()
            if taken is not False:
                return taken is True
        elif self._delimiter.startswith(seen):
            return False
        self._at += 2
        self._step = self._body
        return True

    def _body(self) -> bool:
        at = self._bytes.find(self._delimiter, self._at)
        if at < 0:
            self._give(len(self._bytes) - len(self._delimiter) + 1)
            return False
        self._give(at)
        return self._delimiter_is_taken() is not None

    def _epilogue(self) -> bool:
        """What follows the closing boundary is nobody's."""
        self._at = len(self._bytes)
        return False

    def _delimiter_is_taken(self) -> bool | None:
        """Whether the delimiter that stands here is a whole one; None: it can't be told yet."""
        start = self._at + len(self._delimiter)
        after = self._bytes[start : start + _LONGEST_PADDING]
        found = _DELIMITER_ENDS.match(after)
        if found is None:
            if _MAY_END_YET.fullmatch(after) and len(after) < _LONGEST_PADDING:
                return None
            self._looks_alike()
            return False
        is_first, is_last = self._step == self._preamble, found[0] == b"--"
        if is_first and is_last:
            self._refuse("there is no part between the boundaries", "XAPI-00134")
        self._at = start + found.end()
        self._write(self._delimiter[2 if is_first else 0 :] + (b"--" if is_last else b"\r\n"))
        self._part += 1
        self._step = self._epilogue if is_last else self._head
        return True

    def _looks_alike(self) -> None:
        """A line that begins like a boundary is content, though it should have been avoided (RFC 2046 5.1.1)."""
        self._alike += 1
        if self._alike > _MOST_ALIKE:
            self._refuse("too many of its lines begin like the boundary", "XAPI-00130")
        end = self._at + len(self._delimiter)
        if self._step == self._preamble:
            self._at = end
        elif self._step == self._body:
            self._give(end)

    def _give(self, end: int) -> None:
        if end > self._at:
            self._write(self._bytes[self._at : end])
            self._at = end

    def _write(self, data: bytes) -> None:
        try:
            self._library.write(data)
        except FormParserError:
            self._refuse(
                "its headers or its boundary can't be read: a header is “Name: value”, and lines end with CR LF"
            )

    def _refuse(self, what: str, rule: str = "Communication 1.5.2") -> NoReturn:
        where = f"part[{self._part}]" if self._part >= 0 else "body"
        raise BadInput(TITLE, [Problem(where, what, rule)])

    # What the library tells.

    def _header_begins(self) -> None:
        self._name = self._value = b""

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_ends(self) -> None:
        value = self._value.decode("latin-1").strip(" \t")
        if _CONTROL.search(value):
            self._refuse(f"its header {self._name.decode('ascii')} holds a control character")
        self._headers.append((self._name.decode("ascii").lower(), value))

    def _headers_end(self) -> None:
        self._events.append(PartBegins(tuple(self._headers)))
        self._headers = []

    def _data(self, data: bytes, start: int, end: int) -> None:
        self._events.append(PartData(data[start:end]))

    def _part_ends(self) -> None:
        self._events.append(PartEnds())


def opening(boundary: str, headers: Mapping[str, str]) -> bytes:
    """What stands before the content of a part that is written; before the first, the line break that it begins with is a
    preamble of nothing."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"\r\n--{boundary}\r\n{lines}\r\n".encode()


def closing(boundary: str) -> bytes:
    return f"\r\n--{boundary}--\r\n".encode()

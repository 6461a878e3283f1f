"""Which edition of the standard a request is judged by.

Both editions share one endpoint. The header X-Experience-API-Version decides: every 1.0.x follows the data model of
1.0.0 and is judged by the text of 1.0.3; every 2.0.x is judged by 2.0.0. (Communication 3.3; 2.0.0 4.1.)
"""

from __future__ import annotations

import re
from typing import Final, Literal

from lrs_bridge.errors import BadInput, Problem
from lrs_bridge.xapi.paths import quoted

Version = Literal["1.0.3", "2.0.0"]

HEADER: Final = "X-Experience-API-Version"
SUPPORTED: Final[tuple[Version, ...]] = ("1.0.3", "2.0.0")
NEWEST: Final[Version] = "2.0.0"
TOLD: Final = ("1.0.0", "1.0.1", "1.0.2", "1.0.3", "2.0.0")
"""What the About resource lists: every version whose requests are taken (Communication 2.8)."""
UNTOLD: Final = "0.9"
"""What an answer names to a request that names none: clients of that time sent no version (Communication 3.3)."""

_HEADER_VALUE = re.compile(r"(1\.0|2\.0)(?:\.(?:0|[1-9][0-9]{0,8}))?", re.ASCII)
_EDITION: Final[dict[str, Version]] = {"1.0": "1.0.3", "2.0": "2.0.0"}


def negotiate(header: str | None) -> Version:
    """The edition for a request with this header value, which is also the value to answer with.

    Raises BadInput when the header is missing (XAPI-00321) or names no 1.0, 1.0.x, 2.0 or 2.0.x (XAPI-00331).
    """
    if header is None:
        raise BadInput(
            "The request doesn't say which xAPI version it follows",
            [Problem(HEADER, "the header is missing", "XAPI-00321", f"{HEADER}: 1.0.3")],
        )
    found = _HEADER_VALUE.fullmatch(header.strip(" \t"))
    if found is None:
        raise BadInput(
            "The request follows an xAPI version that isn't spoken here",
            [Problem(HEADER, f"{quoted(header)} is not supported", "XAPI-00331", "1.0.3 or 2.0.0")],
        )
    return _EDITION[found[1]]


def precedes_1_0_3(header: str | None) -> bool:
    """Whether a request with this header value follows 1.0.0, 1.0.1 or 1.0.2; "1.0" is 1.0.0 (Communication 3.3)."""
    return header is not None and header.strip(" \t") in {"1.0", "1.0.0", "1.0.1", "1.0.2"}


def answered(header: str | None) -> str:
    """The version that the answer to a request with this header value names: the latest patch of that edition; of a version
    that isn't spoken here, the oldest that is (Communication 3.3; 2.0.0 4.1)."""
    if header is None:
        return UNTOLD
    found = _HEADER_VALUE.fullmatch(header.strip(" \t"))
    return _EDITION[found[1]] if found else SUPPORTED[0]

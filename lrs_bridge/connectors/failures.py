"""Why something we sent was not taken, and whether sending it again can help."""

from __future__ import annotations

import re

from lrs_bridge.errors import Unavailable

_LONGEST_REASON = 700
_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029\ufeff]+")


class DeliveryFailed(Unavailable):
    """The other system did not take what we sent; as far as we know nothing of it was kept there.

    permanent    the other system said no to *this message*: sending it unchanged again gives the same answer.
                 False wherever time or an operator can mend it (network, certificate, credential, overload).
    retry_after  seconds the other system asked us to wait, or None when it named none

    `str()` is one printable line of bounded length: the other system's own words may be part of it.
    """

    def __init__(self, reason: str, *, permanent: bool, retry_after: int | None = None) -> None:
        self.reason = one_line(reason, _LONGEST_REASON)
        super().__init__(self.reason)
        self.permanent = permanent
        self.retry_after = retry_after


def one_line(text: str, longest: int) -> str:
    """Foreign text made fit for a log line or a table cell: no control characters, cut with an ellipsis."""
    line = _UNPRINTABLE.sub(" ", text).strip()
    return line if len(line) <= longest else line[: longest - 1] + "…"

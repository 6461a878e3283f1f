"""What can go wrong, as one tree.

BridgeError                   anything this service says no to, with a reason a person can act on
├─ BadInput                   what was sent is wrong; nothing of it was kept            HTTP 400, exit 2
│  └─ BadMappings             the mapping files are wrong; those in force stay in force  exit 2
├─ Unauthorised               no credential, or a wrong one                              HTTP 401
├─ Forbidden                  the credential is good but may not do this                 HTTP 403
├─ NotFound                   there is no such thing (or the asker may not know of it)   HTTP 404
├─ Conflict                   the same id holds other content                            HTTP 409
├─ TooLarge                   what was sent is larger than this service takes at a time  HTTP 413, exit 2
├─ PreconditionFailed         it is no longer, or not yet, what the sender took it for   HTTP 412
├─ TooMany                    asked too often; later it will be done                     HTTP 429, exit 75
├─ Undelivered                a message was not taken by the mail server                 HTTP 503, exit 75
├─ Unavailable                the database or another system can't answer just now       HTTP 503, exit 75
└─ BadSettings                the service can't start as configured                      exit 78

A refusal carries all the problems found, not only the first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong.

    where  a JSON path ("$.actor.mbox", "$[3].verb.id") or "file.yaml:12 rules[0].accept"
    what   what is wrong, in one plain sentence
    rule   which requirement it breaks ("XAPI-00044", "framework file"), or ""
    mend   what would be right, or ""
    """

    where: str
    what: str
    rule: str = ""
    mend: str = ""

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        if self.rule:
            text += f" [{self.rule}]"
        if self.mend:
            text += f" → {self.mend}"
        return text

    def as_json(self) -> dict[str, Any]:
        return {key: value for key, value in asdict(self).items() if value}


class BridgeError(Exception):
    """A refusal with a reason. `str()` is fit to show to whoever caused it."""

    status = 500
    exit_code = 1

    def __init__(self, title: str, problems: Iterable[Problem] = ()) -> None:
        super().__init__(title)
        self.title = title
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return "\n".join([self.title, *(f"  {problem}" for problem in self.problems)])


class BadInput(BridgeError):
    status = 400
    exit_code = 2


class BadMappings(BadInput):
    pass


class Unauthorised(BridgeError):
    status = 401
    exit_code = 77


class Forbidden(BridgeError):
    status = 403
    exit_code = 77


class NotFound(BridgeError):
    status = 404
    exit_code = 1


class Conflict(BridgeError):
    status = 409
    exit_code = 1


class TooLarge(BridgeError):
    status = 413
    exit_code = 2


class PreconditionFailed(BridgeError):
    status = 412
    exit_code = 1


class TooMany(BridgeError):
    """`retry_after`: seconds."""

    status = 429
    exit_code = 75

    def __init__(self, title: str, retry_after: int) -> None:
        super().__init__(title)
        self.retry_after = retry_after


class Undelivered(BridgeError):
    status = 503
    exit_code = 75


class Unavailable(BridgeError):
    status = 503
    exit_code = 75


class BadSettings(BridgeError):
    exit_code = 78

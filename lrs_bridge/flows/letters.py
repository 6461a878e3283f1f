"""Letters: rendered from the templates in `messages`, and handed to the mail server that is set, or laid in the folder."""

from __future__ import annotations

import logging
import re
import threading
import uuid
from datetime import datetime
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from lrs_bridge.connectors import DeliveryFailed, mail
from lrs_bridge.errors import BadInput, Undelivered
from lrs_bridge.settings import Settings

log = logging.getLogger(__name__)

_NOT_SENT = "The e-mail could not be sent. Try again in a few minutes."
_AT_ONCE = 4
_PATIENCE = 8.0  # seconds
_on_their_way = threading.BoundedSemaphore(_AT_ONCE)

_templates = Environment(
    loader=PackageLoader("lrs_bridge.flows", "messages"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


class NotSetUp(DeliveryFailed):
    """Something the operator has yet to set: the message waits, and no try is counted."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, permanent=False)


def render(template: str, about: dict[str, Any]) -> str:
    return _templates.get_template(template).render(about)


def letter(
    settings: Settings,
    *,
    to: str,
    subject: str,
    template: str,
    about: dict[str, Any],
    now: datetime,
    number: uuid.UUID | None = None,
) -> EmailMessage:
    """From the templates TEMPLATE.txt and TEMPLATE.html. `number`: of one that may be sent twice, so that it is known as one. Raises
    BadInput for an address that mail can't be sent to, Undelivered where the fault is the setting mail_from."""
    about = {**about, "public_url": settings.public_url}
    try:
        return mail.compose(
            sender=settings.mailer,
            recipient=to,
            subject=subject,
            text=render(f"{template}.txt", about),
            html=render(f"{template}.html", about),
            message_id=f"<{number or uuid.uuid4()}@{urlsplit(settings.public_url).hostname or 'localhost'}>",
            sent_at=now,
        )
    except BadInput as wrong:
        if all(problem.where == "To" for problem in wrong.problems):
            raise
        log.error("no letter can be made: %s", wrong)  # noqa: TRY400  # what is wrong is said, and where it stands is known
        raise Undelivered(_NOT_SENT) from wrong


def send_now(message: EmailMessage, settings: Settings) -> None:
    """Hands in a letter that somebody waits for, within eight seconds. Few are on their way at once in a process, so that a mail
    server that doesn't answer takes no more of it. Raises Undelivered; whether a letter that took too long arrives is not known."""
    places = _on_their_way
    if not places.acquire(blocking=False):
        raise Undelivered("Many e-mails are on their way just now. Try again in a minute.")
    failures: list[Exception] = []

    def run() -> None:
        try:
            hand_in(message, settings)
        except Exception as failure:  # noqa: BLE001  # told below, to whoever waits
            failures.append(failure)
        finally:
            places.release()

    sender = threading.Thread(target=run, name="letter", daemon=True)
    sender.start()
    sender.join(_PATIENCE)
    if sender.is_alive():
        failures.append(DeliveryFailed(f"it took more than {_PATIENCE:g} s", permanent=False))
    if failures:
        log.warning("a letter was not taken: %s", without_addresses(failures[0]))
        raise Undelivered(_NOT_SENT) from failures[0]


_ADDRESS = re.compile(r"[^\s<>,;:()]+@[^\s<>,;:()]+")


def without_addresses(said: object) -> str:
    """Of a failure, for the log and for operators: mail servers repeat whom they refuse."""
    return _ADDRESS.sub("(an address)", str(said))


def hand_in(message: EmailMessage, settings: Settings) -> None:
    """Raises DeliveryFailed; NotSetUp where there is no way to send mail."""
    if settings.mail_folder:
        mail.MailFolder(settings.mail_folder).deliver(message)
        return
    if not settings.smtp_host:
        raise NotSetUp("no mail server is set: give smtp_host or mail_folder")
    security: Any = settings.smtp_security
    mail.send(
        message,
        mail.MailServer(
            settings.smtp_host, settings.smtp_port, security, settings.smtp_user, settings.smtp_password
        ),
    )

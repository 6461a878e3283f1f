"""Letters: rendered from the templates in `messages`, and handed to the mail server that is set, or laid in the folder."""

from __future__ import annotations

from email.message import EmailMessage
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from lrs_bridge.connectors import DeliveryFailed, mail
from lrs_bridge.settings import Settings

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


def hand_in(message: EmailMessage, settings: Settings, *, timeout: float = mail.MailServer.timeout) -> None:
    """Raises DeliveryFailed; NotSetUp where there is no way to send mail."""
    if settings.mail_folder:
        mail.MailFolder(settings.mail_folder).deliver(message)
        return
    if not settings.smtp_host:
        raise NotSetUp("no mail server is set: give smtp_host or mail_folder")
    security: Any = settings.smtp_security
    server = mail.MailServer(
        settings.smtp_host,
        settings.smtp_port,
        security,
        settings.smtp_user,
        settings.smtp_password,
        timeout,
    )
    mail.send(message, server)

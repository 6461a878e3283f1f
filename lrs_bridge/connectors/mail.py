"""Mail: a message composed once, then handed to the Board's SMTP server or, for demonstrations, laid in a folder."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import smtplib
import ssl
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from lrs_bridge.connectors.failures import DeliveryFailed
from lrs_bridge.errors import BadInput, Problem

# Not every relay offers 8BITMIME, and smtplib doesn't look: seven-bit encodings pass everywhere.
_POLICY = SMTP.clone(cte_type="7bit")
# Everything that some mail software takes for the end of a header line, and the rest of the control characters.
_BREAKS_A_HEADER = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_MESSAGE_ID = re.compile(r"<[!-;=?A-~]+@[!-;=?A-~]+>")
_LONGEST_FILE_NAME = 200
# The server's words for "not with this credential": an operator mends that, so the message must wait (RFC 4954, 6).
_CREDENTIAL_CODES = frozenset({530, 534, 535, 538})


@dataclass(frozen=True)
class MailServer:
    """Where mail is handed in. An empty user means no login; the timeout is in seconds, for each answer waited for."""

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    user: str
    password: str = field(repr=False)
    timeout: float = 20


def compose(
    *,
    sender: str,
    recipient: str,
    subject: str,
    text: str,
    html: str,
    message_id: str,
    sent_at: datetime,
) -> EmailMessage:
    """A multipart/alternative message, text first (RFC 2046, 5.1.4), that no auto-responder answers (RFC 3834, 5).

    message_id  "<id@host>", kept as given: mint it once, and a message sent twice is one message to the receiver
    sent_at     an aware instant
    sender, recipient  one address each, with or without a name: "Asha Rao <asha.rao@example.org>"

    Raises BadInput for whatever could add a header or a recipient, and for an address that isn't one.
    """
    if sent_at.tzinfo is None:
        raise ValueError("sent_at must be an aware instant")
    message = EmailMessage(policy=_POLICY)
    headers = {"From": sender, "To": recipient, "Subject": subject, "Message-ID": message_id}
    problems = [problem for name, value in headers.items() for problem in _put(message, name, value)]
    if not _MESSAGE_ID.fullmatch(message_id):
        problems.append(Problem("Message-ID", "is not a message id", "RFC 5322 3.6.4", "<id@host>"))
    if problems:
        raise BadInput("This message can't be sent:", problems)
    message["Date"] = sent_at
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    return message


def _put(message: EmailMessage, name: str, value: str) -> Iterator[Problem]:
    breaks = Problem(name, "contains a line break or another control character", "RFC 5322 2.2")
    if _BREAKS_A_HEADER.search(value):
        yield breaks
        return
    try:
        message[name] = value
    except Exception:  # noqa: BLE001 - the parser meets malformed addresses with whatever error comes first
        yield Problem(name, f"can't be read: {value!r}", "RFC 5322 3.4")
        return
    # Again, because "=?utf-8?q?=0A?=" has become a line break by now, which Python before 3.11.10 writes out as one.
    if _BREAKS_A_HEADER.search(str(message[name])):
        yield breaks
    elif name in {"From", "To"} and not _is_one_address(message[name]):
        yield Problem(name, f"{value!r} is not exactly one address in ASCII", "RFC 5322 3.4", "name@host")


def _is_one_address(header: Any) -> bool:
    if header.defects or len(header.groups) != 1 or header.groups[0].display_name is not None:
        return False
    (address,) = header.groups[0].addresses
    # A host's own letters have an ASCII form (xn--…); a mailbox's have none that every server carries.
    return bool(address.username and address.domain and address.addr_spec.isascii())


def send(message: EmailMessage, server: MailServer) -> None:
    """Hands the message in; returning means that the server has taken responsibility for it (RFC 5321, 4.2.5).

    TLS is verified, the host's name included, against the system's certificates. Raises DeliveryFailed: permanent when
    the server refused this message with a 5xx answer; temporary for 4xx and for everything before the message is
    offered — network, certificate, greeting, login — which an operator can mend while the message waits.
    """
    where = f"{server.host}:{server.port}"
    try:
        connection = _connected(server)
    except smtplib.SMTPAuthenticationError as refused:
        raise DeliveryFailed(f"{where} refused the login: {_answer(refused)}", permanent=False) from refused
    except smtplib.SMTPResponseException as refused:
        raise DeliveryFailed(f"{where} refused us: {_answer(refused)}", permanent=False) from refused
    except (
        OSError,
        ValueError,
    ) as failed:  # smtplib's own errors are OSErrors; a host name that is none, ValueErrors
        raise DeliveryFailed(f"{where} can't be used: {_words(failed)}", permanent=False) from failed
    try:
        connection.send_message(message)
    except smtplib.SMTPRecipientsRefused as refused:
        ((recipient, (code, words)),) = refused.recipients.items()
        reason = f"{where} refused the recipient {recipient}: {_reply(code, words)}"
        raise DeliveryFailed(reason, permanent=_is_permanent(code)) from refused
    except smtplib.SMTPResponseException as refused:
        part = "sender" if isinstance(refused, smtplib.SMTPSenderRefused) else "message"
        reason = f"{where} refused the {part}: {_answer(refused)}"
        raise DeliveryFailed(reason, permanent=_is_permanent(refused.smtp_code)) from refused
    except OSError as failed:
        reason = f"{where} broke off before it had taken the message: {_words(failed)}"
        raise DeliveryFailed(reason, permanent=False) from failed
    finally:
        _leave(connection)


def _connected(server: MailServer) -> smtplib.SMTP:
    if server.security == "tls":
        connection: smtplib.SMTP = smtplib.SMTP_SSL(
            server.host, server.port, timeout=server.timeout, context=ssl.create_default_context()
        )
    else:
        connection = smtplib.SMTP(server.host, server.port, timeout=server.timeout)
    try:
        if server.security == "starttls":
            connection.starttls(context=ssl.create_default_context())
        if server.user:
            connection.login(server.user, server.password)
        else:
            connection.ehlo_or_helo_if_needed()
    except BaseException:
        connection.close()
        raise
    return connection


def _leave(connection: smtplib.SMTP) -> None:
    # The message's fate is settled by now: a server that stumbles over QUIT must not make us send twice.
    with contextlib.suppress(OSError):
        connection.quit()
    connection.close()


def _is_permanent(code: int) -> bool:
    return 500 <= code < 600 and code not in _CREDENTIAL_CODES


def _answer(refused: smtplib.SMTPResponseException) -> str:
    return _reply(refused.smtp_code, refused.smtp_error)


def _reply(code: int, words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return f"{code} {text}"


def _words(failed: Exception) -> str:
    if isinstance(failed, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({failed.verify_message})"
    return str(failed) or type(failed).__name__


class MailFolder:
    """A folder that stands in for a mail server: one .eml file a message, made together with its parents at need."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)

    def deliver(self, message: EmailMessage) -> Path:
        """The file that now holds the message, whole or not at all.

        It is named by the Message-ID, so delivering twice leaves one file. Raises DeliveryFailed (temporary) when the
        folder can't be written.
        """
        target = self.path / _file_name(message["Message-ID"])
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            handle, unfinished = tempfile.mkstemp(dir=self.path, prefix=".", suffix=".part")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(message.as_bytes())
                Path(unfinished).replace(target)
            except BaseException:
                Path(unfinished).unlink(missing_ok=True)
                raise
        except OSError as failed:
            raise DeliveryFailed(f"The mail folder can't be written: {failed}", permanent=False) from failed
        return target


def _file_name(message_id: str) -> str:
    # quote() leaves no slash, and is reversible, so that two ids never share a file.
    name = quote(message_id.strip("<> "), safe="@+=")
    if len(name) > _LONGEST_FILE_NAME:
        name = hashlib.sha256(message_id.encode()).hexdigest()
    return f"{name}.eml"

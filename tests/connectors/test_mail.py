"""Mail against a real SMTP server that fails on purpose."""

from __future__ import annotations

import socket
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from servers import SmtpServer, make_self_signed, running_smtp

from lrs_bridge.connectors import DeliveryFailed
from lrs_bridge.connectors.mail import MailFolder, MailServer, compose, send
from lrs_bridge.errors import BadInput, Unavailable

MESSAGE_ID = "<6f1c2a90-3f0e-5b0c-9a53-1f2f5f6c7d8e@bridge.example.org>"


def composed(**changes) -> EmailMessage:
    given = {
        "sender": "Learning Bridge <bridge@example.org>",
        "recipient": "Asha Rao <asha.rao@example.org>",
        "subject": "Tier 2 reached",
        "text": "You have reached tier 2.\n",
        "html": "<p>You have reached <b>tier 2</b>.</p>",
        "message_id": MESSAGE_ID,
        "sent_at": datetime(2026, 3, 2, 9, 0, 5, tzinfo=UTC),
    }
    return compose(**{**given, **changes})


def server_at(server: SmtpServer, **changes) -> MailServer:
    given = {
        "host": server.host,
        "port": server.port,
        "security": "none",
        "user": "",
        "password": "",
        "timeout": 5,
    }
    return MailServer(**{**given, **changes})


class TestCompose:
    def test_text_comes_before_html_and_no_auto_responder_answers(self):
        message = composed()
        assert message.get_content_type() == "multipart/alternative"
        assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
        assert message["Auto-Submitted"] == "auto-generated"
        assert message["Message-ID"] == MESSAGE_ID
        assert parsedate_to_datetime(message["Date"]) == datetime(2026, 3, 2, 9, 0, 5, tzinfo=UTC)

    def test_letters_beyond_ascii_travel_in_seven_bits(self):
        sent = composed(
            subject="Zoë Ångström hat Stufe 2 erreicht – Glückwunsch! " * 3,
            recipient="Zoë Ångström <zoe@example.org>",
            text="Zoë ✓\n" + "é" * 2000,
        ).as_bytes()
        assert sent.isascii()
        read = message_from_bytes(sent, policy=policy.default)
        assert read["Subject"].startswith("Zoë Ångström hat Stufe 2 erreicht – Glückwunsch!")
        assert read["To"].addresses[0].display_name == "Zoë Ångström"
        assert "Zoë ✓" in read.get_body(("plain",)).get_content()

    def test_a_long_message_id_is_neither_folded_nor_encoded(self):
        long = f"<{'a' * 150}@bridge.example.org>"
        assert f"Message-ID: {long}\r\n".encode() in composed(message_id=long).as_bytes()

    @pytest.mark.parametrize("field", ["sender", "recipient", "subject", "message_id"])
    @pytest.mark.parametrize("breaker", ["\r\n", "\n", "\r", "\x0b", "\x85", "\u2028", "\x00"])
    def test_no_field_can_add_a_header(self, field, breaker):
        with pytest.raises(BadInput, match="line break"):
            composed(**{field: f"a@example.org{breaker}Bcc: everybody@example.org"})

    @pytest.mark.parametrize("subject", ["a=0D=0ABcc:_x@example.org", "a=0ABcc:_x@example.org", "a=00"])
    def test_nor_can_an_encoded_word(self, subject):
        with pytest.raises(BadInput, match="line break"):
            composed(subject=f"Zoë =?utf-8?q?{subject}?=")
        with pytest.raises(BadInput):
            composed(recipient=f'"=?utf-8?q?{subject}?=" <a@example.org>')

    @pytest.mark.parametrize(
        "recipient",
        [
            "",
            "Asha Rao",
            "a@example.org, b@example.org",
            "friends: a@example.org;",
            "<>",
            "a@",
            "a@[",
            "@example.org",
            "zoë@example.org",
            "zoe@beispiel-süd.example",
            "\ud800 <a@example.org>",
        ],
    )
    def test_a_recipient_is_exactly_one_address(self, recipient):
        with pytest.raises(BadInput, match="To: "):
            composed(recipient=recipient)

    @pytest.mark.parametrize("message_id", ["", "a@b", "<ab>", "<a@b> <c@d>", "<a b@c>", "<zoë@b>"])
    def test_a_message_id_has_brackets_and_a_host(self, message_id):
        with pytest.raises(BadInput, match="is not a message id"):
            composed(message_id=message_id)

    def test_the_instant_must_be_aware(self):
        with pytest.raises(ValueError, match="aware"):
            composed(sent_at=datetime(2026, 3, 2, 9))  # noqa: DTZ001 - the mistake under test


class TestSend:
    def test_a_message_arrives_as_composed(self, smtp_server):
        send(composed(subject="Zoë"), server_at(smtp_server))
        (arrived,) = smtp_server.messages
        assert arrived["Message-ID"] == MESSAGE_ID
        assert arrived["Subject"] == "Zoë"
        assert arrived.get_body(("html",)).get_content().strip() == "<p>You have reached <b>tier 2</b>.</p>"
        assert smtp_server.raw[0].isascii()

    @pytest.mark.parametrize(
        ("answer", "permanent"),
        [
            ("451 4.7.1 greylisted, come back", False),
            ("452 4.2.2 mailbox full", False),
            ("550 5.1.1 nobody of that name here", True),
            ("530 5.7.0 authentication required", False),
        ],
    )
    def test_a_refused_recipient(self, smtp_server, answer, permanent):
        smtp_server.answers.append(answer)
        with pytest.raises(DeliveryFailed) as failed:
            send(composed(), server_at(smtp_server))
        assert failed.value.permanent is permanent
        assert f"refused the recipient asha.rao@example.org: {answer}" in str(failed.value)
        assert smtp_server.messages == []

    @pytest.mark.parametrize(
        ("answer", "permanent"), [("451 4.3.0 later", False), ("554 5.7.1 looks bad", True)]
    )
    def test_a_message_refused_after_it_was_read(self, smtp_server, answer, permanent):
        smtp_server.answers.append(f"late {answer}")
        with pytest.raises(DeliveryFailed, match=f"refused the message: {answer}") as failed:
            send(composed(), server_at(smtp_server))
        assert failed.value.permanent is permanent

    def test_a_line_that_goes_dead_amid_the_data_is_tried_again_with_the_same_id(self, smtp_server):
        smtp_server.answers.append("drop")
        with pytest.raises(DeliveryFailed, match="broke off") as failed:
            send(composed(), server_at(smtp_server))
        assert not failed.value.permanent
        assert isinstance(failed.value, Unavailable)
        send(composed(), server_at(smtp_server))
        assert [message["Message-ID"] for message in smtp_server.messages] == [MESSAGE_ID]

    def test_a_server_that_stumbles_over_quit_has_the_message_all_the_same(self, smtp_server):
        smtp_server.answers.append("deaf")
        send(composed(), server_at(smtp_server))
        assert len(smtp_server.messages) == 1

    def test_a_server_that_never_answers_quit_has_the_message_all_the_same(self, smtp_server):
        smtp_server.answers.append("mute")
        send(composed(), server_at(smtp_server, timeout=0.3))
        assert len(smtp_server.messages) == 1

    def test_nobody_listens(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))  # bound, never listening
            server = MailServer("127.0.0.1", taken.getsockname()[1], "none", "", "")
            with pytest.raises(DeliveryFailed, match="refused") as failed:
                send(composed(), server)
        assert not failed.value.permanent

    def test_somebody_listens_and_says_nothing(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            server = MailServer("127.0.0.1", silent.getsockname()[1], "none", "", "", timeout=0.2)
            with pytest.raises(DeliveryFailed, match="timed out") as failed:
                send(composed(), server)
        assert not failed.value.permanent


class TestLogin:
    @pytest.fixture
    def guarded_server(self, self_signed, monkeypatch):
        monkeypatch.setenv("SSL_CERT_FILE", str(self_signed.certificate))
        with running_smtp(certificate=self_signed, security="starttls", login=("bridge", "secret")) as server:
            yield server

    def test_a_good_login(self, guarded_server):
        send(composed(), server_at(guarded_server, security="starttls", user="bridge", password="secret"))
        assert guarded_server.logins == [("bridge", "secret")]
        assert len(guarded_server.messages) == 1

    def test_a_wrong_password_waits_for_the_operator(self, guarded_server):
        with pytest.raises(DeliveryFailed, match="refused the login: 535") as failed:
            send(composed(), server_at(guarded_server, security="starttls", user="bridge", password="wrong"))
        assert not failed.value.permanent
        assert "wrong" not in str(failed.value)

    def test_no_login_where_one_is_asked_for_waits_for_the_operator(self, guarded_server):
        with pytest.raises(DeliveryFailed, match="530") as failed:
            send(composed(), server_at(guarded_server, security="starttls"))
        assert not failed.value.permanent
        assert guarded_server.messages == []

    def test_a_login_that_the_server_does_not_offer(self, smtp_server):
        with pytest.raises(DeliveryFailed, match="can't be used") as failed:
            send(composed(), server_at(smtp_server, user="bridge", password="secret"))
        assert not failed.value.permanent

    def test_the_password_is_not_shown(self):
        assert "secret" not in repr(MailServer("mail.example.org", 587, "starttls", "bridge", "secret"))


@pytest.mark.parametrize("security", ["starttls", "tls"])
class TestEncryption:
    def test_a_self_signed_certificate_is_refused(self, self_signed, security):
        with running_smtp(certificate=self_signed, security=security) as server:
            with pytest.raises(DeliveryFailed, match=r"certificate is not trusted .self.signed") as failed:
                send(composed(), server_at(server, security=security))
            assert not failed.value.permanent
            assert server.messages == []

    def test_a_trusted_certificate_is_taken(self, self_signed, security, monkeypatch):
        monkeypatch.setenv("SSL_CERT_FILE", str(self_signed.certificate))
        with running_smtp(certificate=self_signed, security=security) as server:
            send(composed(), server_at(server, security=security))
        assert len(server.messages) == 1

    @pytest.mark.usefixtures("self_signed")  # so that a machine without openssl skips
    def test_a_trusted_certificate_of_another_host_is_refused(self, security, monkeypatch, tmp_path):
        other = make_self_signed(tmp_path, "mail.example.org")
        monkeypatch.setenv("SSL_CERT_FILE", str(other.certificate))
        with (
            running_smtp(certificate=other, security=security) as server,
            pytest.raises(DeliveryFailed, match="IP address mismatch"),
        ):
            send(composed(), server_at(server, security=security))

    def test_a_server_without_encryption_gets_nothing(self, smtp_server, security):
        with pytest.raises(DeliveryFailed, match="can't be used") as failed:
            send(composed(), server_at(smtp_server, security=security, user="bridge", password="secret"))
        assert not failed.value.permanent
        assert smtp_server.messages == []


class TestMailFolder:
    def test_delivering_twice_leaves_one_file(self, tmp_path: Path):
        folder = MailFolder(tmp_path / "var" / "mail")
        assert folder.deliver(composed()) == folder.deliver(composed())
        (file,) = folder.path.iterdir()
        assert file.name == f"{MESSAGE_ID.strip('<>')}.eml"
        read = message_from_bytes(file.read_bytes(), policy=policy.default)
        assert read["Message-ID"] == MESSAGE_ID
        assert read.get_body(("plain",)).get_content().splitlines() == ["You have reached tier 2."]

    @pytest.mark.parametrize("local", ["../../escape", "..", ".", "a" * 900, "%2F"])
    def test_no_id_leads_out_of_the_folder(self, tmp_path: Path, local):
        message = EmailMessage()
        message["Message-ID"] = f"<{local}@example.org>"
        file = MailFolder(tmp_path / "mail").deliver(message)
        assert file.parent == tmp_path / "mail"
        assert file.is_file()
        assert [entry.name for entry in tmp_path.iterdir()] == ["mail"]

    def test_two_ids_never_share_a_file(self, tmp_path: Path):
        folder = MailFolder(tmp_path)
        files = {
            folder.deliver(composed(message_id=f"<{local}@example.org>")) for local in ("a/b", "a%2Fb", "A/b")
        }
        assert len(files) == 3

    def test_a_folder_that_cannot_be_is_for_the_operator_to_mend(self, tmp_path: Path):
        (tmp_path / "file").write_text("in the way")
        with pytest.raises(DeliveryFailed, match="can't be written") as failed:
            MailFolder(tmp_path / "file" / "mail").deliver(composed())
        assert not failed.value.permanent

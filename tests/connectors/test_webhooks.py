"""Webhooks against a real web server that fails on purpose."""

from __future__ import annotations

import base64
import json
import socket
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from servers import Answer, running_receiver

from lrs_bridge.connectors.failures import DeliveryFailed
from lrs_bridge.connectors.webhooks import post, sign, verify
from lrs_bridge.errors import BadInput, Unauthorised

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
BODY = json.dumps({"type": "tier.reached", "data": {"name": "Zoë"}}, ensure_ascii=False).encode()


def deliver(url: str, **changes) -> None:
    given = {"secret": SECRET, "delivery_id": "alert-7", "sent_at": NOW, "timeout": 5}
    post(url, BODY, **{**given, **changes})


def signed(**changes) -> dict[str, str]:
    signature = sign(SECRET, "alert-7", NOW, BODY)
    headers = {"webhook-id": "alert-7", "webhook-timestamp": "1772442000", "webhook-signature": signature}
    return {**headers, **changes}


class TestSignature:
    def test_the_published_example(self):
        # The test vector that the scheme's own libraries share.
        at = datetime.fromtimestamp(1614265330, UTC)
        signature = sign(SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}')
        assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

    def test_a_plain_secret_is_its_own_bytes(self):
        encoded = "whsec_" + base64.b64encode("correct horse – battery".encode()).decode()
        assert sign("correct horse – battery", "1", NOW, BODY) == sign(encoded, "1", NOW, BODY)

    @pytest.mark.parametrize("secret", ["", "whsec_", "whsec_not base64!", "whsec_abc"])
    def test_a_secret_that_is_none(self, secret):
        with pytest.raises(BadInput, match="secret"):
            sign(secret, "1", NOW, BODY)

    @pytest.mark.parametrize("delivery_id", ["", " ", "a.b", "a\nb", "é"])
    def test_an_id_that_would_blur_what_is_signed(self, delivery_id):
        with pytest.raises(BadInput, match="delivery id"):
            sign(SECRET, delivery_id, NOW, BODY)

    def test_the_instant_must_be_aware(self):
        with pytest.raises(ValueError, match="aware"):
            sign(SECRET, "1", datetime(2026, 3, 2), BODY)  # noqa: DTZ001 - the mistake under test


class TestVerify:
    def test_what_was_signed_verifies_whatever_the_case_of_the_headers(self):
        verify(SECRET, signed(), BODY, now=NOW)
        verify(SECRET, {name.title(): value for name, value in signed().items()}, BODY, now=NOW)

    def test_one_signature_of_several_is_enough(self):
        several = f"v1a,unknown v1,{'A' * 43}= {signed()['webhook-signature']}"
        verify(SECRET, signed(**{"webhook-signature": several}), BODY, now=NOW)

    @pytest.mark.parametrize("late", [timedelta(minutes=5), timedelta(minutes=-5)])
    def test_a_clock_may_differ_by_five_minutes(self, late):
        verify(SECRET, signed(), BODY, now=NOW + late)
        with pytest.raises(Unauthorised, match="too far"):
            verify(SECRET, signed(), BODY, now=NOW + late * 1.01)
        verify(SECRET, signed(), BODY, now=NOW + late * 1.01, tolerance=timedelta(minutes=6))

    @pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
    def test_every_header_is_needed(self, name):
        headers = signed()
        del headers[name]
        with pytest.raises(Unauthorised, match=f"{name} is missing"):
            verify(SECRET, headers, BODY, now=NOW)

    @pytest.mark.parametrize(
        "forged",
        [
            {"webhook-id": "alert-8"},
            {"webhook-timestamp": "1772442001"},
            {"webhook-signature": ""},
            {"webhook-signature": "v1,"},
            {"webhook-signature": "v1,Zoë"},
            {"webhook-signature": "v2," + sign(SECRET, "alert-7", NOW, BODY)[3:]},
        ],
    )
    def test_nothing_signed_can_be_changed(self, forged):
        with pytest.raises(Unauthorised, match="No signature matches"):
            verify(SECRET, signed(**forged), BODY, now=NOW)

    def test_neither_body_nor_secret_can_be_another(self):
        with pytest.raises(Unauthorised):
            verify(SECRET, signed(), BODY + b" ", now=NOW)
        with pytest.raises(Unauthorised):
            verify("another", signed(), BODY, now=NOW)

    @pytest.mark.parametrize("timestamp", ["", "now", "-1", "1e9", "٣", "9" * 400])
    def test_a_timestamp_that_is_none(self, timestamp):
        with pytest.raises(Unauthorised, match="not a number"):
            verify(SECRET, signed(**{"webhook-timestamp": timestamp}), BODY, now=NOW)


class TestPost:
    def test_the_receiver_can_verify_what_it_got(self, receiver):
        deliver(f"{receiver.url}/hook?board=7")
        (got,) = receiver.requests
        assert (got.method, got.path, got.body) == ("POST", "/hook?board=7", BODY)
        assert got.headers["User-Agent"] == "lrs_bridge"
        assert got.headers["Content-Type"] == "application/json"
        assert got.headers["webhook-id"] == "alert-7"
        verify(SECRET, got.headers, got.body, now=NOW)

    @pytest.mark.parametrize("status", [200, 201, 202, 204])
    def test_any_2xx_is_success(self, receiver, status):
        receiver.will(Answer(status))
        deliver(receiver.url)

    def test_500_then_200(self, receiver):
        receiver.will(Answer(500, body=b"database\n\tis   away\x1b[31m"))
        with pytest.raises(DeliveryFailed) as failed:
            deliver(receiver.url)
        assert not failed.value.permanent
        assert failed.value.retry_after is None
        assert str(failed.value).endswith("answered 500 Internal Server Error: database is away [31m")
        deliver(receiver.url)
        assert [got.headers["webhook-id"] for got in receiver.requests] == ["alert-7", "alert-7"]

    @pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
    def test_not_now(self, receiver, status):
        receiver.will(Answer(status))
        with pytest.raises(DeliveryFailed, match=f"answered {status}") as failed:
            deliver(receiver.url)
        assert not failed.value.permanent

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 422])
    def test_not_this(self, receiver, status):
        receiver.will(Answer(status, {"Retry-After": "30"}))
        with pytest.raises(DeliveryFailed, match=f"answered {status}") as failed:
            deliver(receiver.url)
        assert failed.value.permanent
        assert failed.value.retry_after is None

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_a_redirect_is_not_followed(self, receiver, status):
        receiver.will(Answer(status, {"Location": f"{receiver.url}/elsewhere"}))
        with pytest.raises(DeliveryFailed, match="redirects are not followed") as failed:
            deliver(receiver.url)
        assert failed.value.permanent
        assert f"{receiver.url}/elsewhere" in str(failed.value)
        assert len(receiver.requests) == 1

    @pytest.mark.parametrize(
        ("asked", "seconds"),
        [
            ("120", 120),
            ("0", 0),
            ("99999999999999999999", 86_400),
            ("Mon, 02 Mar 2026 09:02:00 GMT", 120),
            ("Mon, 02 Mar 2026 09:02:00 -0000", 120),
            ("Mon, 02 Mar 2026 08:00:00 GMT", 0),
            ("Fri, 02 Mar 2040 08:00:00 GMT", 86_400),
            ("-5", None),
            ("soon", None),
            ("1.5", None),
            ("", None),
        ],
    )
    def test_retry_after(self, receiver, asked, seconds):
        receiver.will(Answer(503, {"Retry-After": asked}))
        with pytest.raises(DeliveryFailed) as failed:
            deliver(receiver.url)
        assert failed.value.retry_after == seconds

    def test_a_slow_receiver(self, receiver):
        receiver.will(Answer(after=30))
        with pytest.raises(DeliveryFailed, match=r"didn't answer within 0\.2 s") as failed:
            deliver(receiver.url, timeout=0.2)
        assert not failed.value.permanent

    def test_nobody_listens(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))  # bound, never listening
            with pytest.raises(DeliveryFailed, match=r"can't be reached: .*refused") as failed:
                deliver(f"http://127.0.0.1:{taken.getsockname()[1]}/")
        assert not failed.value.permanent

    def test_a_receiver_that_hangs_up(self):
        with socket.create_server(("127.0.0.1", 0)) as server:

            def hang_up() -> None:
                server.accept()[0].close()

            thread = threading.Thread(target=hang_up)
            thread.start()
            with pytest.raises(DeliveryFailed, match="can't be reached") as failed:
                deliver(f"http://127.0.0.1:{server.getsockname()[1]}/")
            thread.join()
        assert not failed.value.permanent

    def test_a_long_answer_is_quoted_in_part(self, receiver):
        receiver.will(Answer(400, body=b"x" * 1_000_000))
        with pytest.raises(DeliveryFailed) as failed:
            deliver(receiver.url)
        assert 500 <= len(str(failed.value)) < 600

    def test_an_answer_without_an_end_costs_one_timeout(self, receiver):
        receiver.will(Answer(400, {"Content-Length": "1000000"}, body=b"because"))
        started = time.monotonic()
        with pytest.raises(DeliveryFailed, match=r"because|400 Bad Request") as failed:
            deliver(receiver.url, timeout=0.5)
        assert failed.value.permanent
        assert time.monotonic() - started < 3

    def test_nobodys_netrc_is_sent(self, receiver, monkeypatch, tmp_path):
        (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password mine")
        monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
        deliver(receiver.url)
        assert "Authorization" not in receiver.requests[0].headers

    @pytest.mark.parametrize(
        "url",
        [
            "http://board.example.org/hook",
            "http://localhost.example.org/",
            "http://127.0.0.1.example.org/",
            "http://10.0.0.1/",
            "ftp://127.0.0.1/",
            "board.example.org",
            "https://",
            "https://user:secret@board.example.org/",
            "https://[::1/",
            "https://board.example.org:port/",
            "https://*.example.org/",
            "",
        ],
    )
    def test_addresses_that_nothing_is_sent_to(self, url):
        with pytest.raises(BadInput) as refused:
            deliver(url)
        assert "secret@" not in str(refused.value)


class TestEncryption:
    def test_a_self_signed_certificate_is_refused(self, self_signed):
        with running_receiver(self_signed) as receiver:
            with pytest.raises(
                DeliveryFailed, match=r"no certificate that is trusted: .*self.signed"
            ) as failed:
                deliver(receiver.url)
            assert not failed.value.permanent
            assert receiver.requests == []

    def test_a_trusted_certificate_is_taken(self, self_signed, monkeypatch):
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(self_signed.certificate))
        with running_receiver(self_signed) as receiver:
            deliver(receiver.url)
        assert len(receiver.requests) == 1

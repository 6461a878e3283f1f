"""Alerts reach the Board: by a real mail server and a real web server, both also failing on purpose."""

import dataclasses
import json
from datetime import timedelta
from email import policy
from email.parser import BytesParser

import sqlalchemy as sa
from flows.test_recompute import make_eligible
from flows.worlds import START, completion, shipped_files, voiding
from servers import Answer

from lrs_bridge.connectors import webhooks
from lrs_bridge.flows import by_hand, champion
from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.flows.deliver import deliver
from lrs_bridge.flows.status import status
from lrs_bridge.store import outbox
from lrs_bridge.store.schema import alerts, deliveries

SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ENVIRON = {"ESSEX_SECRET": SECRET}
BOARD = "      - email: cse-champions@essex-lscb.example         # <<< the Board's address\n"


def tell(world, *recipients):
    """Puts these recipients of alerts in force for Essex."""
    files = shipped_files()
    path = "champions/set.yaml"
    assert BOARD in files[path]
    files[path] = files[path].replace(BOARD, "".join(f"      - {one}\n" for one in recipients))
    world.put_mappings(files)


def mailing(world, smtp_server, **more):
    world.settings = dataclasses.replace(
        world.settings,
        mail_folder="",
        smtp_host=smtp_server.host,
        smtp_port=smtp_server.port,
        smtp_security="none",
        public_url="https://bridge.example.org/lrs",
        **more,
    )


def send_out(world):
    return deliver(world.database, world.settings, world.clock, ENVIRON)


def rows(world, table):
    return world.database.read(lambda session: session.execute(sa.select(table)).all())


def test_one_mail_for_one_alert_in_text_and_html(world, smtp_server):
    mailing(world, smtp_server)
    tell(world, "{email: board@example.org}")
    make_eligible(world)
    world.recompute()
    assert (send_out(world).sent, send_out(world).sent) == (1, 0)
    (message,) = smtp_server.messages
    assert message["Subject"] == "Eligible as CSE Champion: asha (Essex)"
    assert message["To"] == "board@example.org"
    (delivery,) = rows(world, deliveries)
    assert message["Message-ID"] == f"<{delivery.id}@bridge.example.org>"
    text, html = (part.get_content() for part in message.iter_parts())
    for said in (text, html):
        assert "asha of School now meets every standard to be a CSE Champion in Essex" in " ".join(
            said.split()
        )
        assert "https://bridge.example.org/lrs" in said
        assert "asha@example.org" not in said, "least data: no identifiers in an alert"


def test_a_lost_standard_is_told_with_its_name(world, smtp_server):
    mailing(world, smtp_server)
    tell(world, "{email: board@example.org}")
    make_eligible(world)
    world.recompute()
    world.send(
        voiding(completion("https://moodle.example.org|asha", "set_toolbox", START - timedelta(days=9))["id"])
    )
    world.recompute()
    send_out(world)
    first, second = smtp_server.messages
    assert second["Subject"] == "CSE Champion standard lost: asha (Essex)"
    assert "Not met now: SET CSE Toolbox online module." in second.get_body(("plain",)).get_content()
    assert first["Message-ID"] != second["Message-ID"]


def test_a_refusal_for_now_is_tried_again_under_the_same_id(world, smtp_server):
    mailing(world, smtp_server)
    tell(world, "{email: board@example.org}")
    make_eligible(world)
    world.recompute()
    smtp_server.answers.extend(["451 busy, come back"])
    assert (send_out(world).failed, smtp_server.messages) == (1, [])
    (row,) = rows(world, deliveries)
    assert (row.state, row.tries) == ("waiting", 1)
    assert "451" in row.last_error
    assert START + timedelta(seconds=40) < row.due_at < START + timedelta(seconds=80)
    assert send_out(world).sent == 0, "not before it is due"
    world.advance(timedelta(minutes=2))
    assert send_out(world).sent == 1
    assert smtp_server.messages[0]["Message-ID"].startswith(f"<{row.id}@")


def test_after_the_last_try_it_is_failed_with_the_reason(world, smtp_server):
    mailing(world, smtp_server, delivery_tries=3)
    tell(world, "{email: board@example.org}")
    make_eligible(world)
    world.recompute()
    smtp_server.answers.extend(["451 no"] * 3)
    for _ in range(5):
        send_out(world)
        world.advance(timedelta(days=1))
    (row,) = rows(world, deliveries)
    assert (row.state, row.tries) == ("failed", 3)
    body = world.database.read(lambda session: status(session, world.settings, world.now))
    assert body["deliveries"]["failed"] == 1
    assert "451 no" in body["deliveries"]["failures"][0]["reason"]
    assert "1 messages to Boards have failed for good" in body["trouble"]


def test_a_refusal_for_good_is_not_tried_again(world, smtp_server):
    mailing(world, smtp_server)
    tell(world, "{email: board@example.org}")
    make_eligible(world)
    world.recompute()
    smtp_server.answers.extend(["550 no such mailbox"])
    send_out(world)
    (row,) = rows(world, deliveries)
    assert row.state == "failed"
    assert "550 no such mailbox" in row.last_error


def test_without_a_mail_server_the_message_waits_and_no_try_is_lost(world, smtp_server):
    tell(world, "{email: board@example.org}")
    mailing(world, smtp_server)
    make_eligible(world)
    world.recompute()
    world.settings = dataclasses.replace(world.settings, smtp_host="")
    for _ in range(20):
        send_out(world)
        world.advance(timedelta(hours=1))
    (row,) = rows(world, deliveries)
    assert (row.state, row.tries) == ("waiting", 0)
    assert "no mail server is set" in row.last_error
    mailing(world, smtp_server)
    assert send_out(world).sent == 1


def test_a_killed_sender_loses_nothing(world, smtp_server):
    mailing(world, smtp_server)
    tell(world, "{email: board@example.org}")
    make_eligible(world)
    world.recompute()
    claim = lambda: world.database.write(  # noqa: E731
        lambda session: outbox.claim_next(session, now=world.now, for_seconds=300)
    )
    assert claim() is not None
    assert claim() is None, "two senders never hold the same message"
    assert send_out(world).sent == 0
    world.advance(timedelta(minutes=6))
    assert send_out(world).sent == 1


def test_a_daily_digest_tells_several_alerts_in_one_message(world, smtp_server):
    mailing(world, smtp_server)
    tell(world, "{email: board@example.org, send: daily}")
    make_eligible(world, "asha")
    make_eligible(world, "ben")
    world.recompute()
    assert send_out(world).sent == 0
    world.advance(timedelta(hours=22))  # 7 in the morning, winter time
    assert send_out(world).sent == 1
    (message,) = smtp_server.messages
    assert message["Subject"] == "CSE Champions in Essex: 2 changes"
    text = message.get_body(("plain",)).get_content()
    assert text.count("now meets every standard") == 2


def test_news_after_a_digest_has_gone_waits_for_the_next(world, smtp_server):
    mailing(world, smtp_server)
    tell(world, "{email: board@example.org, send: daily}")
    make_eligible(world, "asha")
    world.recompute()
    world.now = START + timedelta(hours=21, minutes=59)
    late = world.now
    world.advance(timedelta(minutes=2))
    assert send_out(world).sent == 1
    make_eligible(world, "ben")
    world.now = late  # decided a moment before seven, committed after the digest had gone
    world.recompute()
    world.now = START + timedelta(hours=22, minutes=5)
    assert send_out(world).sent == 0
    world.advance(timedelta(days=1))
    assert send_out(world).sent == 1
    assert [message["Subject"] for message in smtp_server.messages] == [
        "Eligible as CSE Champion: asha (Essex)",
        "Eligible as CSE Champion: ben (Essex)",
    ]


def test_a_webhook_is_signed_and_tells_the_same(world, receiver):
    tell(world, f"{{webhook: '{receiver.url}', secret_variable: ESSEX_SECRET}}")
    make_eligible(world)
    world.recompute()
    receiver.will(Answer(503), Answer(200))
    assert send_out(world).failed == 1
    world.advance(timedelta(minutes=2))
    assert send_out(world).sent == 1
    first, second = receiver.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    webhooks.verify(SECRET, second.headers, second.body, now=world.now)
    body = json.loads(second.body)
    (alert,) = rows(world, alerts)
    assert [(one["id"], one["kind"], one["learner"]["name"]) for one in body["alerts"]] == [
        (str(alert.id), "became_eligible", "asha")
    ]
    assert set(body["alerts"][0]["standards_met"]) == {
        "safeguarding_l2",
        "basic_cse",
        "nwg_member",
        "set_toolbox",
        "manager_support",
    }


def test_a_webhook_without_its_secret_waits(world, receiver):
    tell(world, f"{{webhook: '{receiver.url}', secret_variable: NOT_SET}}")
    make_eligible(world)
    world.recompute()
    send_out(world)
    (row,) = rows(world, deliveries)
    assert (row.state, row.tries) == ("waiting", 0)
    assert "NOT_SET holds no secret" in row.last_error
    assert receiver.requests == []


def test_one_recipients_failure_does_not_hold_up_another(world, smtp_server, receiver):
    mailing(world, smtp_server)
    tell(
        world,
        "{email: board@example.org}",
        f"{{webhook: '{receiver.url}', secret_variable: ESSEX_SECRET}}",
    )
    make_eligible(world)
    world.recompute()
    smtp_server.answers.extend(["550 no"])
    done = send_out(world)
    assert (done.sent, done.failed, len(receiver.requests)) == (1, 1, 1)


def test_who_is_named_later_hears_what_is_true_then(world, smtp_server):
    """Where no address is set (or still the shipped example), nothing is announced, so nothing is lost."""
    mailing(world, smtp_server)
    make_eligible(world)
    world.recompute()
    assert rows(world, alerts) == []
    body = world.database.read(lambda session: status(session, world.settings, world.now))
    assert body["areas_without_recipients"] == ["southend", "essex", "thurrock"]
    tell(world, "{email: board@example.org}")
    world.recompute()
    assert send_out(world).sent == 1


def test_mail_goes_to_a_folder_where_one_is_set(world, tmp_path):
    world.settings = dataclasses.replace(world.settings, mail_folder=str(tmp_path / "mailbox"))
    make_eligible(world)
    world.recompute()
    send_out(world)
    (path,) = (tmp_path / "mailbox").glob("*.eml")
    message = BytesParser(policy=policy.default).parsebytes(path.read_bytes())
    assert message["To"] == "cse-champions@essex-lscb.example"


def acts(world, *words):
    """asha does these, and the Board decides these, a minute apart, each computed and sent before the next."""
    for word in words:
        world.advance(timedelta(minutes=1))
        mappings = world.database.read(
            lambda session: mapping_flow.in_force(session, world.settings.calendar)
        )
        asked = champion.Asked(word, "asha@example.org", "essex", world.now, by="ann@board.example")
        keeping = by_hand.Keeping(world.settings.public_url, "test", world.now)
        world.database.write(lambda session: champion.act(session, asked, mappings, keeping))  # noqa: B023  # runs at once
        world.recompute()
        send_out(world)


def texts(smtp_server):
    return {
        message["Subject"]: " ".join(message.get_body(("plain",)).get_content().split())
        for message in smtp_server.messages
    }


def test_what_a_board_reads_of_the_champion_flow(world, smtp_server):
    mailing(world, smtp_server)
    tell(world, "{email: board@example.org}")
    make_eligible(world)
    world.recompute()
    acts(world, "request", "withdraw", "request", "register")
    world.send(
        voiding(completion("https://moodle.example.org|asha", "set_toolbox", START - timedelta(days=9))["id"])
    )
    world.recompute()
    world.send(completion("https://moodle.example.org|asha", "set_toolbox", START, number=2))
    send_out(world)
    world.recompute()
    send_out(world)
    acts(world, "leave")
    said = texts(smtp_server)
    assert list(said) == [
        "Eligible as CSE Champion: asha (Essex)",
        "Asks to be CSE Champion: asha (Essex)",
        "Request to be CSE Champion no longer stands: asha (Essex)",
        "CSE Champion no longer meets every standard: asha (Essex)",
        "CSE Champion meets every standard: asha (Essex)",
        "CSE Champion has left: asha (Essex)",
    ]
    for part in (
        "asha of School asks to be registered as a CSE Champion in Essex.",
        "Recorded: Safeguarding level 2 or equivalent, with good working knowledge;",
        "You decide: register the person as champion, or return the request with what is missing.",
    ):
        assert part in said["Asks to be CSE Champion: asha (Essex)"]
    lost = said["CSE Champion no longer meets every standard: asha (Essex)"]
    assert "Not met now: SET CSE Toolbox online module. " in lost
    assert "The role goes on: only you end it." in lost
    assert (
        "asha of School is no longer a CSE Champion in Essex. As of"
        in said["CSE Champion has left: asha (Essex)"]
    )
    for text in said.values():
        assert "does not prove who sat at the screen, nor that practice is competent" in text
        assert "asha@example.org" not in text
        assert "ann@board.example" not in text


def test_a_champion_whose_post_ends_is_told_with_the_reason(world, smtp_server):
    mailing(world, smtp_server)
    tell(world, "{email: board@example.org}")
    make_eligible(world)
    acts(world, "request", "register")
    world.take_in(
        "people",
        "person,identifiers,organisation,area,required_tier,until\nasha,asha@example.org,School,essex,T1,2026-03-03\n",
    )
    world.advance(timedelta(days=3))
    world.recompute()
    send_out(world)
    left = texts(smtp_server)["CSE Champion has left: asha (Essex)"]
    assert "asha of School is no longer a CSE Champion in Essex, because the post has ended." in left

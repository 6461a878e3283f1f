"""`lrs-bridge alerts`, as an operator meets it: what is held and why, deciding, sending again."""

import json
import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from test_cli import Shell

from lrs_bridge import settings as setting_table
from lrs_bridge.app import create_app
from lrs_bridge.connectors.tables import read_csv
from lrs_bridge.flows import by_hand, champion, imports
from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.flows.announce import announce
from lrs_bridge.flows.deliver import deliver
from lrs_bridge.flows.recompute import recompute
from lrs_bridge.moments import system_clock
from lrs_bridge.settings import SHIPPED_MAPPINGS
from lrs_bridge.store.alert_tables import alert_decisions, alerts, deliveries
from lrs_bridge.store.database import Database

PEOPLE = ("asha", "ben", "cem")


class Operator(Shell):
    """A bridge with three people on record, who may ask, and a mailbox that is a folder."""

    def __init__(self, url, mailbox):
        super().__init__(url)
        self.environ |= {
            "LRS_BRIDGE_MAIL_FOLDER": str(mailbox),
            "LRS_BRIDGE_ALERT_SETTLING_MINUTES": "0",
            "LRS_BRIDGE_ALERTS_HELD_ABOVE": "2",
        }
        self.well("migrate")
        self.settings = setting_table.load(self.environ)
        self.database = Database(url)
        files, checked = mapping_flow.read(str(SHIPPED_MAPPINGS), self.settings.calendar)
        self.database.write(
            lambda session: mapping_flow.put_in_force(
                session, files, checked.mappings.digest, now=system_clock(), who="the test"
            )
        )
        self.mappings = checked.mappings

    def take_in(self, name, text, file=""):
        taking = imports.Taking(self.mappings, self.settings.public_url, "Ann", system_clock())
        kind, table = imports.kind_named(name), read_csv(text.encode())
        self.database.write(
            lambda session: imports.take_in(
                session, imports.prepare(session, kind, table, self.mappings, taking.now), taking, file=file
            )
        )

    def ask(self, *names, cause=""):
        """These ask to be registered, as if one act had brought it."""
        keeping = by_hand.Keeping(self.settings.public_url, "Ann", system_clock(), cause)
        for name in names:
            asked = champion.Asked(
                "request", f"{name}@example.org", "essex", system_clock() - timedelta(hours=1)
            )
            self.database.write(
                lambda session: champion.act(session, asked, self.mappings, keeping)  # noqa: B023  # runs at once
            )

    def timetable_runs(self):
        recompute(self.database, self.settings, system_clock)
        announce(self.database, self.settings, system_clock)
        deliver(self.database, self.settings, system_clock, {})

    def rows(self, table):
        return self.database.read(lambda session: session.execute(sa.select(table)).all())


@pytest.fixture
def operator(sqlite_url, tmp_path):
    made = Operator(sqlite_url, tmp_path / "mailbox")
    made.take_in(
        "people",
        "person,identifiers,organisation,area\n"
        + "".join(f"{name},{name}@example.org,School,essex\n" for name in PEOPLE),
        "staff.csv",
    )
    made.timetable_runs()
    yield made
    made.database.close()


@pytest.fixture
def held(operator):
    operator.ask(*PEOPLE, cause="import-1")
    operator.timetable_runs()
    assert operator.rows(alerts) == []
    return operator


def test_nothing_waits(operator):
    assert operator.well("alerts", "list") == "No alert waits or is held.\n"
    assert json.loads(operator.well("alerts", "list", "--json")) == []


def test_what_is_held_is_listed_with_cause_number_example_and_what_to_do(held):
    said = held.well("alerts", "list")
    assert "essex import-1   held: 3 alerts\n" in said
    assert re.search(
        r"caused by  import 1 of people staff.csv by Ann on \d+ [A-Z][a-z]{2} \d{4} at \d\d:\d\d\n", said
    )
    assert "would say  3 ask to be registered\n" in said
    assert "such as    asha of School asks to be registered as a CSE Champion in Essex.\n" in said
    assert "lrs-bridge alerts release essex import-1 --reason" in said
    (group,) = json.loads(held.well("alerts", "list", "--json"))
    assert (group["area"], group["cause"], group["state"], group["number"]) == (
        "essex",
        "import-1",
        "held",
        3,
    )
    assert "3 held" in held.well("status")
    assert "! 3 alerts to essex are held (import 1 of people staff.csv by Ann" in held.well("status")


def test_health_says_how_many_are_held_and_names_nobody(held):
    answer = create_app(held.settings, held.database).test_client().get("/health")
    assert answer.get_json()["alerts"] == "3 held until somebody decides, `lrs-bridge alerts list`"
    assert not any(name in answer.text for name in PEOPLE)


def test_released_they_go_out(held, tmp_path):
    said = held.well("alerts", "release", "essex", "import-1", "--reason", "checked")
    assert said == "3 released; what is still so goes out within seconds.\n"
    assert "released: 3 alerts" in held.well("alerts", "list")
    held.timetable_runs()
    assert len(list((tmp_path / "mailbox").glob("*.eml"))) == 3
    assert held.well("alerts", "list") == "No alert waits or is held.\n"
    (decision,) = held.rows(alert_decisions)
    assert decision.who.endswith("the command line")
    assert (decision.decision, decision.reason) == ("release", "checked")


def test_dropped_they_do_not(held, tmp_path):
    said = held.well("alerts", "drop", "essex", "import-1", "--reason", "told by telephone")
    assert said.startswith("3 dropped; the Board of essex is not told of them.")
    held.timetable_runs()
    assert held.rows(deliveries) == []
    assert len(held.rows(alerts)) == 3
    assert held.well("alerts", "list") == "No alert waits or is held.\n"


@pytest.mark.parametrize(
    ("code", "arguments", "said"),
    [
        (1, ["release", "essex", "import-9", "--reason", "x"], "What waits: essex import-1 (3)."),
        (1, ["drop", "kent", "import-1", "--reason", "x"], "Nothing waits to be decided for kent"),
        (2, ["drop", "essex", "import-1"], "Missing option '--reason'"),
        (2, ["drop", "essex", "import-1", "--reason", " "], "--reason: is empty"),
        (1, ["resend", "2a0f1a91-6f0e-5b52-9d43-6f6d7c0a7d21"], "There is no alert and no message"),
        (2, ["resend", "soon"], "“soon” is no id"),
        (2, ["resend"], "ALERT-ID: is missing"),
        (2, ["resend", "2a0f1a91-6f0e-5b52-9d43-6f6d7c0a7d21", "--failed"], "ALERT-ID: both are given"),
    ],
)
def test_what_can_not_be_done_says_why(held, code, arguments, said):
    assert said in held.refused(code, "alerts", *arguments)


def test_a_cause_that_is_not_computed_yet_can_not_be_decided(held):
    held.take_in("people", "person,identifiers,organisation,area\nDee,dee@example.org,School,essex\n")
    held.ask("dee", cause="import-1")
    assert "is computed yet" in held.refused(1, "alerts", "release", "essex", "import-1", "--reason", "x")


def test_single_news_can_be_decided_too(operator):
    operator.environ["LRS_BRIDGE_ALERT_SETTLING_MINUTES"] = "10"
    operator.settings = setting_table.load(operator.environ)
    operator.ask("asha")
    operator.timetable_runs()
    said = operator.well("alerts", "list")
    assert "essex single   waiting: 1 alert\n" in said
    assert "; settles until " in said
    operator.well("alerts", "release", "essex", "single", "--reason", "urgent")
    operator.timetable_runs()
    assert len(operator.rows(alerts)) == 1


def test_a_message_is_sent_again_under_its_id(operator, tmp_path):
    assert operator.well("alerts", "resend", "--failed") == "No message has failed for good.\n"
    operator.ask("asha")
    operator.timetable_runs()
    (alert,), (message,) = operator.rows(alerts), operator.rows(deliveries)
    (path,) = (tmp_path / "mailbox").glob("*.eml")
    path.unlink()
    said = operator.well("alerts", "resend", str(alert.id), "--reason", "the mailbox was lost")
    assert f"message {message.id} to " in said
    assert said.endswith("1 to be sent within seconds.\n")
    operator.timetable_runs()
    (path,) = (tmp_path / "mailbox").glob("*.eml")
    assert str(message.id) in path.read_text()
    operator.well("alerts", "resend", str(message.id))
    assert [row.reason for row in operator.rows(alert_decisions)] == ["the mailbox was lost", ""]


@pytest.mark.parametrize("command", ["list", "release", "drop", "resend"])
def test_each_has_help_with_an_example_of_itself(operator, command):
    said = operator.well("alerts", command, "--help")
    assert f"lrs-bridge alerts {command}" in said.split("Example:")[1]

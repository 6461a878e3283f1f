"""Answering requests for erasure at the command line."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from builders import Shell

from lrs_bridge.flows import erasure
from lrs_bridge.flows.sign_in import Visitor
from lrs_bridge.moments import Calendar
from lrs_bridge.settings import load
from lrs_bridge.store import people
from lrs_bridge.store.database import Database


def test_listed_and_answered(sqlite_url, tmp_path):
    shell = Shell(sqlite_url)
    shell.well("migrate")
    table = tmp_path / "people.csv"
    table.write_text(
        "person,identifiers,organisation,area,role\nAsha Rao,asha@colne.example,Colne School,essex,Teacher\n",
        encoding="utf-8",
    )
    shell.well("import", "people", str(table), "--apply")
    shell.well("recompute")
    assert "Nobody waits" in shell.well("erasures", "list")
    database = Database(sqlite_url)
    calendar: Calendar = load({}).calendar

    def journey(session):
        who = Visitor("mailto:asha@colne.example", people.learner_with(session, "mailto:asha@colne.example"))
        erasure.ask(session, who, "all of it", calendar, datetime(2026, 3, 2, tzinfo=UTC))

    database.write(journey)
    database.close()
    assert "1  asha@colne.example, learner 1, by 2 Apr 2026" in shell.well("erasures", "list")
    [listed] = json.loads(shell.well("erasures", "list", "--json"))
    assert (listed["what"], listed["due"][:10]) == ("all of it", "2026-04-01")
    assert "Request 1 is refused" in shell.well("erasures", "refuse", "1", "--reason", "kept")
    assert "Nobody waits" in shell.well("erasures", "list")

"""People of two areas on their way to be champions, and what a page asks of the database."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta

import sqlalchemy as sa
from builders import completion

from lrs_bridge.flows import by_hand
from lrs_bridge.flows import champion as champion_flow
from lrs_bridge.flows import mappings as mapping_flow

PLACES = {"essex": "Colne Primary School", "thurrock": "Grays Youth Club"}


def eligible(town, *people, area="essex", organisation="", missing=""):
    """Makes people known who meet every standard; but for one that is missing."""
    bridge, where = town.bridge, organisation or PLACES[area]
    day = (bridge.clock() - timedelta(days=20)).date().isoformat()
    rows = "".join(f"{name_of(mail)},{mail},{where},{area},Worker,boss@{area}.example\n" for mail in people)
    bridge.import_csv("people", f"person,identifiers,organisation,area,role,manager\n{rows}")
    for key in ("manager_support", "working_knowledge"):
        if key != missing:
            rows = "".join(f"{mail},{key},{where},{area},boss@{area}.example,{day}\n" for mail in people)
            bridge.import_csv("attestations", f"person,attestation,organisation,area,by,date\n{rows}")
    if missing != "nwg_member":
        rows = "".join(f"{mail},nwg,{day},the NWG's list\n" for mail in people)
        bridge.import_csv("memberships", f"person,membership,checked,source\n{rows}")
    happened = bridge.clock() - timedelta(days=9)
    for course in ("escb_basic", "set_toolbox", "safeguarding_l2"):
        if course != missing:
            bridge.stored(*(completion(f"mailto:{mail}", course, happened) for mail in people))
    bridge.recompute()


def name_of(mail):
    return mail.partition("@")[0].replace(".", " ").title()


def act(town, word, mail, area="essex", **more):
    """One act of the champion flow, and what follows from it."""
    bridge = town.bridge
    asked = champion_flow.Asked(word, mail, area, more.pop("happened", bridge.clock()), **more)
    keeping = by_hand.Keeping(bridge.settings.public_url, "the tests", bridge.clock())

    def journey(session):
        mappings = mapping_flow.in_force(session, bridge.settings.calendar)
        return champion_flow.act(session, asked, mappings, keeping)

    done = bridge.database.write(journey)
    bridge.recompute()
    return done


def champions(town, *people, area="essex", **more):
    eligible(town, *people, area=area, **more)
    for mail in people:
        act(town, "request", mail, area)
        act(town, "register", mail, area, by="someone@board.example")


@contextmanager
def questions(bridge):
    """Counts what is asked of the database meanwhile."""
    asked = []

    def note(_connection, _cursor, statement, *_more):
        asked.append(statement)

    sa.event.listen(bridge.database.engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        sa.event.remove(bridge.database.engine, "before_cursor_execute", note)


def asked_for(town, browser, address):
    """How many questions one page asks; the mapping files are read before."""
    browser.get(address)
    with questions(town.bridge) as asked:
        assert browser.get(address).status_code == 200
        return len(asked)

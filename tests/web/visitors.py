"""Browsers that sign in by e-mail, and the desk that they come to."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta

import sqlalchemy as sa
from builders import SITE, completion
from web.valid_pages import assert_valid

from lrs_bridge.flows import by_hand, check_in, roles
from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.flows.roles import Wanted
from lrs_bridge.store import check_ins, organisations, people, sessions, uploads

MAIL = "Asha.Rao@example.org"
FORM_TOKEN = re.compile(r'name="form_token" value="([0-9a-f]{64})"')
SEAL = re.compile(r'name="seal" value="([0-9a-f]{64})"')


class Browser:
    """Keeps cookies; sends what the form that it saw last carries."""

    def __init__(self, bridge, scheme="http"):
        self.client = bridge.app.test_client()
        self.base = f"{scheme}://localhost"
        self.token = ""
        self.seal = ""

    def get(self, path, *, follow=False):
        return self._seen(self.client.get(path, base_url=self.base, follow_redirects=follow))

    def post(self, path, *, follow=True, **fields):
        sent = {"form_token": self.token, **({"seal": self.seal} if self.seal else {}), **fields}
        return self._seen(self.client.post(path, data=sent, base_url=self.base, follow_redirects=follow))

    def _seen(self, answer):
        if answer.mimetype == "text/html" and answer.status_code not in (302, 303):
            assert_valid(answer.text)
        found = FORM_TOKEN.search(answer.text) if answer.mimetype == "text/html" else None
        self.token = found[1] if found else self.token
        sealed = SEAL.search(answer.text) if found else None
        self.seal = sealed[1] if sealed else self.seal
        return answer

    def asks(self, address=MAIL):
        self.get("/sign-in")
        return self.post("/sign-in", email=address)

    def is_in(self):
        return self.get("/me").status_code == 200


class Desk:
    """A bridge that knows one learner, and its mail server."""

    def __init__(self, bridge, smtp):
        self.bridge, self.smtp = bridge, smtp
        happened = bridge.clock() - timedelta(days=1)
        bridge.stored(completion(f"mailto:{MAIL}", "escb_basic", happened))
        bridge.recompute()

    def browser(self, **options):
        return Browser(self.bridge, **options)

    def letter(self):
        text = self.smtp.messages[-1].get_body(("plain",)).get_content()
        link = re.search(r"http\S+(/sign-in/link/\S+)", text)
        code = re.search(r"\b\d{3} \d{3}\b", text)
        return (link[1] if link else None), (code[0] if code else None)

    def wrong_code(self):
        return f"{(int(''.join(self.letter()[1].split())) + 1) % 10**6:06}"

    def rows(self, table):
        return self.bridge.database.read(lambda session: session.execute(sa.select(table)).all())


PEOPLE = f"""person,identifiers,organisation,area,role,required_tier
Asha Rao,asha.rao@colne.example; {SITE}|4711,Colne Primary School,essex,Class teacher,T3
Bea Lind,bea.lind@colne.example,Colne Primary School,essex,Head,T2
Femi Ade,femi.ade@grays.example,Grays Youth Club,thurrock,Youth worker,
Gus Holt,gus.holt@grays.example,Grays Youth Club,thurrock,Driver,
"""
LEARNER, OTHER_LEARNER = "asha.rao@colne.example", "femi.ade@grays.example"
COORDINATOR, OTHER_COORDINATOR = "cora@colne.example", "otto@grays.example"
OFFICER, OTHER_OFFICER = "ann.lowe@essex.example", "tom.reed@thurrock.example"
OPERATOR = "op@bridge.example"


class Town:
    """A bridge where two organisations in two areas have people, coordinators and Boards, with an operator of it all. Whoever is
    asked for is signed in."""

    def __init__(self, bridge):
        self.bridge = bridge
        bridge.import_csv("people", PEOPLE)
        for address, wanted in (
            (COORDINATOR, Wanted("coordinator", "Colne Primary School")),
            (OTHER_COORDINATOR, Wanted("coordinator", "Grays Youth Club")),
            (OFFICER, Wanted("board", "essex")),
            (OTHER_OFFICER, Wanted("board", "thurrock")),
            (OPERATOR, Wanted("operator")),
        ):
            self.give(address, wanted)
        bridge.recompute()

    def give(self, address, *wanted):
        def journey(session):
            mappings = mapping_flow.in_force(session, self.bridge.settings.calendar)
            return roles.give(
                session, address, list(wanted), mappings, who="the tests", now=self.bridge.clock()
            )

        return self.bridge.database.write(journey)

    def browser(self, address=None):
        """One in which whoever reads this address is signed in; or nobody."""
        browser = Browser(self.bridge)
        if address is not None:
            token = f"the visit of {address}"
            digest = hashlib.sha256(token.encode()).digest()
            self.bridge.database.write(
                lambda session: [
                    sessions.end(session, digest),
                    sessions.begin(session, digest, f"mailto:{address}", self.bridge.clock()),
                ]
            )
            browser.client.set_cookie("lrs_visit", token)
            browser.get("/me/other-address")  # any page with a form, for its token
        return browser

    def learner(self, address):
        return self._read(lambda session: people.learner_with(session, f"mailto:{address}"))

    def membership_of(self, address, who="the tests"):
        """The statement by which this learner's membership is recorded, by whom."""
        record = by_hand.Record("membership", "nwg", "joined", f"mailto:{address}", self.bridge.clock())
        keeping = by_hand.Keeping(self.bridge.settings.public_url, who, self.bridge.clock())
        [kept] = self.bridge.database.write(lambda session: by_hand.keep(session, [record], keeping))
        return kept.statement

    def upload_of(self, address, organisation):
        """A file that this coordinator sent and has not taken in."""
        return self.bridge.database.write(
            lambda session: uploads.add(
                session,
                organisation=self.organisation(organisation),
                who=address,
                kind="memberships",
                file="nwg.csv",
                content=b"person,membership,checked,source\n",
                now=self.bridge.clock(),
            )
        )

    def check_in_of(self, organisation):
        """A session of this organisation that is open for check-in."""
        return self.bridge.database.write(
            lambda session: check_ins.add(
                session,
                organisation=self.organisation(organisation),
                token=check_in.new_token(),
                columns={
                    "title": "Pack",
                    "date": "2026-03-02",
                    "delivered_by": COORDINATOR,
                    "area": "essex",
                    "courses": "induction",
                },
                who="the tests",
                now=self.bridge.clock(),
                closes_at=self.bridge.clock() + timedelta(hours=1),
            )
        )

    def organisation(self, name):
        return self._read(lambda session: organisations.load(session, [name])[name.casefold()].number)

    def _read(self, journey):
        return self.bridge.database.read(journey)

"""Training that came under an address or number which nobody knows its learner by, joined by a coordinator who holds it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from builders import SITE, completion
from web.visitors import COORDINATOR, LEARNER, OFFICER, OTHER_LEARNER

from lrs_bridge.flows import notices, people
from lrs_bridge.store import audit

PRIVATE = "asha@home.example"


class Colne:
    def __init__(self, town, smtp):
        self.town, self.bridge, self.smtp = town, town.bridge, smtp
        self.number = town.organisation("Colne Primary School")
        self.browser = town.browser(COORDINATOR)
        happened = town.bridge.clock() - timedelta(days=3)
        town.bridge.stored(completion(f"mailto:{PRIVATE}", "induction", happened))
        town.bridge.stored(completion(f"{SITE}|unknown7", "escb_basic", happened))
        town.bridge.recompute()

    @property
    def address(self):
        return f"/organisations/{self.number}/people/{self.town.learner(LEARNER)}"

    def match(self, identifier, reason="it stands on the certificate", **more):
        self.browser.get(f"{self.address}/match")
        answer = self.browser.post(
            f"{self.address}/match", identifier=identifier, reason=reason, follow=False, **more
        )
        self.bridge.recompute()
        return answer

    def attained(self):
        return self.bridge.explain(LEARNER)["tier"]["attained"]

    def log(self):
        return self.bridge.database.read(lambda session: audit.entries(session, limit=1))[0]


@pytest.fixture
def colne(town, smtp):
    return Colne(town, smtp)


def test_what_was_done_under_it_counts(colne):
    assert colne.attained() is None
    answer = colne.match(PRIVATE.upper())
    assert (answer.status_code, answer.headers["Location"]) == (303, colne.address)
    assert colne.attained() == "T1"
    assert colne.match(f"{SITE}|unknown7").status_code == 303
    assert colne.attained() == "T2"
    assert colne.bridge.differences() == []


def test_it_is_on_record_without_the_address_and_the_address_is_told(colne):
    colne.match(PRIVATE)
    kept = colne.log()
    learner = colne.town.learner(LEARNER)
    assert (kept.who, kept.act) == (COORDINATOR, "identifier matched")
    assert kept.about == f"learner {learner} at Colne Primary School: joined"
    assert kept.reason == "it stands on the certificate"
    notices.send(colne.bridge.database, colne.bridge.settings, colne.bridge.clock)
    [letter] = colne.smtp.messages
    assert letter["To"] == PRIVATE
    assert "Colne Primary School" in letter["Subject"]
    assert "Asha" not in letter.get_body(("plain",)).get_content()


@pytest.mark.parametrize("held", ["nobody@home.example", OTHER_LEARNER, "bea.lind@colne.example"])
def test_of_whoever_is_not_there_or_has_a_post_the_answer_is_the_same(colne, held):
    answer = colne.match(held)
    assert answer.status_code == 400
    assert "Nobody without a post is known by exactly this" in answer.text
    assert held in answer.text
    assert colne.log().about.endswith(": nobody")
    assert colne.attained() is None


def test_what_somebody_decided_stays_so(colne):
    colne.bridge.database.write(
        lambda session: people.decide(
            session, LEARNER, PRIVATE, same=False, reason="two people", who=OFFICER, now=colne.bridge.clock()
        )
    )
    assert "Nobody without a post" in colne.match(PRIVATE).text
    assert colne.attained() is None


def test_a_mailbox_that_several_people_read_is_nobody(colne):
    colne.bridge.database.write(
        lambda session: people.share(
            session, PRIVATE, shared=True, reason="the desk", who=OFFICER, now=colne.bridge.clock()
        )
    )
    assert "Nobody without a post" in colne.match(PRIVATE).text


def test_by_the_number_of_a_certificate(colne):
    colne.bridge.import_csv(
        "completions",
        "person,course,date,provider,certificate\n"
        "asha@old.example,escb_missing,2026-02-01,NWG,KC-4711\n"
        "gil@old.example,escb_missing,2026-02-01,NWG,KC-4712\n"
        "hal@old.example,escb_missing,2026-02-01,NWG,KC-4712\n",
    )
    colne.bridge.recompute()
    assert "Nobody without a post" in colne.match("KC-471").text
    assert "Nobody without a post" in colne.match("KC-4712").text  # two have it
    assert colne.match(" kc-4711").status_code == 303
    assert "mailto:asha@old.example" in colne.bridge.explain(LEARNER)["learner"]["identifiers"]


@pytest.mark.parametrize(
    ("identifier", "reason", "told"),
    [
        ("", "x", "Enter the address or number"),
        (PRIVATE, " ", "Enter how you know that it is theirs"),
        ("not an identifier", "x", "Nobody without a post is known by exactly this"),
        (LEARNER, "x", "This person is known by this already"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field(colne, identifier, reason, told):
    answer = colne.match(identifier, reason)
    assert answer.status_code == 400
    assert told in answer.text
    assert "There is a problem" in answer.text
    assert colne.attained() is None

"""What a coordinator records on pages, one thing at a time, and takes back."""

from __future__ import annotations

import re
import uuid

import pytest
import sqlalchemy as sa
from builders import completion
from web.visitors import COORDINATOR, LEARNER, OTHER_LEARNER

from lrs_bridge.flows import by_hand, kept_records
from lrs_bridge.flows.roles import Wanted

HEAD = "bea.lind@colne.example"
COMPLETION = {"person": LEARNER, "course": "escb_basic", "date": "27/2/2026"}
ATTESTATION = {
    "person": LEARNER,
    "attestation": "manager_support",
    "area": "essex",
    "by": HEAD,
    "date": "1/3/2026",
    "answer": "yes",
}
MEMBERSHIP = {"person": LEARNER, "membership": "nwg", "checked": "1/3/2026", "source": "the list of NWG"}
EQUIVALENCE = {
    "course": "Kent CSE basic",
    "counts_as": "escb_basic",
    "decided_by": HEAD,
    "basis": "same outcomes",
    "date": "1/2/2026",
}


class Desk:
    """Colne's coordinator at the forms."""

    def __init__(self, town):
        self.town, self.browser = town, town.browser(COORDINATOR)
        self.base = f"/organisations/{town.organisation('Colne Primary School')}"

    def form(self, kind):
        return f"{self.base}/records/new/{kind}"

    def sends(self, kind, query="", **fields):
        return self.browser.post(self.form(kind) + query, follow=False, **fields)

    def records(self, kind, **fields):
        """Records it; the address of its page."""
        answer = self.sends(kind, **fields)
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"]

    def counts(self, who=LEARNER):
        self.town.bridge.recompute()
        evidence = self.town.bridge.explain(who)["evidence"]
        return {one["course"] for one in evidence if one["counts"]}


@pytest.fixture
def desk(town):
    return Desk(town)


def test_each_kind_is_recorded_and_shown_in_words(desk):
    for kind, fields, told in (
        ("completion", COMPLETION, ["ESCB basic awareness", "Asha Rao", "27 Feb 2026"]),
        ("attestation", ATTESTATION, ["Support for the role of CSE Champion", "Asha Rao", HEAD, "Essex"]),
        ("membership", MEMBERSHIP, ["NWG membership", "Asha Rao", "the list of NWG"]),
        ("equivalence", EQUIVALENCE, ["kent cse basic counts as ESCB", "same outcomes", HEAD]),
    ):
        assert desk.browser.get(desk.form(kind)).status_code == 200
        page = desk.browser.get(desk.records(kind, **fields))
        assert page.status_code == 200
        assert "It is recorded" in page.text
        text = " ".join(re.sub(r"<[^>]+>", " ", page.text).replace("&#39;", "'").split())
        assert f'href="{desk.base}"' in page.text
        if kind != "equivalence":
            assert f'href="{desk.base}/people/{desk.town.learner(LEARNER)}"' in page.text
        for words in [*told, COORDINATOR]:
            assert words in text, (kind, words, text)
    assert {"escb_basic", "manager_support", "nwg"} <= desk.counts()


def test_the_same_again_is_told_and_a_correction_takes_its_place(desk):
    first = desk.records("completion", **COMPLETION)
    assert desk.records("completion", **COMPLETION).endswith("done=same")
    second = desk.records("completion", **COMPLETION, certificate="KC-1")
    assert second.endswith("done=corrected")
    assert "Taken back" in desk.browser.get(first).text
    assert "KC-1" in desk.browser.get(second).text


def test_a_page_about_one_person_tells_no_address_that_they_have_elsewhere(desk):
    desk.town.bridge.import_csv(
        "people",
        "person,identifiers,organisation,area,manager\n"
        "Dee Two,aaa@elsewhere.example; dee@colne.example,Grays Youth Club,thurrock,\n"
        "Dee Two,dee@colne.example; aaa@elsewhere.example,Colne Primary School,essex,boss@colne.example\n",
    )
    query = f"?learner={desk.town.learner('dee@colne.example')}"
    sure = desk.sends("attestation", query, **ATTESTATION)
    assert "dee@colne.example" in sure.text
    assert "elsewhere" not in sure.text


def test_a_persons_page_may_lead_here_and_then_nobody_is_asked_for(desk):
    query = f"?learner={desk.town.learner(LEARNER)}"
    person = desk.browser.get(f"{desk.base}/people/{desk.town.learner(LEARNER)}").text
    for kind in ("completion", "attestation", "membership"):
        assert f'href="{desk.form(kind)}{query}"' in person
    page = desk.browser.get(desk.form("completion") + query).text
    assert "Asha Rao" in page
    assert 'name="person"' not in page
    answer = desk.sends("completion", query, course="escb_basic", date="27/2/2026")
    assert answer.status_code == 303
    assert "escb_basic" in desk.counts()
    other = f"?learner={desk.town.learner(OTHER_LEARNER)}"
    assert desk.browser.get(desk.form("completion") + other).status_code == 404
    assert desk.sends("completion", other, course="escb_basic", date="27/2/2026").status_code == 404


@pytest.mark.parametrize(
    ("kind", "fields", "field", "told"),
    [
        ("completion", {**COMPLETION, "person": ""}, "person", "Enter whose record it is"),
        ("completion", {**COMPLETION, "course": ""}, "course", "Choose the course"),
        ("completion", {**COMPLETION, "date": "2/27/2026"}, "date", "is not a day"),
        ("completion", {**COMPLETION, "date": "27/2/2027"}, "date", "27 Feb 2027 is still to come"),
        ("completion", {**COMPLETION, "seen_by": LEARNER}, "seen_by", "nobody vouches for their own"),
        (
            "completion",
            {**COMPLETION, "note": "x" * 301},
            "note",
            "The note is 301 characters long; at most 300",
        ),
        ("attestation", {**ATTESTATION, "by": LEARNER}, "by", "nobody attests for themselves"),
        ("attestation", {**ATTESTATION, "by": "Bea"}, "by", "e-mail address in the correct"),
        ("attestation", {**ATTESTATION, "parts": "word"}, "parts", "only an item of a tier has parts"),
        ("membership", {**MEMBERSHIP, "until": "1/1/2026"}, "until", "The last day lies before the day"),
        ("equivalence", {**EQUIVALENCE, "basis": ""}, "basis", "Enter on what basis"),
        ("equivalence", {**EQUIVALENCE, "course": "escb_basic"}, "course", "counts as itself already"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(desk, kind, fields, field, told):
    answer = desk.sends(kind, **fields)
    assert answer.status_code == 400
    assert f'<a href="#{field}">' in answer.text
    error = re.search(rf'id="{field}-error">(.*?)</p>', answer.text, re.DOTALL)
    assert told.casefold() in error[1].casefold()
    assert "Error: Record" in answer.text
    assert all(f'value="{text}"' in answer.text for text in fields.values() if text)
    assert desk.counts() == set()


def test_who_works_elsewhere_and_who_is_nowhere_get_the_same_answer(desk):
    answers = []
    for stranger in (OTHER_LEARNER, "nobody@nowhere.example"):
        for kind, fields in (
            ("completion", COMPLETION),
            ("attestation", ATTESTATION),
            ("membership", MEMBERSHIP),
        ):
            answer = desk.sends(kind, **{**fields, "person": stranger})
            assert answer.status_code == 400
            answers.append((kind, answer.text.replace(stranger, "them")))
    assert answers[:3] == answers[3:]
    assert "Nobody known by this has a post at your organisation" in answers[0][1]
    assert "Femi" not in str(answers)
    assert ">nobody known" not in answers[0][1]
    assert desk.town.bridge.explain(OTHER_LEARNER)["evidence"] == []


def test_what_would_not_count_is_said_before_it_is_recorded(desk):
    desk.town.bridge.import_csv(
        "people",
        "person,identifiers,organisation,area,role,manager\n"
        f"Asha Rao,{LEARNER},Colne Primary School,essex,Class teacher,{HEAD}\n",
    )
    wrong = {**ATTESTATION, "by": "somebody@colne.example"}
    answer = desk.sends("attestation", **wrong)
    assert answer.status_code == 200
    assert "another line manager is recorded" in answer.text
    assert 'name="sure"' in answer.text
    assert desk.counts() == set()
    assert desk.sends("attestation", **wrong, sure="yes").status_code == 303


def test_a_word_that_would_not_count_is_told_in_words_for_coordinators(desk):
    desk.town.bridge.import_csv(
        "people",
        "person,identifiers,organisation,area,role,manager\n"
        f"Asha Rao,{LEARNER},Colne Primary School,essex,Class teacher,none\n",
    )
    told = desk.sends("attestation", **ATTESTATION).text
    assert f"{LEARNER}: Support for the role of CSE Champion by {HEAD} on 1 Mar 2026: does not count" in told
    for internal in ("mailto:", "without_manager", "champions file"):
        assert internal not in told, internal
    item = {**ATTESTATION, "attestation": "4.2"}
    wrong = desk.sends("attestation", **item, parts="knowledge").text
    assert "Nobody can vouch of 4.2 that the person knows it, only that the person does it" in wrong.replace(
        "&#39;", "'"
    )
    page = desk.records("attestation", **item, sure="yes")
    assert '<dt>Covers</dt><dd dir="auto">that the person does it</dd>' in desk.browser.get(page).text


def test_another_organisation_that_is_sent_along_is_passed_over(desk):
    page = desk.browser.get(desk.records("attestation", **ATTESTATION, organisation="Grays Youth Club"))
    assert "Grays" not in page.text


class TestTakingBack:
    def test_takes_the_credit_back_and_says_who_why_and_when(self, desk):
        page = desk.records("completion", **COMPLETION)
        assert "escb_basic" in desk.counts()
        void = page.partition("?")[0] + "/void"
        assert "Asha Rao" in desk.browser.get(void).text
        answer = desk.browser.post(void, reason="it was  Bea's ")
        assert (answer.status_code, answer.request.path) == (200, page.partition("?")[0])
        assert f"Taken back by {COORDINATOR} on 2 Mar 2026: “it was Bea&#39;s”" in answer.text
        assert desk.counts() == set()
        again = desk.browser.post(void, reason="twice", follow=False)
        assert (again.status_code, again.headers["Location"]) == (303, page.partition("?")[0])
        assert desk.browser.get(void).status_code == 303

    @pytest.mark.parametrize(("reason", "told"), [(" ", "Enter why"), ("x" * 501, "at most 500")])
    def test_wants_a_reason(self, desk, reason, told):
        void = desk.records("completion", **COMPLETION).partition("?")[0] + "/void"
        answer = desk.browser.post(void, reason=reason)
        assert answer.status_code == 400
        assert told in answer.text
        assert "escb_basic" in desk.counts()

    def test_only_of_what_is_kept_by_hand_for_this_organisation_and_about_its_people(self, desk):
        bridge, now = desk.town.bridge, desk.town.bridge.clock()
        keeping = by_hand.Keeping(bridge.settings.public_url, "the Board", now)

        def kept(kind, key, word, learner=LEARNER, **detail):
            record = by_hand.Record(
                kind, key, word, f"mailto:{learner}", now, by=f"mailto:{HEAD}", detail=detail
            )
            [outcome] = bridge.database.write(lambda session: by_hand.keep(session, [record], keeping))
            return outcome.statement

        [sent] = bridge.stored(completion(f"mailto:{LEARNER}", "nwg_basic", now))
        own = kept("course", "pace", "completed", organisation="Colne Primary School")
        everywhere = kept("course", "induction", "completed")
        for what, statement in {
            "a source's": uuid.UUID(sent),
            "one of nobody here": kept("course", "pace", "completed", OTHER_LEARNER),
            "another organisation's": kept(
                "attestation", "manager_support", "attested", organisation="Grays Youth Club", area="thurrock"
            ),
            "the Board's about a champion": kept(
                "champion", "essex", "register", organisation="Colne Primary School"
            ),
            "a decision of the Board": kept("equivalence", "x", "decided", counts_as="pace", area="essex"),
            "none": uuid.uuid4(),
        }.items():
            for path in ("", "/void"):
                assert desk.browser.get(f"{desk.base}/records/{statement}{path}").status_code == 404, what
            answer = desk.browser.post(f"{desk.base}/records/{statement}/void", reason="mine")
            assert answer.status_code == 404, what
        assert desk.browser.get(f"{desk.base}/records/{own}/void").status_code == 200
        page = f"{desk.base}/records/{everywhere}"
        assert "only the Board, who kept it, can take it back" in desk.browser.get(page).text
        assert desk.browser.get(f"{page}/void").status_code == 303
        desk.browser.post(f"{page}/void", reason="not mine to say")
        assert "Taken back" not in desk.browser.get(page).text

    def test_whoever_recorded_somebody_by_mistake_finds_it_and_takes_it_back(self, desk):
        sent = {"title": "Pack", "date": "27/2/2026", "delivered_by": HEAD, "area": "essex"}
        people = f"{LEARNER}\nhis.nam@mistyped.example\n{OTHER_LEARNER}"
        shown = desk.browser.post(
            f"{desk.base}/sessions/new", **sent, courses=["escb_basic"], attendees=people
        )
        done = desk.browser.post(shown.request.path)
        assert f'href="{desk.base}/records/own"' in done.text
        assert f'href="{desk.base}/records/own"' in desk.browser.get(f"{desk.base}/records").text
        desk.town.bridge.recompute()
        listed = desk.browser.get(f"{desk.base}/records/own").text
        assert "Femi" not in listed
        for who, told in (
            ("Asha Rao", "Where <bdi>Asha Rao"),
            ("his.nam@mistyped.example", "Nobody among your"),
            (OTHER_LEARNER, "Nobody among your"),
        ):
            page = re.search(rf'href="(\S+)" dir="auto">{who}: Session “Pack”, 27 Feb 2026<', listed)[1]
            record = desk.browser.get(page).text
            assert told in record
            assert "Femi" not in record
            assert who in desk.browser.get(f"{page}/void").text
            assert "Taken back by cora@colne.example" in desk.browser.post(f"{page}/void", reason="typo").text
            assert desk.counts(LEARNER if who == "Asha Rao" else who) == set()
        assert (
            "Nothing more that you recorded here stands" in desk.browser.get(f"{desk.base}/records/own").text
        )

    def test_what_others_say_of_a_stranger_is_not_told(self, desk):
        page = desk.records("completion", **COMPLETION).partition("?")[0]
        desk.town.bridge.import_csv(
            "people",
            "person,identifiers,organisation,area,role,until\n"
            f"Asha Rao,{LEARNER},Colne Primary School,essex,Class teacher,2026-03-01\n",
        )
        bridge = desk.town.bridge
        keeping = by_hand.Keeping(bridge.settings.public_url, "the Board", bridge.clock())
        statement = uuid.UUID(page.rpartition("/")[2])
        bridge.database.write(lambda session: by_hand.take_back(session, statement, "a secret", keeping))
        told = desk.browser.get(page).text
        assert "Taken back by somebody else on 2 Mar 2026. It counts" in told
        assert "secret" not in told

    def test_own_records_are_listed_page_by_page_in_as_many_questions(self, desk, monkeypatch):
        asked = []
        sa.event.listen(desk.town.bridge.database.engine, "before_cursor_execute", lambda *_: asked.append(1))

        def questions(page):
            asked.clear()
            answer = desk.browser.get(page)
            return len(asked), answer.text

        page = f"{desk.base}/records/own"
        desk.records("completion", **COMPLETION)
        desk.browser.get(page)
        before, _ = questions(page)
        for day in range(1, 5):
            desk.records("completion", **{**COMPLETION, "date": f"{day}/2/2026"})
        assert questions(page)[0] == before
        monkeypatch.setattr(kept_records, "_A_PAGE", 2)
        days, pages = [], 0
        while page:
            text = desk.browser.get(page).text
            days += re.findall(r"package, (\d+) Feb 2026<", text)
            found = re.search(r'href="(\S+)">Earlier ones', text)
            page, pages = (found[1] if found else ""), pages + 1
        assert (days, pages) == (["4", "3", "2", "1", "27"], 3)

    def test_who_has_left_is_no_longer_theirs_but_what_they_recorded_themselves(self, desk):
        page = desk.records("completion", **COMPLETION).partition("?")[0]
        desk.town.bridge.import_csv(
            "people",
            "person,identifiers,organisation,area,role,until\n"
            f"Asha Rao,{LEARNER},Colne Primary School,essex,Class teacher,2026-03-01\n",
        )
        mine = desk.browser.get(page).text
        assert LEARNER in mine
        assert "Asha" not in mine
        desk.town.give("second@colne.example", Wanted("coordinator", "Colne Primary School"))
        other = desk.town.browser("second@colne.example")
        assert other.get(page).status_code == 404
        assert other.post(f"{page}/void", reason="not mine").status_code == 404

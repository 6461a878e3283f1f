"""People whom no e-learning event credits: from nothing to the last tier and to champion, every step by a record that
somebody keeps; the same with e-learning where there is some; and a champion who changes posts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from flows.worlds import SITE, completion

from lrs_bridge.errors import Conflict

GRACE = "grace@mail.example"
BADGE = "https://hr.council.example|20417"
MANAGER = "head@council.example"
BOARDS = {
    "essex": "ann@essex.example",
    "southend": "joe@southend.example",
    "thurrock": "may@thurrock.example",
}
PLACES = {"essex": "Family Solutions", "southend": "Street Engagement", "thurrock": "Grays Youth Club"}
LEARNED = {"safeguarding_l2", "basic_cse", "nwg_member", "set_toolbox", "manager_support"}


class Person:
    """Grace, in a world, and the days on which she learns: each step a day later than the one before."""

    def __init__(self, world) -> None:
        self.world = world
        self.day = date(2025, 9, 1)

    def tomorrow(self) -> str:
        self.day += timedelta(days=1)
        return f"{self.day:%d/%m/%Y}"

    def take_in(self, kind, columns, *rows):
        text = "".join(f"{row}\n" for row in rows)
        report = self.world.take_in(kind, f"{columns}\n{text}")
        assert report.counts.get("new", 0) + report.counts.get("changed", 0) > 0, report
        self.world.recompute()

    def posts(self, *areas):
        self.take_in(
            "people",
            "person,identifiers,organisation,area,role,manager",
            *(
                f"Grace Mensah,{GRACE}; Council|20417,{PLACES[area]},{area},family worker,{MANAGER}"
                for area in areas
            ),
        )

    def session(self, title, *, courses="", items=""):
        self.take_in(
            "sessions",
            "date,title,delivered_by,organisation,area,courses,items,attendees",
            f"{self.tomorrow()},{title},lead@council.example,{PLACES['essex']},essex,{courses},{items},Council|20417",
        )

    def certificate(self, course):
        self.take_in(
            "completions",
            "person,course,date,provider,certificate,seen_by",
            f"{GRACE},{course},{self.tomorrow()},Kent County Council,KC-{course},training@council.example",
        )

    def word(self, *keys, area="essex", parts="", place=""):
        day = self.tomorrow()
        self.take_in(
            "attestations",
            "person,attestation,organisation,area,by,date,parts",
            *(f"{GRACE},{key},{place or PLACES[area]},{area},{MANAGER},{day},{parts}" for key in keys),
        )

    def membership(self):
        self.take_in(
            "memberships",
            "person,membership,checked,source",
            f"{GRACE},nwg,{self.tomorrow()},gold membership list",
        )

    def e_learning(self, course):
        self.tomorrow()
        noon = datetime(self.day.year, self.day.month, self.day.day, 12, tzinfo=UTC)
        self.world.send(completion(f"{SITE}|grace", course, noon))
        self.world.recompute()

    @property
    def standing(self):
        (body,) = [body for known, body in self.world.standings().items() if f"mailto:{GRACE}" in known]
        return body

    @property
    def tier(self):
        return self.standing["tier"]["attained"]

    def missing(self, tier):
        """What is missing of this tier and those below it."""
        level = int(tier.removeprefix("T"))
        found = ((one["item"], one["part"]) for one in self.standing["tier"]["missing"])
        return {(item, part) for item, part in found if int(item[0]) <= level}

    def status(self, area):
        return self.standing["eligibility"][area]["status"]


@pytest.fixture
def grace(world):
    person = Person(world)
    person.take_in(
        "organisations",
        "organisation,sector,areas,cse_lead,home_page,role_tiers",
        "Council,local_authority,essex; southend,,https://hr.council.example,",
        "Family Solutions,social_care,essex,lead@council.example,,family worker = T5",
    )
    return person


def from_t1_to_t5(grace):
    """Every tier in turn, each reached by its last record and not before."""
    grace.posts("essex")
    assert (grace.tier, grace.standing["tier"]["required"]) == (None, "T5")
    grace.session("Induction", courses="induction")
    assert grace.tier == "T1"
    grace.session("ESCB basic awareness", courses="escb_basic")
    assert grace.tier == "T2"
    assert grace.missing("T3") == {(item, "knowledge") for item in ("3.4", "3.5", "3.6")}
    grace.session("ESCB missing children", courses="escb_missing")
    assert grace.tier == "T3"
    from_t3_to_t5(grace)


def from_t3_to_t5(grace):
    grace.certificate("set_toolbox")
    grace.session("Conference", items="4.4; 4.5; 4.6")
    assert grace.missing("T4") == {
        *((item, part) for item in ("4.1", "4.3") for part in ("knowledge", "word")),
        ("4.2", "word"),
    }
    grace.word("4.1", "4.3", parts="both")
    assert grace.tier == "T3"
    grace.word("4.2")
    assert grace.tier == "T4"
    grace.certificate("specialist")
    assert grace.missing("T5") == {(item, part) for item in ("5.7", "5.8") for part in ("knowledge", "word")}
    grace.session("SET procedures and what is new", items="5.7; 5.8")
    assert grace.missing("T5") == {("5.7", "word"), ("5.8", "word")}
    grace.word("5.7", "5.8")
    assert (grace.tier, grace.missing("T5")) == ("T5", set())


def become_champion(grace, area):
    """Standards, then the request, then the Board: none of them does for another."""
    assert grace.status(area) == "not_eligible"
    grace.word("manager_support", "working_knowledge", area=area)
    assert grace.status(area) == "eligible"
    with pytest.raises(Conflict, match="has not asked"):
        grace.world.champion("register", GRACE, area, by=BOARDS[area])
    grace.world.champion("request", GRACE, area)
    grace.world.recompute()
    assert grace.status(area) == "requested"
    done = grace.world.champion("register", GRACE, area, by=BOARDS[area])
    assert set(done.met) == LEARNED - ({"nwg_member"} if area == "thurrock" else set())
    grace.world.recompute()
    assert grace.status(area) == "champion"


def is_what_a_rebuild_gives(world):
    assert world.verify().differences == []
    kept = world.standings()
    world.rebuild()
    assert world.standings() == kept


def test_without_any_e_learning_from_t1_to_t5_and_champion_in_three_areas(grace):
    from_t1_to_t5(grace)
    grace.posts("southend", "thurrock")
    grace.certificate("safeguarding_l2")
    grace.membership()
    for area in PLACES:
        become_champion(grace, area)
    assert {one["source"] for one in grace.standing["evidence"]} == {"bridge"}
    assert all(one["counts"] for one in grace.standing["evidence"])
    (known,) = [known for known in grace.world.standings() if f"mailto:{GRACE}" in known]
    assert known == {f"mailto:{GRACE}", BADGE}, "attended by her badge, attested by her address"
    is_what_a_rebuild_gives(grace.world)


def test_the_same_with_e_learning_where_there_is_some(grace):
    """Moodle and the modules give the courses; what no e-learning can prove is recorded by hand."""
    grace.posts("essex", "southend", "thurrock")
    grace.e_learning("safeguarding_basic")
    grace.world.decide(GRACE, f"{SITE}|grace", same=True)
    for course, reached in (("induction", "T1"), ("escb_basic", "T2"), ("escb_missing", "T3")):
        grace.e_learning(course)
        assert grace.tier == reached
    for course in ("set_toolbox", "specialist", "safeguarding_l3"):
        grace.e_learning(course)
    grace.word("4.1", "4.3", parts="both")
    grace.word("4.2")
    assert grace.missing("T4") == {("4.6", "knowledge")}
    grace.session("Recording of looked-after children", items="4.6")
    assert grace.tier == "T4"
    grace.word("5.7", "5.8", parts="both")
    assert grace.tier == "T5"
    grace.membership()
    for area in PLACES:
        become_champion(grace, area)
    assert {one["source"] for one in grace.standing["evidence"]} == {"bridge", "moodle"}
    is_what_a_rebuild_gives(grace.world)


def test_a_champion_moves_from_southend_to_thurrock(grace):
    """Courses are kept, the manager is asked again, and Thurrock asks no NWG membership; the role stays behind."""
    grace.posts("southend")
    for course in ("escb_basic", "set_toolbox", "safeguarding_l2"):
        grace.certificate(course)
    grace.membership()
    become_champion(grace, "southend")
    # her post in Southend ends, one in Thurrock begins the day after
    columns = "person,identifiers,organisation,area,role,manager,from,until"
    grace.take_in(
        "people",
        columns,
        f"Grace Mensah,{GRACE},{PLACES['southend']},southend,family worker,{MANAGER},,31/03/2026",
    )
    grace.take_in(
        "people",
        columns,
        f"Grace Mensah,{GRACE},{PLACES['thurrock']},thurrock,youth worker,new.head@council.example,01/04/2026,",
    )
    assert grace.status("southend") == "champion", "until her last day"
    grace.world.advance(timedelta(days=60))
    grace.world.recompute()
    southend, thurrock = (grace.standing["eligibility"][area] for area in ("southend", "thurrock"))
    assert (southend["status"], southend["champion"]["because_post_ended"]) == ("left", True)
    assert thurrock["status"] == "not_eligible"
    assert set(thurrock["met"]) == {"basic_cse", "set_toolbox"}, "courses carry over"
    assert set(thurrock["missing"]) == {"safeguarding_l2", "manager_support"}, (
        "the old manager's word does not"
    )
    grace.day = date(2026, 4, 10)
    day = grace.tomorrow()
    grace.take_in(
        "attestations",
        "person,attestation,organisation,area,by,date",
        *(
            f"{GRACE},{key},{PLACES['thurrock']},thurrock,new.head@council.example,{day}"
            for key in ("manager_support", "working_knowledge")
        ),
    )
    assert grace.status("thurrock") == "eligible"
    grace.world.champion("request", GRACE, "thurrock")
    done = grace.world.champion("register", GRACE, "thurrock", by=BOARDS["thurrock"])
    assert "nwg_member" not in done.met
    grace.world.recompute()
    assert (grace.status("southend"), grace.status("thurrock")) == ("left", "champion")
    is_what_a_rebuild_gives(grace.world)

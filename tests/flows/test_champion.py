"""The champion flow through its acts, each a statement; and the register that comes of it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from flows.worlds import SITE, START, completion, shipped_files

from lrs_bridge.errors import BadInput, Conflict, NotFound
from lrs_bridge.flows import champion
from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.report.people import register_report
from lrs_bridge.store import schema
from lrs_bridge.store.standing_tables import post_standings

ASHA = "asha@example.org"
BOARD = "ann.lowe@board.example"
NWG = "nwg_member"


def post(world, organisation="School", area="essex", person="Asha Rao", mail=ASHA, until=""):
    world.take_in(
        "people",
        f"person,identifiers,organisation,area,until\n{person},{mail},{organisation},{area},{until}\n",
    )


def support(world, organisation="School", area="essex", mail=ASHA):
    rows = "".join(
        f"{mail},{key},{organisation},{area},head@example.org,2026-02-01\n"
        for key in ("manager_support", "working_knowledge")
    )
    world.take_in("attestations", f"person,attestation,organisation,area,by,date\n{rows}")


def learn(world, mail=ASHA):
    for course in ("escb_basic", "set_toolbox", "safeguarding_l2"):
        world.send(completion(f"mailto:{mail}", course, START - timedelta(days=9)))


def join_nwg(world, mail=ASHA, until=""):
    world.take_in(
        "memberships", f"person,membership,checked,source,until\n{mail},nwg,2026-02-01,list,{until}\n"
    )


@pytest.fixture
def ready(world):
    """Asha meets every standard in Essex."""
    post(world)
    support(world)
    learn(world)
    join_nwg(world)
    return world


def standing(world, area="essex", mail=ASHA):
    world.recompute()
    (body,) = [body for person, body in world.standings().items() if f"mailto:{mail}" in person]
    return body["eligibility"][area]


def listed(world, area="essex", which="champions"):
    world.recompute()

    def journey(session):
        mappings = mapping_flow.in_force(session, world.settings.calendar)
        return champion.register(session, area, which, mappings)

    return [(one.entry.name, one.entry.status) for one in world.database.read(journey)]


def test_from_eligible_by_request_to_champion(ready):
    assert standing(ready)["status"] == "eligible"
    assert listed(ready, which="eligible") == [("Asha Rao", "eligible")]
    ready.champion("request", ASHA, "essex")
    assert standing(ready)["status"] == "requested"
    assert listed(ready, which="eligible") == []
    assert listed(ready, which="requests") == [("Asha Rao", "requested")]
    done = ready.champion("register", ASHA, "essex", by=BOARD, by_name="Ann Lowe")
    assert (done.organisation, done.missing, NWG in done.met) == ("School", (), True)
    assert listed(ready) == [("Asha Rao", "champion")]
    told = standing(ready)["champion"]
    assert (told["by"], told["standards_then"]["missing"]) == ("Ann Lowe", [])
    assert set(told["standards_then"]["met"]) == set(done.met)


def test_who_was_just_made_eligible_may_be_registered_at_once(ready):
    """What was stored and not yet computed counts: nobody has to wait for the timetable."""
    ready.champion("request", ASHA, "essex")
    assert ready.champion("register", ASHA, "essex", by=BOARD).organisation == "School"


def test_nobody_is_registered_who_has_not_asked(ready):
    with pytest.raises(Conflict, match="has not asked to be registered in Essex"):
        ready.champion("register", ASHA, "essex", by=BOARD)


def test_nobody_is_registered_with_a_standard_missing(world):
    post(world)
    learn(world)
    join_nwg(world)
    world.champion("request", ASHA, "essex")
    with pytest.raises(Conflict, match="The line manager's support"):
        world.champion("register", ASHA, "essex", by=BOARD)
    done = world.champion("return", ASHA, "essex", by=BOARD)
    assert set(done.missing) == {"manager_support", "safeguarding_l2"}
    told = standing(world)
    assert told["status"] == "returned"
    assert set(told["champion"]["standards_then"]["missing"]) == set(done.missing)
    support(world)
    world.champion("request", ASHA, "essex")
    world.champion("register", ASHA, "essex", by=BOARD)
    assert standing(world)["status"] == "champion"


def test_a_request_taken_back_leaves_eligible(ready):
    ready.champion("request", ASHA, "essex")
    ready.champion("withdraw", ASHA, "essex")
    assert standing(ready)["status"] == "eligible"


def test_leaving_is_told_by_the_champion_and_ends_the_role(ready):
    ready.champion("request", ASHA, "essex")
    ready.champion("register", ASHA, "essex", by=BOARD)
    ready.advance(timedelta(days=3))
    ready.champion("leave", ASHA, "essex")
    assert standing(ready)["status"] == "left"
    assert (listed(ready), listed(ready, which="left")) == ([], [("Asha Rao", "left")])


def test_the_same_person_in_several_areas_is_judged_in_each(ready):
    post(ready, "Youth Club", "thurrock")
    support(ready, "Youth Club", "thurrock")
    for area in ("essex", "thurrock"):
        ready.champion("request", ASHA, area)
    ready.champion("register", ASHA, "thurrock", by=BOARD)
    assert (standing(ready)["status"], standing(ready, "thurrock")["status"]) == ("requested", "champion")


def test_with_posts_in_several_service_areas_too(ready):
    ready.take_in(
        "people",
        "person,identifiers,organisation,area,service_area\n"
        f"Asha Rao,{ASHA},Council,essex,Licensing\nAsha Rao,{ASHA},Council,essex,Youth\n",
    )
    with pytest.raises(Conflict, match="posts at Council, Licensing and Council, Youth: say for which"):
        ready.champion("request", ASHA, "essex", organisation="Council")
    done = ready.champion("request", ASHA, "essex", service_area="youth")
    assert (done.organisation, done.service_area) == ("Council", "Youth")


def test_who_left_with_one_post_and_goes_on_in_another_is_listed_as_both(ready):
    post(ready, "Youth Club", until="2026-03-31")
    support(ready, "Youth Club")
    ready.champion("request", ASHA, "essex", organisation="Youth Club")
    ready.champion("register", ASHA, "essex", by=BOARD)
    ready.advance(timedelta(days=60))
    assert listed(ready, which="left") == [("Asha Rao", "left")]
    assert listed(ready, which="eligible") == [("Asha Rao", "eligible")]
    assert (standing(ready)["status"], standing(ready)["organisation"]) == ("eligible", "School")


def test_with_posts_at_several_organisations_the_request_says_which(ready):
    post(ready, "Youth Club")
    support(ready, "Youth Club")
    with pytest.raises(Conflict, match="posts at School and Youth Club: say for which"):
        ready.champion("request", ASHA, "essex")
    with pytest.raises(Conflict, match="No current post at Mill"):
        ready.champion("request", ASHA, "essex", organisation="Mill")
    done = ready.champion("request", ASHA, "essex", organisation="youth  club")
    assert done.organisation == "Youth Club"
    ready.champion("register", ASHA, "essex", by=BOARD)
    assert standing(ready)["organisation"] == "Youth Club"


def test_who_asked_for_one_post_is_not_registered_on_what_was_given_for_another(world):
    post(world)
    post(world, "Youth Club")
    support(world, "Youth Club")
    learn(world)
    join_nwg(world)
    world.champion("request", ASHA, "essex", organisation="School")
    with pytest.raises(Conflict, match="The request in essex is for School, not for Youth Club"):
        world.champion("register", ASHA, "essex", by=BOARD, organisation="Youth Club")
    with pytest.raises(Conflict, match="The line manager's support"):
        world.champion("register", ASHA, "essex", by=BOARD)
    support(world)
    assert world.champion("register", ASHA, "essex", by=BOARD, organisation="school").organisation == "School"
    assert (standing(world)["status"], standing(world)["flagged"]) == ("champion", False)


def test_a_champion_whose_membership_lapses_stays_and_is_flagged(world):
    post(world)
    support(world)
    learn(world)
    join_nwg(world, until="2026-03-31")
    world.champion("request", ASHA, "essex")
    world.champion("register", ASHA, "essex", by=BOARD)
    assert not standing(world)["flagged"]
    world.advance(timedelta(days=60))
    told = standing(world)
    assert (told["status"], told["flagged"], told["missing"]) == ("champion", True, [NWG])
    assert listed(world) == [("Asha Rao", "champion")]


class TestFromBefore:
    @pytest.fixture
    def legacy(self, world):
        world.take_in(
            "champions",
            "person,identifiers,organisation,area,status,since\n"
            f"Asha Rao,{ASHA},School,essex,legacy,01/09/2015\n",
        )
        return world

    def test_stays_unverified_until_registered_anew(self, legacy):
        post(legacy)
        assert standing(legacy)["status"] == "legacy_unverified"
        assert listed(legacy) == [("Asha Rao", "legacy_unverified")]
        support(legacy)
        learn(legacy)
        join_nwg(legacy)
        told = standing(legacy)
        assert (told["status"], told["standards_met"]) == ("legacy_unverified", True)
        legacy.champion("register", ASHA, "essex", by=BOARD)
        assert standing(legacy)["status"] == "champion"

    def test_is_not_registered_anew_without_the_standards(self, legacy):
        post(legacy)
        with pytest.raises(Conflict, match="can't be registered in Essex yet"):
            legacy.champion("register", ASHA, "essex", by=BOARD)
        assert standing(legacy)["status"] == "legacy_unverified"

    def test_a_request_of_theirs_is_listed_beside_the_others(self, legacy):
        post(legacy)
        legacy.champion("request", ASHA, "essex")
        assert listed(legacy, which="requests") == [("Asha Rao", "legacy_unverified")]

    def test_may_ask_for_another_post_and_is_registered_there(self, legacy):
        post(legacy)
        post(legacy, "Youth Club")
        support(legacy, "Youth Club")
        learn(legacy)
        join_nwg(legacy)
        legacy.champion("request", ASHA, "essex", organisation="Youth Club")
        assert listed(legacy, which="requests") == [("Asha Rao", "legacy_unverified")]
        done = legacy.champion("register", ASHA, "essex", by=BOARD)
        assert done.organisation == "Youth Club"
        told = standing(legacy)
        assert (told["status"], told["organisation"], told["flagged"]) == ("champion", "Youth Club", False)


class TestRefusals:
    def test_an_unknown_area(self, ready):
        with pytest.raises(BadInput, match="one of essex, southend, thurrock"):
            ready.champion("request", ASHA, "kent")

    def test_nobody_known(self, world):
        with pytest.raises(NotFound, match="import people"):
            world.champion("request", ASHA, "essex")

    def test_no_post_in_the_area(self, ready):
        with pytest.raises(Conflict, match="has no current post in southend"):
            ready.champion("request", ASHA, "southend")

    @pytest.mark.parametrize("act", ["register", "return"])
    def test_a_decision_that_nobody_took(self, ready, act):
        with pytest.raises(BadInput, match="--by"):
            ready.champion(act, ASHA, "essex")

    @pytest.mark.parametrize(
        ("act", "words"),
        [
            ("withdraw", "has not asked"),
            ("return", "no request open"),
            ("leave", "is no champion"),
            ("update", "is no champion"),
        ],
    )
    def test_what_the_flow_does_not_allow_now(self, ready, act, words):
        with pytest.raises(Conflict, match=words):
            ready.champion(act, ASHA, "essex", by=BOARD)

    def test_asking_twice(self, ready):
        ready.champion("request", ASHA, "essex")
        with pytest.raises(Conflict, match="has asked already"):
            ready.champion("request", ASHA, "essex")

    def test_a_return_of_somebody_who_meets_everything_says_why(self, ready):
        ready.champion("request", ASHA, "essex")
        with pytest.raises(Conflict, match="say why the request is returned"):
            ready.champion("return", ASHA, "essex", by=BOARD)
        assert ready.champion("return", ASHA, "essex", by=BOARD, note="wrong organisation").missing == ()

    def test_an_answer_dated_before_what_it_answers(self, ready):
        ready.champion("request", ASHA, "essex")
        with pytest.raises(Conflict, match="has “request” on record for 2 Mar 2026 in Essex"):
            ready.champion("register", ASHA, "essex", by=BOARD, happened=START - timedelta(days=1))

    def test_nobody_decides_on_themselves(self, ready):
        ready.champion("request", ASHA, "essex")
        with pytest.raises(Conflict, match="can't decide on themselves"):
            ready.champion("register", ASHA, "essex", by="Asha@example.org")

    @pytest.mark.parametrize("act", ["leave", "update"])
    def test_what_a_champion_did_before_they_were_one(self, ready, act):
        ready.champion("request", ASHA, "essex")
        ready.champion("register", ASHA, "essex", by=BOARD)
        with pytest.raises(Conflict, match="has “register” on record for 2 Mar 2026 in Essex"):
            ready.champion(act, ASHA, "essex", happened=START - timedelta(days=300))

    def test_the_same_act_twice_on_one_day(self, ready):
        day = START - timedelta(days=1)
        ready.champion("request", ASHA, "essex", happened=day)
        ready.champion("return", ASHA, "essex", by=BOARD, note="wrong form", happened=day)
        with pytest.raises(Conflict, match="has “request” on record for that very day"):
            ready.champion("request", ASHA, "essex", happened=day)

    def test_a_refused_act_leaves_nothing(self, ready):
        before = standing(ready)
        with pytest.raises(Conflict):
            ready.champion("leave", ASHA, "essex")
        assert standing(ready) == before


class TestTheRegister:
    def test_what_a_board_would_keep(self, ready):
        ready.take_in("organisations", "organisation,sector,areas\nSchool,education,essex\n")
        ready.champion("request", ASHA, "essex")
        ready.champion("register", ASHA, "essex", by=BOARD)
        ready.advance(timedelta(days=10))
        ready.champion("update", ASHA, "essex")
        ready.recompute()

        def journey(session):
            return champion.register(
                session, "essex", "champions", mapping_flow.in_force(session, ready.settings.calendar)
            )

        (one,) = ready.database.read(journey)
        assert one.as_json() == {
            "name": "Asha Rao",
            "organisation": "School",
            "service_area": "",
            "sector": "education",
            "contact": ASHA,
            "status": "champion",
            "since": "2026-03-02",
            "register_by": None,
            "last_update": "2026-03-12",
            "update_due": "2027-03-12",
            "standards_met": "yes",
        }
        assert tuple(one.as_json()) == champion.REGISTER_COLUMNS
        assert one.update_due == date(2027, 3, 12)

    @pytest.mark.parametrize(
        ("deadline", "register_by", "said"),
        [
            ("2018-01-31", date(2018, 1, 31), "\n  ! to be registered anew by 31 Jan 2018, which is past\n"),
            ("2026-03-01", date(2026, 3, 1), "\n  ! to be registered anew by 1 Mar 2026, which is past\n"),
            ("2026-03-02", date(2026, 3, 2), "\n  to be registered anew by 2 Mar 2026\n"),
            (None, None, None),
        ],
    )
    def test_until_when_a_champion_from_before_is_to_be_registered(self, ready, deadline, register_by, said):
        files, name = shipped_files(), "champions/set.yaml"
        line = "transition_deadline: 2018-01-31"
        assert line in files[name]
        files[name] = files[name].replace(line, f"transition_deadline: {deadline}" if deadline else "")
        ready.put_mappings(files)
        ready.take_in(
            "champions",
            "person,identifiers,organisation,area,status,since\n"
            "Joan Hale,joan@example.org,School,essex,legacy,01/09/2015\n",
        )
        ready.champion("request", ASHA, "essex")
        ready.champion("register", ASHA, "essex", by=BOARD)
        ready.recompute()

        def journey(session):
            mappings = mapping_flow.in_force(session, ready.settings.calendar)
            return champion.register(session, "essex", "champions", mappings)

        found = ready.database.read(journey)
        assert [(one.entry.status, one.register_by) for one in found] == [
            ("champion", None),
            ("legacy_unverified", register_by),
        ]
        told = register_report(found, "essex", "champions", START.date())
        assert told.count("to be registered anew") == bool(said)
        assert said is None or said in told

    def test_organisations_and_service_areas_without_a_champion(self, ready):
        ready.take_in(
            "organisations",
            "organisation,sector,areas,service_areas\n"
            "School,education,essex,\n"
            "Council,local_authority,essex; southend,Housing; Leisure\n"
            "Cabs,,essex,\n",
        )

        def gaps(area):
            ready.recompute()

            def journey(session):
                mappings = mapping_flow.in_force(session, ready.settings.calendar)
                return champion.gaps(session, area, mappings, ready.now)

            found = ready.database.read(journey)
            return [(one.organisation, one.service_area) for one in found if one.organisation]

        council = [("Council", ""), ("Council", "Housing"), ("Council", "Leisure")]
        assert gaps("southend") == council
        assert gaps("essex") == [*council, ("School", ""), ("Cabs", "")]
        ready.champion("request", ASHA, "essex")
        ready.champion("register", ASHA, "essex", by=BOARD)
        assert gaps("essex") == [*council, ("Cabs", "")]
        ready.take_in(
            "champions",
            "person,identifiers,organisation,service_area,area,status,since\n"
            "Joan Hale,joan@example.org,Council,Housing,essex,legacy,01/09/2015\n",
        )
        assert gaps("essex") == [("Council", "Leisure"), ("Cabs", "")]
        assert gaps("southend") == council


def test_a_sector_of_which_nobody_is_on_record_is_a_gap_too(ready):
    ready.take_in("organisations", "organisation,sector,areas\nSchool,education,essex\n")

    def journey(session):
        mappings = mapping_flow.in_force(session, ready.settings.calendar)
        return mappings, champion.gaps(session, "Essex", mappings, ready.now)

    mappings, found = ready.database.read(journey)
    unheard = [one.sector for one in found if not one.organisation]
    assert unheard == [key for key in mappings.champions_of("essex").sectors if key != "education"]


def test_acts_are_statements_that_can_be_voided(ready):
    ready.champion("request", ASHA, "essex")
    ready.champion("register", ASHA, "essex", by=BOARD)
    told = standing(ready)["champion"]
    ready.take_back(told["statement_id"])
    assert standing(ready)["status"] == "requested"


def test_an_account_is_as_good_as_an_address(ready):
    ready.send(completion(f"{SITE}|asha", "induction", START))
    ready.recompute()
    ready.decide(ASHA, f"{SITE}|asha", same=True)
    ready.champion("request", f"{SITE}|asha", "essex")
    assert standing(ready)["status"] == "requested"


@pytest.mark.parametrize("table", [schema.champion_states, schema.equivalences, post_standings])
def test_a_comparison_with_a_rebuild_sees_what_the_register_is_read_from(ready, table):
    ready.take_in(
        "equivalences",
        "course,counts_as,area,organisation,decided_by,basis,date\n"
        "devon_basic,escb_basic,southend,,board@example.org,same outcomes,2026-01-15\n",
    )
    ready.recompute()
    assert ready.verify().differences == []
    ready.database.write(lambda session: session.execute(sa.delete(table)))
    assert len(ready.verify().differences) == 1

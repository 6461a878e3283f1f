"""What each kind of import brings about: where people stand afterwards, and what the coordinator is told before."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest
from flows.desk import ATTESTED, GOOD, another

from lrs_bridge.errors import BadInput, NotFound
from lrs_bridge.flows import by_hand
from lrs_bridge.flows import people as people_flow
from lrs_bridge.flows.imports import KINDS
from lrs_bridge.mapping_files import read_folder
from lrs_bridge.settings import SHIPPED_MAPPINGS

ASHA = "asha.rao@example.org"
KENT = {**GOOD["completions"], "course": "kent_cse_basic"}
BOARDS = {**GOOD["equivalences"], "date": "01/01/2026"}
YES = {**ATTESTED, "attestation": "manager_support", "answer": "yes"}
NEITHER = "mailto:lead@example.org is neither a registered champion nor a recorded CSE lead"
SESSION = {**GOOD["sessions"], "attendees": "asha.rao@example.org; ben@example.org"}
NO = {**YES, "answer": "No", "date": "01/04/2026"}


def warnings(report):
    return [said for _, said in report.warnings]


def posts(desk, identifier=ASHA):
    return desk.explain(identifier)["learner"]["posts"]


class TestOrganisations:
    def test_its_staff_numbers_are_identifiers(self, desk):
        name = "Tendring District Council"
        desk.take_in(
            "organisations",
            another("organisations", 1, organisation=name, home_page="https://www.tendringdc.example/taxi"),
        )
        row = another("people", 1, identifiers=f"{name.upper()}| B123 ", organisation=name)
        desk.take_in("people", row)
        assert desk.explain("https://www.tendringdc.example/taxi|B123")["learner"]["name"] == "P 1"
        desk.take_in("completions", another("completions", 1, person=f"{name}|B123", seen_by=""))
        assert len(desk.explain("https://www.tendringdc.example/taxi|B123")["evidence"]) == 1

    def test_but_only_where_a_home_page_is_recorded(self, desk):
        with pytest.raises(BadInput, match="is no organisation whose staff numbers or badges"):
            desk.take_in("people", another("people", 1, identifiers="Tendring District Council|B123"))

    def test_its_roles_say_which_tier_is_required(self, desk):
        desk.take_in("people", {**GOOD["people"], "required_tier": ""})
        assert desk.explain(ASHA)["tier"]["required"] is None
        desk.take_in("organisations", GOOD["organisations"])
        assert desk.explain(ASHA)["tier"]["required"] == "T3"
        desk.take_in("organisations", {**GOOD["organisations"], "role_tiers": "Teacher = t4"})
        assert desk.explain(ASHA)["tier"]["required"] == "T4"


class TestPeople:
    def test_being_hired_again_is_another_post(self, desk):
        first = {**GOOD["people"], "from": "01/09/2020", "until": "31/08/2022"}
        again = {**GOOD["people"], "from": "01/09/2024"}
        desk.take_in("people", first)
        assert dict(desk.take_in("people", first, again).counts) == {"new": 1, "same": 1}
        assert [(post["from"], post["until"]) for post in posts(desk)] == [
            ("2020-09-01", "2022-08-31"),
            ("2024-09-01", None),
        ]
        before = desk.everything()
        assert dict(desk.take_in("people", again, first).counts) == {"same": 2}
        assert desk.everything() == before

    def test_a_file_without_days_means_the_latest_post(self, desk):
        first = {**GOOD["people"], "from": "01/09/2020", "until": "31/08/2022"}
        desk.take_in("people", first, {**GOOD["people"], "from": "01/09/2024"})
        row = {name: text for name, text in GOOD["people"].items() if name not in ("from", "until")}
        desk.take_in("people", {**row, "manager": "deputy@example.org"})
        assert [(post["from"], post["until"]) for post in posts(desk)] == [
            ("2020-09-01", "2022-08-31"),
            ("2024-09-01", None),
        ]

    @pytest.mark.parametrize(
        ("one", "other", "said"),
        [
            ({"from": "01/09/2024"}, {"from": "01/09/2025"}, "line 3, from: line 2 says otherwise of the post “teacher” of"),
            ({"from": ""}, {"from": "01/09/2025"}, "line 3, from: line 2 says otherwise of the post “teacher” of"),
            ({"service_area": ""}, {"service_area": "Juniors"}, "line 3, service_area: line 2 says otherwise of whether"),
            ({"role": ""}, {}, "line 3, role: line 2 says otherwise of whether the posts of"),
        ],
    )  # fmt: skip
    def test_rows_that_would_change_each_other_are_refused(self, desk, one, other, said):
        with pytest.raises(BadInput) as refused:
            desk.take_in("people", {**GOOD["people"], **one}, {**GOOD["people"], **other})
        assert [str(problem)[: len(said)] for problem in refused.value.problems] == [said]

    def test_a_role_is_filled_in_later_and_left_open_again(self, desk):
        desk.take_in("people", {**GOOD["people"], "role": ""})
        report = desk.take_in("people", GOOD["people"])
        ((_, outcome, words),) = report.changes
        assert (outcome, words.rpartition("; ")[2]) == ("changed", "role not recorded → teacher")
        before = desk.everything()
        for role in ("", "Teacher"):
            assert dict(desk.take_in("people", {**GOOD["people"], "role": role}).counts) == {"same": 1}
        assert desk.everything() == before

    @pytest.mark.parametrize("order", [1, -1])
    def test_of_several_roles_one_fills_in_what_was_left_open(self, desk, order):
        rows = [
            {**GOOD["people"], "role": role, "manager": f"{role}s@example.org", "from": begins}
            for role, begins in (("teacher", "01/09/2024"), ("governor", "01/09/2025"))
        ][::order]
        desk.take_in("people", {**GOOD["people"], "role": ""})
        assert desk.take_in("people", *rows).counts == {"changed": 1, "new": 1}
        held = {(one["role"], one["from"]) for one in posts(desk)}
        assert held == {("teacher", "2024-09-01"), ("governor", "2025-09-01")}
        before = desk.everything()
        assert dict(desk.take_in("people", *rows[::-1]).counts) == {"same": 2}
        assert desk.everything() == before

    def test_a_post_of_the_role_itself_is_meant_first(self, desk):
        desk.take_in("people", {**GOOD["people"], "role": "", "from": ""})
        rows = [{**GOOD["people"], "role": role} for role in ("teacher", "governor")]
        desk.take_in("people", *rows)
        desk.take_in("people", {**GOOD["people"], "role": "governor", "from": "01/09/2025"})
        assert sorted((one["role"], one["from"]) for one in posts(desk)) == [
            ("governor", "2025-09-01"),
            ("teacher", "2024-09-01"),
        ]

    def test_identifiers_that_somebody_parted_stay_apart(self, desk):
        desk.take_in("people", GOOD["people"])
        account = "https://moodle.example.org|asha.rao"
        desk.database.write(
            lambda session: people_flow.decide(
                session, ASHA, account, same=False, reason="two sisters", who="test", now=desk.now
            )
        )
        report = desk.take_in("people", {**GOOD["people"], "manager": "deputy@example.org"})
        ((_, outcome, words),) = report.changes
        assert (outcome, words.rpartition("; ")[2]) == (
            "changed",
            "manager head@example.org → deputy@example.org",
        )
        assert [said.rpartition(": ")[2].partition(";")[0] for said in warnings(report)] == [
            "some of these identifiers stay apart, because somebody decided that they are not one person"
        ]
        assert desk.explain(ASHA)["learner"]["identifiers"] == [f"mailto:{ASHA}"]
        assert dict(desk.take_in("people", {**GOOD["people"], "manager": "deputy@example.org"}).counts) == {
            "same": 1
        }

    def test_a_mailbox_that_several_read_joins_nobody(self, desk):
        desk.database.write(
            lambda session: people_flow.share(
                session, "office@example.org", shared=True, reason="read by all", who="test", now=desk.now
            )
        )
        rows = [
            another("people", number, identifiers=f"office@example.org; p{number}@example.org")
            for number in (1, 2)
        ]
        desk.take_in("people", *rows)
        for number in (1, 2):
            learner = desk.explain(f"p{number}@example.org")["learner"]
            assert (learner["name"], learner["identifiers"]) == (
                f"P {number}",
                [f"mailto:p{number}@example.org"],
            )
        with pytest.raises(NotFound):
            desk.explain("office@example.org")
        assert dict(desk.take_in("people", *rows).counts) == {"same": 2}
        with pytest.raises(
            BadInput, match="Office@example\\.org is read by several people; give an identifier"
        ):
            desk.take_in("people", another("people", 3, identifiers="Office@example.org"))

    @pytest.mark.parametrize(
        ("was", "now", "who"),
        [
            ("Head@example.org", "deputy@example.org", "the former manager, head@example.org,"),
            ("head@example.org", "none", "the former manager, head@example.org,"),
            ("none", "deputy@example.org", "whom the Board names"),
            ("", "deputy@example.org", None),
            ("head@example.org", "", None),
            ("head@example.org", "HEAD@example.org", None),
        ],
    )
    def test_another_manager_takes_the_word_of_the_former(self, desk, was, now, who):
        desk.take_in("people", {**GOOD["people"], "manager": was})
        report = desk.take_in("people", {**GOOD["people"], "manager": now})
        said = f"the word of {who} no longer counts for this post"
        assert [words.rpartition(": ")[2] for words in warnings(report)] == ([said] if who else [])

    @pytest.mark.parametrize(
        ("place", "said"),
        [
            ({"organisation": "Colne Primry School"}, "no organisation of that name is recorded yet; is it “Colne Primary School”?"),
            ({"service_area": "Junior"}, "“Junior” is not among its service areas as recorded: Early years, Juniors"),
            ({"organisation": "colne primary SCHOOL", "service_area": "juniors"}, None),
            ({"organisation": "Harwich Cabs", "service_area": "Office"}, None),
        ],
    )  # fmt: skip
    def test_a_place_that_may_be_mistyped(self, desk, place, said):
        desk.take_in("organisations", GOOD["organisations"])
        rows = [another("people", number, **place) for number in (1, 2)]
        report = desk.take_in("people", *rows)
        assert report.counts == {"new": 2}
        assert [words.rpartition(": ")[2] for words in warnings(report)] == (
            [said.rpartition(": ")[2]] * 2 if said else []
        )
        assert all((said or "") in words for words in warnings(report))
        assert warnings(desk.take_in("people", *rows)) == []


@pytest.mark.parametrize("kind", ["completions", "sessions", "memberships"])
def test_learners_whom_nobody_is_known_by_are_told(desk, kind):
    desk.take_in("organisations", GOOD["organisations"])
    desk.take_in("people", GOOD["people"])
    column = "attendees" if kind == "sessions" else "person"
    rows = [{**GOOD[kind], column: address} for address in ("Asha.Rao@example.org", "asha.roa@example.org")]
    report = desk.take_in(kind, *rows)
    assert report.counts == {"new": 2}
    ((line, words),) = report.warnings
    assert line == 3
    assert words.endswith(": nobody is known by this identifier yet; is it mistyped?")
    assert desk.take_in(kind, *rows).warnings == []


class TestChampions:
    def test_registered_and_legacy(self, desk):
        legacy = another("champions", 1, status="legacy", decided_by="", decided_by_name="")
        report = desk.take_in("champions", GOOD["champions"], legacy)
        assert [words for _, _, words in report.changes] == [
            "Joan Hale: registered champion at Colne Primary School, essex, since 1 Sep 2018",
            "P 1: legacy champion at Colne Primary School, essex, since 1 Sep 2018",
        ]
        assert [said.rpartition(": ")[2] for said in warnings(report)] == [
            "a post there was recorded too"
        ] * 2
        assert desk.status("joan.hale@example.org") == "champion"
        assert desk.status("p1@example.org") == "legacy_unverified"

    def test_no_post_is_made_where_one_is_recorded(self, desk):
        post = another("people", 1, identifiers="joan.hale@example.org", person="Joan Hale", role="head")
        desk.take_in("people", {**post, "from": "01/09/2010"})
        assert warnings(desk.take_in("champions", GOOD["champions"])) == []
        assert [one["role"] for one in posts(desk, "joan.hale@example.org")] == ["head"]

    @pytest.mark.parametrize("kinds", [("champions", "people"), ("people", "champions")])
    def test_the_post_is_one_whichever_file_comes_first(self, desk, kinds):
        rows = {
            "champions": {**GOOD["champions"], "service_area": ""},
            "people": {**GOOD["people"], "person": "Joan Hale", "identifiers": "joan.hale@example.org"},
        }
        for kind in kinds:
            desk.take_in(kind, rows[kind])
        (post,) = posts(desk, "joan.hale@example.org")
        assert (post["role"], post["from"], post["until"]) == ("teacher", "2024-09-01", None)
        before = desk.everything()
        for kind in kinds:
            assert dict(desk.take_in(kind, rows[kind]).counts) == {"same": 1}
        assert desk.everything() == before

    def test_it_has_the_manager_and_the_end_of_the_people_file(self, desk):
        joan = {"person": "Joan Hale", "identifiers": "joan.hale@example.org"}
        words = [
            {**YES, "person": "joan.hale@example.org", "by": f"{by}@example.org"}
            for by in ("colleague", "head")
        ]
        desk.take_in("champions", {**GOOD["champions"], "status": "legacy"})
        desk.take_in("people", {**GOOD["people"], **joan})
        desk.take_in("attestations", words[0])
        assert desk.met("joan.hale@example.org") == set()
        desk.take_in("attestations", words[1])
        assert desk.met("joan.hale@example.org") == {"manager_support"}
        assert desk.status("joan.hale@example.org") == "legacy_unverified"
        desk.take_in("people", {**GOOD["people"], **joan, "until": "31/05/2026"})
        assert desk.status("joan.hale@example.org") == "left"

    def test_a_mailbox_that_several_read_is_no_champion(self, desk):
        desk.database.write(
            lambda session: people_flow.share(
                session, "office@example.org", shared=True, reason="read by all", who="test", now=desk.now
            )
        )
        rows = [
            another("champions", 1, identifiers="office@example.org; p1@example.org", status="legacy"),
            another("champions", 2, identifiers="office@example.org; p2@example.org"),
        ]
        desk.take_in("champions", *rows)
        assert desk.status("p1@example.org") == "legacy_unverified"
        assert desk.status("p2@example.org") == "champion"
        assert dict(desk.take_in("champions", *rows[::-1]).counts) == {"same": 2}

    @pytest.mark.parametrize(
        ("until", "service_area", "other", "told", "state"),
        [
            ("31/08/2018", "", None, True, "left"),
            ("01/09/2018", "", None, False, "left"),
            ("", "", None, False, "legacy_unverified"),
            ("31/08/2018", "Juniors", {"service_area": "Seniors"}, True, "left"),
            ("31/08/2018", "Seniors", {"service_area": "Juniors"}, False, "legacy_unverified"),
            ("31/08/2018", "Juniors", {"from": "01/10/2018"}, False, "legacy_unverified"),
        ],
    )
    def test_a_post_that_ended_before_is_told(self, desk, until, service_area, other, told, state):
        joan = {"person": "Joan Hale", "identifiers": "joan.hale@example.org", "from": "01/09/2010"}
        row = {**GOOD["people"], **joan, "service_area": service_area}
        desk.take_in("people", {**row, "until": until}, *([{**row, **other}] if other else []))
        report = desk.take_in("champions", {**GOOD["champions"], "status": "legacy"})
        said = (
            "the post there ended on 31 Aug 2018, and the role with it; import the post that they hold since"
        )
        assert [one.rpartition(": ")[2] for one in warnings(report)] == [said] * told
        champion = desk.explain("joan.hale@example.org")["eligibility"]["essex"]["champion"]
        assert champion["state"] == state

    @pytest.mark.parametrize(
        ("status", "act", "day", "said"),
        [
            ("registered", "leave", 2, "left on 2 Mar 2026, which holds, as it is later"),
            ("legacy", "leave", 2, "left on 2 Mar 2026, which holds, as it is later"),
            ("legacy", "leave", 1, "left on 1 Mar 2026, which holds, as it is later"),
            ("legacy", "register", 2, "was registered on 2 Mar 2026, which holds, as it is later"),
            ("registered", "register", 2, ""),
            ("registered", "list", 1, ""),
            ("registered", "update", 2, ""),
        ],
    )
    def test_a_later_act_on_record_is_told(self, desk, status, act, day, said):
        row = {**GOOD["champions"], "status": status, "since": "01/03/2026", "last_update": ""}
        desk.take_in("champions", {**row, "since": "01/09/2018"})
        record = by_hand.Record(
            kind="champion",
            key="essex",
            word=act,
            learner="mailto:joan.hale@example.org",
            happened=datetime(2026, 3, day, tzinfo=UTC),
            detail={"organisation": row["organisation"], "service_area": row["service_area"]},
        )
        keeping = by_hand.Keeping("https://bridge.example.org", "the Board", desk.now)
        desk.database.write(lambda session: by_hand.keep(session, [record], keeping))
        desk.explain("joan.hale@example.org")
        report = desk.take_in("champions", row)
        assert report.counts == {"new": 1}
        assert [one.rpartition(": ")[2] for one in warnings(report)] == ([said] if said else [])

    def test_a_corrected_row(self, desk):
        desk.take_in("champions", GOOD["champions"])
        report = desk.take_in("champions", {**GOOD["champions"], "decided_by_name": "Anne Lowe"})
        ((_, outcome, words),) = report.changes
        assert outcome == "corrected"
        assert words.endswith("; decided_by_name “Ann Lowe” → “Anne Lowe”")


class TestSessions:
    @pytest.fixture(autouse=True)
    def attendees_are_known(self, desk):
        desk.take_in("people", GOOD["people"], another("people", 1, identifiers="ben@example.org"))

    def test_it_gives_each_attendee_each_course(self, desk):
        report = desk.take_in("sessions", SESSION)
        assert (report.rows, dict(report.counts)) == (1, {"new": 2})
        for attendee in (ASHA, "ben@example.org"):
            courses = [one["course"] for one in desk.explain(attendee)["evidence"]]
            assert sorted(courses) == ["escb_basic", "induction", "item:3.4"]

    def test_a_row_for_each_attendee_is_the_same(self, desk):
        desk.take_in("sessions", SESSION)
        before = desk.everything()
        rows = [{**SESSION, "attendees": one} for one in ("Ben@example.org", ASHA)]
        assert dict(desk.take_in("sessions", *rows).counts) == {"same": 2}
        assert desk.everything() == before

    def test_a_latecomer_is_added(self, desk):
        desk.take_in("sessions", SESSION)
        row = {**SESSION, "attendees": f"{SESSION['attendees']}; cem@example.org"}
        assert dict(desk.take_in("sessions", row).counts) == {"same": 2, "new": 1}

    def test_the_first_tier_taught_by_somebody_else_is_said_once(self, desk):
        report = desk.take_in("sessions", SESSION)
        assert [said.rpartition(": ")[2] for said in warnings(report)] == [NEITHER]

    def test_not_of_a_recorded_lead(self, desk):
        desk.take_in("organisations", GOOD["organisations"])
        assert warnings(desk.take_in("sessions", SESSION)) == []

    @pytest.mark.parametrize("status", ["registered", "legacy"])
    def test_nor_of_a_champion(self, desk, status):
        row = {**GOOD["champions"], "identifiers": "Lead@Example.org", "status": status}
        desk.take_in("champions", row)
        desk.explain("lead@example.org")
        assert warnings(desk.take_in("sessions", SESSION)) == []

    @pytest.mark.parametrize(
        ("changes", "warned"),
        [
            ({"courses": "escb_missing", "items": ""}, False),
            ({"courses": "", "items": "2.8; 3.4"}, False),
            ({"courses": "", "items": "1.3"}, True),
            ({"courses": "escb_basic", "items": "", "area": "thurrock"}, False),
        ],
    )
    def test_nor_of_other_tiers(self, desk, changes, warned):
        assert bool(warnings(desk.take_in("sessions", {**SESSION, **changes}))) is warned

    def test_it_is_the_courses_of_a_way_that_teach_the_first_tier(self, desk):
        files = read_folder(SHIPPED_MAPPINGS)
        name = "frameworks/escb.yaml"
        whole = "  induction:\n    name: In-house"
        assert whole in files[name]
        files[name] = files[name].replace(
            whole, "  first_day:\n    all_of: [induction, welcome]\n    name: In-house"
        )
        desk.put_in_force(files)
        report = desk.take_in("sessions", {**SESSION, "courses": "induction", "items": ""})
        assert [said.rpartition(": ")[2] for said in warnings(report)] == [NEITHER]

    def test_two_rows_that_differ_in_what_it_gave(self, desk):
        with pytest.raises(BadInput, match="line 3, title: line 2 says otherwise of the session “ESCB basic"):
            desk.take_in("sessions", SESSION, {**SESSION, "courses": "induction"})


class TestAttestations:
    def test_a_later_no_ends_an_earlier_yes(self, desk):
        desk.take_in("people", GOOD["people"])
        desk.take_in("attestations", YES)
        assert desk.met(ASHA) == {"manager_support"}
        report = desk.take_in("attestations", NO)
        assert report.changes == [
            (
                2,
                "new",
                f"mailto:{ASHA}: Support for the role of CSE Champion, answered no, by mailto:head@example.org on 1 Apr 2026",
            )
        ]
        assert desk.met(ASHA) == set()

    def test_a_no_of_the_same_day_corrects_it(self, desk):
        desk.take_in("people", GOOD["people"])
        desk.take_in("attestations", YES)
        report = desk.take_in("attestations", {**YES, "answer": "no"})
        assert report.changes[0][1:] == (
            "corrected",
            f"mailto:{ASHA}: Support for the role of CSE Champion, answered no, by mailto:head@example.org on 1 Mar 2026; answer yes → no",
        )
        assert desk.met(ASHA) == set()
        assert desk.take_in("attestations", YES).changes[0][2].endswith("; answer no → yes")

    def test_somebody_elses_no_ends_nothing(self, desk):
        desk.take_in("people", GOOD["people"])
        desk.take_in("attestations", YES, {**NO, "by": "other@example.org"})
        assert desk.met(ASHA) == {"manager_support"}

    @pytest.mark.parametrize(("by", "counts"), [("stand.in@example.org", True), ("head@example.org", False)])
    def test_without_a_line_manager_the_stand_in_is_heard(self, desk, by, counts):
        files = read_folder(SHIPPED_MAPPINGS)
        name = "champions/set.yaml"
        board = "    board: Essex Safeguarding Children Board\n"
        files[name] = files[name].replace(board, f"{board}    without_manager: [Stand.In@example.org]\n")
        desk.put_in_force(files)
        desk.take_in("people", {**GOOD["people"], "manager": "None"})
        report = desk.take_in("attestations", {**YES, "by": by})
        said = (
            "does not count, because no line manager is recorded for that post, and only whom the Board names counts:"
            " stand.in@example.org (without_manager of essex in the champions file)"
        )
        words = f"mailto:{ASHA}: Support for the role of CSE Champion by mailto:{by} on 1 Mar 2026"
        assert warnings(report) == ([] if counts else [f"{words}: {said}"])
        assert desk.met(ASHA) == ({"manager_support"} if counts else set())

    def test_the_board_may_have_named_nobody(self, desk):
        desk.take_in("people", {**GOOD["people"], "manager": "none"})
        (said,) = warnings(desk.take_in("attestations", YES))
        assert said.endswith("counts: nobody so far (without_manager of essex in the champions file)")


class TestCoursesByName:
    @pytest.mark.parametrize(
        ("kind", "column", "by_key", "by_name"),
        [
            ("completions", "course", "set_toolbox", "SET CSE Toolbox,  Online"),
            ("completions", "course", "escb_basic", "ESCB Basic"),
            ("sessions", "courses", "induction; set_toolbox", "Induction; set cse toolbox, online"),
            ("equivalences", "counts_as", "set_toolbox", "SET CSE Toolbox, online"),
        ],
    )
    def test_a_name_is_the_course(self, desk, kind, column, by_key, by_name):
        desk.take_in(kind, {**GOOD[kind], column: by_key})
        before = desk.everything()
        report = desk.take_in(kind, {**GOOD[kind], column: by_name})
        assert (set(report.counts), desk.everything()) == ({"same"}, before)

    def test_a_way_that_is_one_course_has_a_name_too(self, desk):
        files = read_folder(SHIPPED_MAPPINGS)
        name = "frameworks/escb.yaml"
        whole = "  induction:\n    name: In-house"
        assert whole in files[name]
        files[name] = files[name].replace(whole, "  first_day:\n    all_of: [induction]\n    name: In-house")
        desk.put_in_force(files)
        framework = desk.mappings.framework_of("essex")
        row = {**GOOD["completions"], "course": framework.routes["first_day"].name.upper()}
        assert ": induction on" in desk.take_in("completions", row).changes[0][2]

    @pytest.mark.parametrize(
        ("kind", "column"),
        [("completions", "course"), ("sessions", "courses"), ("equivalences", "counts_as")],
    )
    def test_an_unknown_one_is_quoted_as_typed(self, desk, kind, column):
        with pytest.raises(BadInput, match=f"line 2, {column}: unknown course “Kent CSE Basics”; one of "):
            desk.take_in(kind, {**GOOD[kind], column: "Kent CSE Basics"})


class TestEquivalences:
    def test_a_boards_decision_serves_its_champion_standards_alone(self, desk):
        desk.take_in("people", GOOD["people"])
        with pytest.raises(BadInput, match="unknown course “kent_cse_basic”"):
            desk.take_in("completions", KENT)
        desk.take_in("equivalences", BOARDS)
        assert desk.met(ASHA) == set()
        desk.take_in("completions", KENT)
        assert desk.met(ASHA) == {"basic_cse"}
        assert desk.explain(ASHA)["tier"]["progress"]["T1"] == [0, 3]

    def test_an_organisations_serves_the_tiers_of_its_people_alone(self, desk):
        elsewhere = another("people", 1, organisation="Harwich School")
        desk.take_in("people", GOOD["people"], elsewhere)
        report = desk.take_in("equivalences", {**BOARDS, "area": "", "organisation": "Colne Primary School"})
        assert report.changes[0][2] == (
            "kent_cse_basic counts as escb_basic for the tiers of Colne Primary School, from 1 Jan 2026, until 28 Feb 2028"
        )
        desk.explain(ASHA)
        desk.take_in("completions", KENT, {**KENT, "person": "p1@example.org"})
        assert desk.explain(ASHA)["tier"]["progress"]["T1"] == [3, 3]
        assert desk.met(ASHA) == set()
        assert desk.explain("p1@example.org")["tier"]["progress"]["T1"] == [0, 3]


@pytest.mark.parametrize(
    ("kind", "column"),
    [
        ("completions", "date"),
        ("sessions", "date"),
        ("attestations", "date"),
        ("memberships", "checked"),
        ("champions", "since"),
        ("champions", "last_update"),
    ],
)
def test_what_has_not_happened_yet_is_refused(desk, kind, column):
    """Half past midnight in Essex in July is the evening before in UTC."""
    desk.now = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)
    row = {name: "" if name == "last_update" else text for name, text in GOOD[kind].items()}
    row |= {"until": "31/12/2030"} if "until" in row else {}
    with pytest.raises(BadInput) as refused:
        desk.take_in(kind, {**row, column: "02/07/2026"}, rehearse=True)
    assert [str(problem) for problem in refused.value.problems] == [
        f"line 2, {column}: 2 Jul 2026 is still to come; what has not happened yet is not recorded"
    ]
    desk.take_in(kind, {**row, column: "01/07/2026"}, rehearse=True)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", [1, 2])
def test_the_same_rows_in_any_order_change_nothing(desk, kind, seed):
    rows = [another(kind, number) for number in range(8)]
    if kind == "people":
        rows += [{**row, "until": "31/08/2025"} for row in rows[:3]]
        rows[:3] = [{**row, "from": "01/10/2025"} for row in rows[:3]]
    shuffle = random.Random(seed).shuffle
    shuffle(rows)
    desk.take_in(kind, *rows)
    before = desk.everything()
    for _ in range(3):
        shuffle(rows)
        assert dict(desk.take_in(kind, *rows, *rows[:2]).counts) == {"same": len(rows) + 2}
        assert desk.everything() == before

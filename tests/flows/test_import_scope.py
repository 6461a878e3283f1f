"""What a coordinator may bring in tables: their own organisation's, about its people, without learning of others."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lrs_bridge.connectors.tables import read_csv
from lrs_bridge.errors import BadInput, Forbidden
from lrs_bridge.flows import recording
from lrs_bridge.flows.imports import KINDS
from lrs_bridge.flows.imports.scope import KINDS as OPEN
from lrs_bridge.store import organisations, people
from lrs_bridge.store.roles import Viewer

PEOPLE = """person,identifiers,organisation,area,role,until
Asha Rao,asha@colne.example,Colne Primary School,essex,Teacher,
Bea Lind,bea@colne.example,Colne Primary School,essex,Head,
Gone Away,gone@colne.example,Colne Primary School,essex,Cook,2020-01-01
Femi Ade,femi@grays.example,Grays Youth Club,thurrock,Driver,
Moved Here,moved@grays.example,Grays Youth Club,thurrock,Driver,2020-01-01
"""
HEADS = {
    "completions": "person,course,date",
    "memberships": "person,membership,checked,source",
    "attestations": "person,attestation,organisation,area,by,date",
    "sessions": "date,title,delivered_by,organisation,area,courses,attendees",
    "people": "person,identifiers,organisation,area",
    "equivalences": "course,counts_as,organisation,decided_by,basis,date",
}


class Colne:
    """Whoever coordinates Colne Primary School."""

    def __init__(self, world):
        world.take_in("people", PEOPLE)
        self.world = world

    def brings(self, kind, *rows, head=None):
        text = "\n".join([head or HEADS[kind], *rows])

        def journey(session):
            number = organisations.load(session, ["Colne Primary School"])["colne primary school"].number
            viewer = Viewer(self.world.now, organisations=frozenset([number]))
            at = recording.desk(
                session,
                number,
                viewer=viewer,
                who="cora",
                settings=self.world.settings,
                clock=self.world.clock,
            )
            prepared = recording.prepare(session, at, kind, read_csv(text.encode()))
            return recording.take_in(session, at, prepared)

        return self.world.database.write(journey)

    def refused(self, kind, *rows, **more):
        with pytest.raises(BadInput) as wrong:
            self.brings(kind, *rows, **more)
        return str(wrong.value)

    def evidence(self, who):
        self.world.recompute()
        return {
            one["course"]
            for key, body in self.world.standings().items()
            if who in key
            for one in body["evidence"]
        }


@pytest.fixture
def colne(world):
    return Colne(world)


def row(kind, person):
    return {
        "completions": f"{person},escb_basic,2026-02-01",
        "memberships": f"{person},nwg,2026-02-01,a list",
        "attestations": f"{person},manager_support,Colne Primary School,essex,boss@colne.example,2026-02-01",
    }[kind]


@pytest.mark.parametrize("kind", ["completions", "memberships", "attestations"])
class TestPeople:
    def test_of_the_organisation_are_recorded_for(self, colne, kind):
        assert colne.brings(kind, row(kind, "Asha@colne.example")).changed == 1

    @pytest.mark.parametrize(
        "stranger", ["femi@grays.example", "gone@colne.example", "moved@grays.example", "new@x.example"]
    )
    def test_elsewhere_who_have_left_and_unknown_ones_get_one_answer(self, colne, kind, stranger):
        said = colne.refused(kind, row(kind, "bea@colne.example"), row(kind, stranger))
        assert said.splitlines()[1:] == [
            "  line 3, person: nobody known by this has a post at your organisation; record the post first"
        ]
        assert colne.evidence("mailto:bea@colne.example") == set()

    def test_who_is_to_come_is_recorded_for(self, colne, kind):
        begins = f"{colne.world.now + timedelta(days=30):%Y-%m-%d}"
        head = HEADS["people"] + ",from"
        colne.brings("people", f"New Soon,soon@colne.example,Colne Primary School,essex,{begins}", head=head)
        assert colne.brings(kind, row(kind, "soon@colne.example")).changed == 1


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("people", "Asha Rao,asha@colne.example,Grays Youth Club,thurrock"),
        ("people", "Femi Ade,femi@grays.example,Grays Youth Club,thurrock"),
        ("people", "New One,new@x.example,Nowhere Yet,essex"),
        (
            "attestations",
            "asha@colne.example,manager_support,Grays Youth Club,thurrock,b@x.example,2026-02-01",
        ),
        ("sessions", "2026-02-01,Pack,d@x.example,Grays Youth Club,thurrock,induction,asha@colne.example"),
        ("equivalences", "kent,escb_basic,Grays Youth Club,d@x.example,alike,2026-02-01"),
    ],
)
def test_no_other_organisation_is_recorded_for(colne, kind, line):
    assert "organisation: you record for Colne Primary School alone" in colne.refused(kind, line)


def test_capitals_and_blanks_make_no_other_organisation(colne):
    line = "New One,new@x.example, colne  PRIMARY school ,essex"
    assert dict(colne.brings("people", line).counts) == {"new": 1}


def test_what_is_the_boards_stays_so(colne):
    assert set(KINDS) - set(OPEN) == {"organisations", "champions"}
    for kind in ("organisations", "champions"):
        with pytest.raises(Forbidden):
            colne.brings(kind, "x", head="organisation")
    said = colne.refused(
        "equivalences",
        "kent,escb_basic,essex,d@x.example,alike,2026-02-01",
        head="course,counts_as,area,decided_by,basis,date",
    )
    assert "area: what counts for champion standards is the Board's to decide" in said


def test_nobody_vouches_for_themselves_by_another_identifier(colne):
    colne.brings("people", "Asha Rao,asha@colne.example; rao@colne.example,Colne Primary School,essex")
    for kind, line, column in (
        ("attestations", row("attestations", "asha@colne.example").replace("boss@", "rao@"), "by"),
        ("completions", "asha@colne.example,escb_basic,2026-02-01,rao@colne.example", "seen_by"),
    ):
        head = HEADS[kind] + (",seen_by" if kind == "completions" else "")
        assert f"{column}: is the same person by another identifier" in colne.refused(kind, line, head=head)


class TestJoining:
    @pytest.mark.parametrize(
        "lines",
        [
            ["Femi Ade,femi@grays.example; mine@colne.example,Colne Primary School,essex"],
            ["Femi Ade,femi@grays.example; asha@colne.example,Colne Primary School,essex"],
            [
                "Femi Ade,mine@colne.example; other@colne.example,Colne Primary School,essex",
                "Femi Ade,other@colne.example; femi@grays.example,Colne Primary School,essex",
            ],
        ],
    )
    def test_gives_nobody_a_second_mailbox_who_works_elsewhere(self, colne, lines):
        assert "not known to be one person's" in colne.refused("people", *lines)

    def test_nor_after_giving_them_a_post_here(self, colne):
        colne.brings("people", "Femi Ade,femi@grays.example,Colne Primary School,essex")
        line = "Femi Ade,femi@grays.example; mine@colne.example,Colne Primary School,essex"
        assert "not known to be one person's" in colne.refused("people", line)

    def test_joins_what_is_the_organisations_own_and_who_came_from_elsewhere(self, colne):
        for line in (
            "Asha Rao,asha@colne.example; https://moodle.example.org|4711,Colne Primary School,essex",
            "Moved Here,moved@grays.example; moved@colne.example,Colne Primary School,essex",
        ):
            assert colne.brings("people", line).changed == 1

    def test_tells_no_names_of_people_elsewhere(self, colne):
        report = colne.brings("people", "Somebody,femi@grays.example,Colne Primary School,essex")
        assert "Femi" not in f"{report.changes}{report.warnings}"
        report = colne.brings("people", "Ash Rao,asha@colne.example,Colne Primary School,essex")
        assert "known so far as “Asha Rao”" in str(report.warnings)


def test_nobody_who_works_elsewhere_is_called_otherwise(colne):
    def called(who):
        return colne.world.database.read(
            lambda session: people.names_of_learners(session, [people.learner_with(session, f"mailto:{who}")])
        ).popitem()[1]

    for who in ("femi@grays.example", "asha@colne.example"):
        colne.brings("people", f"Somebody Else,{who},Colne Primary School,essex")
    assert called("femi@grays.example") == "Femi Ade"
    assert called("asha@colne.example") == "Somebody Else"


def test_attendees_may_be_new_and_are_told_alike_whether_known_elsewhere_or_not(colne):
    line = "2026-02-01,Pack,lead@colne.example,Colne Primary School,essex,induction,{}"
    report = colne.brings(
        "sessions",
        *(line.format(one) for one in ("asha@colne.example", "femi@grays.example", "new@x.example")),
    )
    assert dict(report.counts) == {"new": 3}
    told = [words.rpartition(": ")[2] for _, words in report.warnings if "is not among" in words]
    assert told == ["is not among the people of Colne Primary School"] * 2
    assert "induction" in colne.evidence("mailto:femi@grays.example")


def test_a_record_of_another_organisation_is_not_corrected(colne):
    world = colne.world
    colne.brings("people", "Femi Ade,femi@grays.example,Colne Primary School,essex")
    head = "person,course,date,organisation,note"
    world.take_in("completions", f"{head}\nfemi@grays.example,induction,2026-02-01,Grays Youth Club,theirs\n")
    for line, columns in (
        ("femi@grays.example,induction,2026-02-01,Colne Primary School,ours", head),
        ("femi@grays.example,induction,2026-02-01,ours", "person,course,date,note"),
    ):
        said = colne.refused("completions", line, head=columns)
        assert "is not yours to correct" in said
        assert "Grays" not in said
    same = colne.brings("completions", "femi@grays.example,induction,2026-02-01")
    assert dict(same.counts) == {"same": 1}

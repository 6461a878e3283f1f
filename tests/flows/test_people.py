"""Who is who: joining, parting, shared mailboxes, and whom no register knows."""

from __future__ import annotations

import hashlib

import pytest
import sqlalchemy as sa
from flows.worlds import SITE, START, completion, voiding

from lrs_bridge.errors import BadInput, Conflict, NotFound
from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.flows import people
from lrs_bridge.flows.recompute import history_now
from lrs_bridge.store import people as people_store
from lrs_bridge.store import people as store
from lrs_bridge.store import projections
from lrs_bridge.store.schema import alerts, identifiers, learners

ASHA = "mailto:asha@example.org"
ACCOUNT = f"{SITE}|4711"
BADGE = "https://licensing.example.org|D-17"


def take_in(world, *rows):
    text = "".join(f"{row}\n" for row in rows)
    return world.take_in("people", f"person,identifiers,organisation,area\n{text}")


def who(world):
    """The identifiers of each person, and how many completions are credited to them."""
    world.recompute()
    return {person: len(body["evidence"]) for person, body in world.standings().items()}


@pytest.fixture
def two(world):
    """Asha by her address, from the people file; and an account that nobody has named."""
    take_in(world, "Asha Rao,asha@example.org,School,essex")
    world.send(completion(ACCOUNT, "induction", START), completion(ASHA, "escb_basic", START))
    world.recompute()
    return world


def test_a_join_brings_both_histories_together_and_a_parting_takes_them_apart(two):
    before = two.standings()
    decided = two.decide("asha@example.org", ACCOUNT, same=True)
    assert (decided.identifiers, decided.are_one, decided.was_so) == ((ASHA, ACCOUNT), True, False)
    assert who(two) == {frozenset({ASHA, ACCOUNT}): 2}
    decided = two.decide(ACCOUNT, "asha@example.org", same=False)
    assert (decided.are_one, decided.was_so) == (False, True)
    two.recompute()
    assert two.standings() == before


def test_a_decision_outranks_the_people_file_until_the_next_decision(two):
    row = f"Asha Rao,asha@example.org; {ACCOUNT},School,essex"
    take_in(two, row)
    assert two.decide(ASHA, ACCOUNT, same=False).was_so
    take_in(two, row)
    assert who(two) == {frozenset({ASHA}): 1, frozenset({ACCOUNT}): 1}
    assert two.decide(ASHA, ACCOUNT, same=True).are_one
    assert who(two) == {frozenset({ASHA, ACCOUNT}): 2}


def test_a_join_that_a_parting_forbids_is_kept_and_holds_once_the_parting_is_lifted(two):
    two.send(completion("mailto:a.rao@example.org", "induction", START))
    two.recompute()
    two.decide(ASHA, ACCOUNT, same=False)
    two.decide(ACCOUNT, "a.rao@example.org", same=True)
    assert not two.decide(ASHA, "a.rao@example.org", same=True).are_one
    assert two.decide(ASHA, ACCOUNT, same=True).are_one
    assert who(two) == {frozenset({ASHA, ACCOUNT, "mailto:a.rao@example.org"}): 3}


def test_an_e_mail_is_met_whatever_its_capitals(two):
    assert two.decide("ASHA@example.org", ACCOUNT, same=True).identifiers == (ASHA, ACCOUNT)


def test_a_shared_mailbox_is_nobody_in_particular(world):
    take_in(world, "Asha Rao,desk@example.org,School,essex")
    digest = "sha1:" + hashlib.sha1(b"mailto:desk@example.org").hexdigest()
    world.send(completion(digest, "induction", START))
    assert who(world) == {frozenset({"mailto:desk@example.org", digest}): 1}
    assert world.share("Desk@Example.org")
    assert not world.share("desk@example.org"), "it was recorded before"
    assert set(who(world)) == {frozenset({"mailto:desk@example.org"}), frozenset({digest})}
    assert world.share("desk@example.org", shared=False)
    assert set(who(world)) == {frozenset({"mailto:desk@example.org", digest})}


def test_a_licence_badge_is_an_account_and_joins_by_the_people_file(world):
    world.take_in(
        "organisations",
        "organisation,areas,home_page\nTendring Licensing,essex,https://licensing.example.org\n",
    )
    take_in(world, "Ben Hale,ben@example.org; Tendring Licensing|D-17,Harwich Cabs,essex")
    world.send(completion(BADGE, "induction", START))
    assert who(world) == {frozenset({"mailto:ben@example.org", BADGE}): 1}


def shown(world, identifier):
    return world.database.read(lambda session: people.show(session, identifier))


def test_what_leads_to_a_person_is_shown_with_who_said_so_and_what_is_outranked(two):
    take_in(two, f"Asha Rao,asha@example.org; {ACCOUNT},School,essex")
    (proof,) = shown(two, "asha@example.org")["proofs"]
    assert (proof["kind"], proof["holds"], proof["same"]) == ("people_file", True, True)
    two.decide(ASHA, ACCOUNT, same=False)
    body = shown(two, "asha@example.org")
    assert [one["identifier"] for one in body["identifiers"]] == [ASHA]
    told = {one["kind"]: (one["same"], one["holds"], one["reason"], one["source"]) for one in body["proofs"]}
    assert told["by_hand"] == (False, True, "asked", "test")
    assert told["people_file"][:2] == (True, False)


def test_who_has_no_post_is_listed_with_what_they_completed(two):
    (one,) = two.database.read(people.unknown)
    assert (one.identifiers, one.completed) == ((ACCOUNT,), {"induction": START})
    two.decide(ASHA, ACCOUNT, same=True)
    two.recompute()
    assert two.database.read(people.unknown) == []


def test_the_unknown_come_in_pages(world):
    world.send(*(completion(f"{SITE}|u{number}", "induction", START) for number in range(5)))
    world.recompute()
    seen, after = [], 0
    while page := world.database.read(lambda session: people.unknown(session, after=after, limit=2)):  # noqa: B023
        assert len(page) <= 2
        seen += [one.identifiers[0] for one in page]
        after = page[-1].learner
    assert sorted(seen) == [f"{SITE}|u{number}" for number in range(5)]
    assert len(set(seen)) == 5


def test_who_was_joined_to_another_a_moment_ago_is_not_acted_on_alone(two):
    def younger(session):
        return max(store.learners_by_identifier(session, [ASHA, ACCOUNT]).values())

    number = two.database.read(younger)
    two.decide(ASHA, ACCOUNT, same=True)
    mappings = two.database.read(lambda session: mapping_flow.in_force(session, two.settings.calendar))
    with pytest.raises(Conflict, match="do it again"):
        two.database.write(lambda session: history_now(session, number, mappings, two.now))


class TestRefusals:
    def test_nobody_known(self, two):
        with pytest.raises(NotFound, match=r"Nobody is known by mailto:nobody@example\.org"):
            two.decide(ASHA, "nobody@example.org", same=True)

    def test_one_identifier(self, two):
        with pytest.raises(Conflict, match="one identifier"):
            two.decide(ASHA, "asha@example.org", same=True)

    @pytest.mark.parametrize("reason", ["", "  "])
    def test_without_a_reason(self, two, reason):
        def journey(session):
            people.decide(session, ASHA, ACCOUNT, same=True, reason=reason, who="test", now=START)

        with pytest.raises(BadInput, match="reason"):
            two.database.write(journey)

    def test_a_mailbox_that_is_none(self, two):
        with pytest.raises(BadInput, match="no e-mail address"):
            two.share(ACCOUNT)


# --- what a parting gives back beside evidence ------------------------------------------------------------------------

BOARD = "ann.lowe@board.example"


def names(world):
    found = sa.select(identifiers.c.text, learners.c.name).join(
        learners, learners.c.id == identifiers.c.learner_id
    )
    return world.database.read(lambda session: dict(map(tuple, session.execute(found))))


def alerts_told(world):
    return world.database.read(lambda session: list(session.scalars(sa.select(alerts.c.kind))))


@pytest.mark.parametrize("first", [ASHA, ACCOUNT])
def test_a_name_goes_with_the_identifier_that_brought_it(world, first):
    """Whichever was met first, whose number both have while they are joined."""
    world.send(completion(first, "induction", START))
    world.recompute()
    world.send(completion(ACCOUNT, "escb_basic", START))
    world.recompute()
    take_in(world, "Asha Rao,asha@example.org,School,essex")
    world.decide(ASHA, ACCOUNT, same=True)
    assert names(world) == {ASHA: "Asha Rao", ACCOUNT: "Asha Rao"}
    world.decide(ASHA, ACCOUNT, same=False)
    assert names(world) == {ASHA: "Asha Rao", ACCOUNT: ""}


@pytest.mark.parametrize("champion", ["asha", "ben"])
@pytest.mark.parametrize("when", ["before", "meanwhile"])
def test_a_mistaken_join_of_a_champion_tells_the_board_nothing(world, champion, when):
    """Whether the champion's number is the one that both had, and whether they were champions already."""
    take_in(world, "Asha Rao,asha@example.org,School,essex", "Ben Cole,ben@example.org,School,essex")
    register = (
        "person,identifiers,organisation,area,status,since,decided_by\n"
        f"{champion},{champion}@example.org,School,essex,registered,2015-09-01,{BOARD}\n"
    )
    if when == "before":
        world.take_in("champions", register)
    world.recompute()
    world.decide("asha@example.org", "ben@example.org", same=True)
    world.recompute()
    if when == "meanwhile":
        world.take_in("champions", register)
        world.recompute()
    world.decide("asha@example.org", "ben@example.org", same=False)
    world.recompute()
    assert alerts_told(world) == []
    world.champion("leave", f"{champion}@example.org", "essex")
    world.recompute()
    assert alerts_told(world) == ["champion_left"]


def test_who_is_set_aside_and_joined_is_no_longer_set_aside(two):
    gone = two.database.read(lambda session: people_store.learner_with(session, ACCOUNT))
    two.database.write(lambda session: projections.put_aside(session, "learner", gone, "a test", two.now))
    two.decide(ASHA, ACCOUNT, same=True)
    two.recompute()
    assert two.database.read(projections.aside) == []


def test_whose_only_completion_is_voided_is_not_listed_as_unknown(world):
    one = completion(ACCOUNT, "induction", START)
    world.send(one)
    world.recompute()
    assert [person.identifiers for person in world.database.read(people.unknown)] == [(ACCOUNT,)]
    world.send(voiding(one["id"]))
    world.recompute()
    assert world.database.read(people.unknown) == []


def test_of_spellings_that_were_parted_the_one_met_first_is_found(world):
    spellings = ["mailto:Asha@example.org", ASHA]
    for one in spellings:
        world.send(completion(one, "induction", START))
        world.recompute()
    world.decide(*spellings, same=False)
    take_in(world, "Asha Rao,Asha@example.org,School,essex")  # so that its row is the one written last
    by_another = world.database.read(
        lambda session: people_store.learner_with(session, "mailto:ASHA@example.org")
    )
    exactly = world.database.read(lambda session: people_store.learner_with(session, spellings[0]))
    assert by_another == exactly

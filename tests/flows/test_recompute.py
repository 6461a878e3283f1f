"""What happens when mappings change, joins race and something can't be computed."""

import re
import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flows.worlds import SITE, START, World, completion, shipped_files

from lrs_bridge.flows import recompute as recomputing
from lrs_bridge.flows.recompute import compute, match_pending, recompute
from lrs_bridge.store import identity, people, projections, timetable
from lrs_bridge.store.schema import alerts, identifiers, learners, set_aside

ASHA = f"{SITE}|asha"


def make_eligible(world, name="asha"):
    mail = f"{name}@example.org"
    world.take_in(
        "people",
        f"person,identifiers,organisation,area,required_tier\n{name},{mail}; {SITE}|{name},School,essex,T1\n",
    )
    rows = "".join(
        f"{mail},{key},School,essex,head@example.org,2026-02-01\n"
        for key in ("manager_support", "working_knowledge")
    )
    world.take_in("attestations", f"person,attestation,organisation,area,by,date\n{rows}")
    world.take_in("memberships", f"person,membership,checked,source\n{mail},nwg,2026-02-01,list\n")
    for course in ("escb_basic", "set_toolbox", "safeguarding_l2"):
        world.send(completion(f"{SITE}|{name}", course, START - timedelta(days=9)))


def told(world):
    found = sa.select(alerts.c.kind).order_by(alerts.c.decided_at, alerts.c.id)
    return world.database.read(lambda session: list(session.scalars(found)))


def renamed(files):
    """Our own name for a course changed in every file; the Moodle course keeps its idnumber. Nothing changes for anybody."""
    changed = {path: text.replace("escb_basic", "escb_awareness") for path, text in files.items()}
    moodle = changed["sources/moodle.yaml"]
    changed["sources/moodle.yaml"] = re.sub(r'(external-id"?: *)escb_awareness', r"\1escb_basic", moodle)
    return changed


def test_a_renamed_course_tells_the_board_nothing(world):
    """Half of the evidence matched by the old rules must never be judged by the new ones."""
    make_eligible(world)
    world.recompute()
    for number in range(450):
        world.send(completion(f"{SITE}|other{number % 3}", "induction", START, number=number))
    world.send(completion(ASHA, "safeguarding_l3", START - timedelta(days=1)))
    world.recompute()
    assert told(world) == ["became_eligible"]
    world.put_mappings(renamed(shipped_files()))
    world.send(completion(ASHA, "induction", START))  # fresh work in the middle
    world.recompute()
    assert told(world) == ["became_eligible"]
    assert world.verify().differences == []
    (asha,) = [body for person, body in world.standings().items() if ASHA in person]
    assert "escb_awareness" in {one["course"] for one in asha["evidence"]}


def test_fresh_work_is_judged_by_new_rules_before_the_rest_is_matched_anew(world):
    for number in range(recomputing.STATEMENTS_AT_ONCE + 50):
        world.send(completion(f"{SITE}|other{number % 3}", "induction", START, number=number))
    world.send(completion(ASHA, "escb_missing", START))
    world.recompute()
    files = shipped_files()
    files["sources/moodle.yaml"] = files["sources/moodle.yaml"].replace(
        "course: escb_missing", "course: escb_basic"
    )
    world.put_mappings(files)
    world.send(completion(ASHA, "induction", START))
    chunks = []
    recompute(
        world.database, world.settings, world.clock, stop=lambda: len(chunks) > 1, progress=chunks.append
    )
    assert world.database.read(timetable.in_force).is_rematching
    (asha,) = [body for person, body in world.standings().items() if ASHA in person]
    assert asha["tier"]["attained"] == "T2"


def test_a_change_of_mappings_reaches_people_without_any_evidence(world):
    world.take_in(
        "people",
        "person,identifiers,organisation,area,required_tier\nAsha,asha@example.org,School,essex,T1\n",
    )
    world.recompute()
    files = shipped_files()
    files["frameworks/escb.yaml"] = files["frameworks/escb.yaml"].replace(
        "text: what CSE is", "text: what it is"
    )
    world.put_mappings(files)
    world.recompute()
    (body,) = world.standings().values()
    assert body["tier"]["missing"][0]["text"] == "what it is"
    assert world.verify().differences == []


def test_a_change_of_mappings_computes_each_learner_once(world):
    for number in range(600):
        world.send(completion(f"{SITE}|user{number % 20}", "induction", START, number=number))
    world.recompute()
    files = shipped_files()
    files["frameworks/escb.yaml"] += "# nothing changed\n"
    world.put_mappings(files)
    done = recompute(world.database, world.settings, world.clock)
    assert (done.rematched, done.learners) == (600, 20)


def test_nothing_is_matched_or_computed_by_mappings_that_were_replaced(world):
    world.send(completion(ASHA, "induction", START))
    old = world.database.read(
        lambda session: recomputing.mapping_flow.in_force(session, world.settings.calendar)
    )
    files = shipped_files()
    files["frameworks/escb.yaml"] += "# another digest\n"
    world.put_mappings(files)
    assert world.database.write(lambda session: match_pending(session, old, world.now)) == 0
    world.recompute()
    world.send(completion(ASHA, "escb_basic", START))
    numbers = world.database.read(lambda session: projections.learners_after(session, 0, 10))
    world.database.write(lambda session: people.mark_pending(session, numbers, world.now))
    computed = world.database.write(lambda session: compute(session, numbers, old, world.settings, world.now))
    assert computed == 0


def test_one_that_cannot_be_computed_is_set_aside_and_the_rest_goes_on(world, monkeypatch):
    judge = recomputing.standing_of

    def fails_for_asha(history, mappings, now):
        if ASHA in history.identifiers:
            raise ZeroDivisionError("a bug")
        return judge(history, mappings, now)

    monkeypatch.setattr(recomputing, "standing_of", fails_for_asha)
    world.send(completion(ASHA, "induction", START), completion(f"{SITE}|ben", "induction", START))
    world.recompute()
    assert [sorted(person) for person in world.standings()] == [[f"{SITE}|ben"]]
    (row,) = world.database.read(lambda session: session.execute(sa.select(set_aside)).all())
    assert (row.kind, row.reason) == ("learner", "ZeroDivisionError: a bug")
    monkeypatch.undo()
    world.send(completion(ASHA, "escb_basic", START))
    world.recompute()
    assert len(world.standings()) == 2
    assert world.database.read(lambda session: session.execute(sa.select(set_aside)).all()) == []


def test_a_statement_that_cannot_be_matched_is_set_aside(world, monkeypatch):
    matches = recomputing.matches_of

    def fails(one, mappings):
        if "escb_basic" in one.body:
            raise KeyError("unforeseen")
        return matches(one, mappings)

    monkeypatch.setattr(recomputing, "matches_of", fails)
    world.send(completion(ASHA, "escb_basic", START), completion(ASHA, "induction", START))
    world.recompute()
    (row,) = world.database.read(lambda session: session.execute(sa.select(set_aside)).all())
    assert (row.kind, row.reason) == ("statement", "KeyError: 'unforeseen'")
    assert [one["course"] for one in next(iter(world.standings().values()))["evidence"]] == ["induction"]


@pytest.mark.parametrize("known_before", [False, True])
def test_who_may_not_speak_for_somebody_does_not_name_them(world, known_before):
    """A name tells who is meant; that of somebody else would mislead everybody who reads it."""
    mail, club = "mailto:asha@council.example", world.add_client("https://club.example")

    def says(name, number, **more):
        statement = completion(mail, "induction", START, number=number)
        return {**statement, "actor": {**statement["actor"], "name": name}, **more}

    def names():
        world.recompute()
        return set(world.database.read(lambda session: people.known_as(session, [mail]))[mail].values())

    if known_before:
        world.send(completion(mail, "escb_basic", START))
        assert names() == {""}
    group = {"objectType": "Group", "member": [{"mbox": mail, "name": "Wrong Name"}]}
    world.send(says("Wrong Name", 1), says("", 2, actor=group), sender=club)
    assert names() == {""}
    world.send(says("Asha Rao", 3))
    assert names() == {"Asha Rao"}


@pytest.mark.parametrize(("members", "listed"), [(3, True), (40_000, False)])
def test_a_group_is_shown_to_its_members_unless_it_is_a_crowd(world, members, listed):
    member = [{"account": {"homePage": SITE, "name": f"user{number}"}} for number in range(members)]
    group = completion(ASHA, "induction", START, number=1) | {
        "actor": {"objectType": "Group", "member": member}
    }
    world.send(group)
    world.send(completion(ASHA, "induction", START))
    world.recompute()
    asha = world.standings()[frozenset({ASHA})]
    assert asha["tier"]["attained"] == "T1"
    if listed:
        one_of_them = world.standings()[frozenset({f"{SITE}|user2"})]
        assert [(one["counts"], one["because"]) for one in one_of_them["evidence"]] == [
            (False, "the statement's actor is a Group, so nobody in particular did it")
        ]
    assert len(world.standings()) == (1 + members if listed else 1)


# --- races, on PostgreSQL ---------------------------------------------------------------------------------------------


def learners_of(world):
    found = sa.select(identifiers.c.text, identifiers.c.learner_id)
    return world.database.read(lambda session: {row.text: row.learner_id for row in session.execute(found)})


def test_equal_mail_first_seen_in_two_transactions_at_once_is_joined(postgres_url):
    world = World(postgres_url)
    engine = world.database.engine
    with engine.connect() as one, one.begin(), engine.connect() as other, other.begin():
        for session, text in ((one, "mailto:Ann@example.org"), (other, "mailto:ann@example.org")):
            number = people.learn(session, [people.Sighting(text)], world.now)[text]
            people.mark_pending(session, people.learner_numbers(session, [number]).values(), world.now)
    assert len(set(learners_of(world).values())) == 2
    world.recompute()
    assert len(set(learners_of(world).values())) == 1
    world.close()


def test_joins_that_cross_lose_nobody(postgres_url):
    world = World(postgres_url)
    texts = [f"{SITE}|{name}" for name in "abc"]
    numbers = world.database.write(
        lambda session: people.learn(session, [people.Sighting(text) for text in texts], world.now)
    )
    a, b, c = (numbers[text] for text in texts)

    def join(one, other):
        return lambda session: identity.prove(
            session, [(one, other)], kind="people_file", source="test", now=world.now
        )

    waiting = threading.Thread(target=lambda: world.database.write(join(b, c)))
    with world.database.engine.connect() as session, session.begin():
        join(a, b)(session)
        waiting.start()
        waiting.join(0.5)
        assert waiting.is_alive(), "the second join should wait for the first"
    waiting.join()
    assert len(set(learners_of(world).values())) == 1
    world.close()


def test_work_that_lands_on_a_learner_just_joined_reaches_the_survivor(world):
    numbers = world.database.write(
        lambda session: people.learn(
            session, [people.Sighting(ASHA), people.Sighting(f"{SITE}|ben")], world.now
        )
    )
    younger = max(learners_of(world).values())
    world.database.write(
        lambda session: identity.prove(
            session, [tuple(numbers.values())], kind="people_file", source="test", now=world.now
        )
    )
    world.recompute()
    world.database.write(lambda session: session.execute(sa.text("DELETE FROM standings")))
    world.database.write(lambda session: people.mark_pending(session, [younger], world.now))
    world.recompute()
    assert set(world.standings()) == {frozenset({ASHA, f"{SITE}|ben"})}
    assert world.database.read(
        lambda session: session.scalar(sa.select(learners.c.joined_into).where(learners.c.id == younger))
    ) == min(learners_of(world).values())

"""From the line manager's letter to the register, on pages: the whole way, and what the Board and the learner are told on it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from builders import SHIPPED_MAPPINGS, completion, read_folder
from web.test_manager_letters import BOSS, YES, asks, cancel, link_in, says, sent_to, tell
from web.visitors import COORDINATOR, LEARNER, OFFICER, OTHER_LEARNER

from lrs_bridge.flows import by_hand, champion
from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.flows import people as people_flow
from lrs_bridge.flows.announce import announce
from lrs_bridge.flows.deliver import deliver
from lrs_bridge.store import news
from lrs_bridge.store.alert_tables import alerts

PAGE = "/me/champion/essex"
BOARD = "cse@essex-board.test"


@pytest.fixture
def essex(town_with):
    """A town whose Boards in Essex and Thurrock have an address, and its mail server."""
    files = {
        path: text.replace("cse-champions@essex-lscb.example", BOARD).replace(
            "cse-champions@thurrock-lscb.example", "cse@thurrock-board.test"
        )
        for path, text in read_folder(SHIPPED_MAPPINGS).items()
    }
    return town_with(mappings=files, alert_settling_minutes=0)


def learns(town, *courses, who=LEARNER, days=3):
    happened = town.bridge.clock() - timedelta(days=days)
    town.bridge.stored(*(completion(f"mailto:{who}", course, happened) for course in courses))
    town.bridge.recompute()


def joins(town, who=LEARNER):
    town.bridge.import_csv(
        "memberships", f"person,membership,checked,source\n{who},nwg,2026-02-20,NWG list\n"
    )
    town.bridge.recompute()


def nearly(town):
    """All but the manager's word."""
    learns(town, "safeguarding_l2", "escb_basic", "set_toolbox")
    joins(town)


def vouched(town, organisation="Colne Primary School", area="essex", who=LEARNER):
    town.bridge.import_csv(
        "attestations",
        "person,attestation,organisation,area,by,date\n"
        f"{who},manager_support,{organisation},{area},{BOSS},2026-02-25\n"
        f"{who},working_knowledge,{organisation},{area},{BOSS},2026-02-25\n",
    )
    town.bridge.recompute()


def time_passes(town):
    """What the timetable does in a minute."""
    bridge = town.bridge
    bridge.clock.advance(timedelta(minutes=1))
    bridge.recompute()
    announce(bridge.database, bridge.settings, bridge.clock)
    deliver(bridge.database, bridge.settings, bridge.clock)
    tell(town)


def decides(town, act, note="", area="essex"):
    def journey(session):
        asked = champion.Asked(
            act, f"mailto:{LEARNER}", area, town.bridge.clock(), by="ann.lowe@essex.example", note=note
        )
        keeping = by_hand.Keeping(town.bridge.settings.public_url, "the Board", town.bridge.clock())
        mappings = mapping_flow.in_force(session, town.bridge.settings.calendar)
        return champion.act(session, asked, mappings, keeping)

    done = town.bridge.database.write(journey)
    time_passes(town)
    return done


def presses(town, path, who=LEARNER, **fields):
    browser = town.browser(who)
    return browser.post(path, **fields)


def noticed(page):
    """What the notice at the top of the page says."""
    found = re.search(r'<div class="notice" role="status">(.*?)</div>', page, re.DOTALL)
    assert found, "no notice"
    assert found.start() < page.index("<h1")
    return " ".join(re.sub(r"<[^>]+>", "", found[1]).split())


def kinds(town):
    look = sa.select(alerts.c.area, alerts.c.kind).order_by(alerts.c.decided_at)
    return [tuple(row) for row in town.bridge.database.read(lambda session: session.execute(look).all())]


def test_the_whole_way(essex):
    town, smtp = essex
    nearly(town)
    mine = town.browser(LEARNER)
    assert 'href="/me/champion/essex">Become a CSE Champion' in mine.get("/me").text
    page = mine.get(PAGE).text
    assert "When every standard is met, we tell you by e-mail" in page
    assert "Send my request" not in page

    asks(town)
    says(town, link_in(sent_to(smtp, BOSS)[0]), **YES)
    assert "is being worked out" in mine.get(PAGE).text
    time_passes(town)
    subjects = [one["Subject"].strip() for one in sent_to(smtp, LEARNER)]
    assert sorted(subjects) == [
        "You meet every standard to be a CSE Champion in Essex",
        "Your line manager has answered: CSE Champion",
    ]
    assert [one["Subject"] for one in sent_to(smtp, BOARD)] == ["Eligible as CSE Champion: Asha Rao (Essex)"]
    assert "Send your request to the Board" in mine.get("/me").text
    page = mine.get(PAGE).text
    assert "You meet every standard for your post at Colne Primary School" in page
    assert "It is on record." not in page

    page = mine.post(f"{PAGE}/request").text
    assert "is being worked out" in page
    assert "Your request was sent on 2 Mar 2026." in noticed(page)
    assert "You have asked the Board to register you" in page
    assert "Your request was sent on 2 Mar 2026." in noticed(mine.get(PAGE).text)
    time_passes(town)
    page = mine.get(PAGE).text
    assert "You sent it on 2 Mar 2026" in page
    assert "Send my request" not in page
    assert kinds(town) == [("essex", "became_eligible"), ("essex", "requested")]

    decides(town, "return", note="Please come to the induction first.")
    page = mine.get(PAGE).text
    assert "returned it on 2 Mar 2026" in page
    assert "Please come to the induction first." in page
    mine.post(f"{PAGE}/request")
    time_passes(town)
    decides(town, "register")
    page = mine.get(PAGE).text
    assert "<h1>CSE Champion in Essex</h1>" in page
    assert "You are a CSE Champion" in page
    assert "Send my request" not in page
    assert kinds(town)[2:] == [("essex", "requested")]
    assert [one["Subject"].strip() for one in sent_to(smtp, LEARNER)] == subjects
    assert town.bridge.differences() == []


class TestBeingTold:
    def test_once_for_each_time(self, essex):
        town, smtp = essex
        nearly(town)
        vouched(town)
        for _ in range(3):
            time_passes(town)
        assert len(sent_to(smtp, LEARNER)) == 1
        refuse(town)
        time_passes(town)
        vouched_again(town)
        time_passes(town)
        assert len(sent_to(smtp, LEARNER)) == 2

    def test_not_before_it_settles_and_not_if_it_reverses(self, town_with):
        files = {
            path: text.replace("cse-champions@essex-lscb.example", BOARD)
            for path, text in read_folder(SHIPPED_MAPPINGS).items()
        }
        town, smtp = town_with(mappings=files)
        nearly(town)
        vouched(town)
        time_passes(town)
        assert sent_to(smtp, LEARNER) == []
        refuse(town)
        town.bridge.clock.advance(timedelta(hours=1))
        time_passes(town)
        assert sent_to(smtp, LEARNER) == []

    def test_not_by_a_rebuild(self, essex):
        town, smtp = essex
        nearly(town)
        vouched(town)
        time_passes(town)
        from lrs_bridge.flows.verify import rebuild

        rebuild(town.bridge.database)
        time_passes(town)
        assert len(sent_to(smtp, LEARNER)) == 1

    def test_not_of_a_mass_that_somebody_has_to_release(self, town_with):
        files = {
            path: text.replace("cse-champions@essex-lscb.example", BOARD)
            for path, text in read_folder(SHIPPED_MAPPINGS).items()
        }
        town, smtp = town_with(mappings=files, alert_settling_minutes=0, alerts_held_above=1)
        other = "bea.lind@colne.example"
        for who in (LEARNER, other):
            learns(town, "safeguarding_l2", "escb_basic", "set_toolbox", who=who)
            vouched(town, who=who)
        town.bridge.import_csv(
            "memberships",
            "person,membership,checked,source\n"
            f"{LEARNER},nwg,2026-02-20,NWG list\n{other},nwg,2026-02-20,NWG list\n",
        )
        time_passes(town)
        [waits] = town.bridge.database.read(news.groups)
        assert waits.held
        town.bridge.database.write(
            lambda session: news.decide(
                session, "essex", waits.cause, "release", reason="fine", who="op", now=town.bridge.clock()
            )
        )
        time_passes(town)
        assert len(sent_to(smtp, BOARD)) == 2
        assert sent_to(smtp, LEARNER) == sent_to(smtp, other) == []

    def test_not_who_has_asked_already(self, essex):
        town, smtp = essex
        nearly(town)
        vouched(town)
        presses(town, f"{PAGE}/request")
        time_passes(town)
        assert kinds(town) == [("essex", "requested")]
        assert sent_to(smtp, LEARNER) == []

    def test_not_in_a_mailbox_that_several_people_read(self, essex):
        town, smtp = essex
        nearly(town)
        vouched(town)
        town.bridge.database.write(
            lambda session: people_flow.share(
                session, LEARNER, shared=True, reason="the desk", who="op", now=town.bridge.clock()
            )
        )
        time_passes(town)
        assert kinds(town) == [("essex", "became_eligible")]
        assert sent_to(smtp, LEARNER) == []


def refuse(town):
    """A later no by the manager."""
    town.bridge.import_csv(
        "attestations",
        "person,attestation,organisation,area,by,date,answer\n"
        f"{LEARNER},manager_support,Colne Primary School,essex,{BOSS},2026-02-26,no\n",
    )
    town.bridge.recompute()


def vouched_again(town):
    town.bridge.import_csv(
        "attestations",
        "person,attestation,organisation,area,by,date\n"
        f"{LEARNER},manager_support,Colne Primary School,essex,{BOSS},2026-02-27\n",
    )
    town.bridge.recompute()


class TestTheRequest:
    def test_needs_every_standard(self, essex):
        town, _ = essex
        nearly(town)
        answer = presses(town, f"{PAGE}/request")
        assert answer.status_code == 409
        assert "not every standard is met" in answer.text
        assert "The line manager&#39;s support." in answer.text
        assert answer.text.index("not every standard is met") < answer.text.index("<h1")
        time_passes(town)
        assert "requested" not in [kind for _, kind in kinds(town)]

    def test_twice_is_once(self, essex):
        town, _ = essex
        nearly(town)
        vouched(town)
        assert presses(town, f"{PAGE}/request").status_code == 200
        town.bridge.clock.advance(timedelta(seconds=1))
        before = town.bridge.count()
        again = presses(town, f"{PAGE}/request")
        assert (again.status_code, again.request.path) == (200, PAGE)
        assert "Your request was sent on 2 Mar 2026." in noticed(again.text)
        assert town.bridge.count() == before

    def test_can_be_withdrawn(self, essex):
        town, _ = essex
        nearly(town)
        vouched(town)
        presses(town, f"{PAGE}/request")
        time_passes(town)
        presses(town, f"{PAGE}/withdraw")
        time_passes(town)
        assert kinds(town)[-1] == ("essex", "request_withdrawn")
        page = town.browser(LEARNER).get(PAGE).text
        assert "Send my request to the Board" in page
        assert "You withdrew your request on 2 Mar 2026." in noticed(page)
        assert "You withdrew your request" in noticed(presses(town, f"{PAGE}/withdraw").text)

    def test_that_was_never_sent_can_not_be_withdrawn(self, essex):
        town, _ = essex
        answer = presses(town, f"{PAGE}/withdraw")
        assert answer.status_code == 409
        assert "There is a problem" in answer.text
        assert "nothing to withdraw" in answer.text
        assert "<h1>Become a CSE Champion in Essex</h1>" in answer.text

    def test_says_who_asked(self, essex):
        town, _ = essex
        nearly(town)
        vouched(town)
        presses(town, f"{PAGE}/request")
        reader = town.bridge.credential("moodle", "all/read")
        verb = "tag:lrs-bridge,2026:request"
        [record] = town.bridge.get(sender=reader, verb=verb).get_json()["statements"]
        assert record["authority"]["account"]["name"] == LEARNER


@pytest.fixture
def registered(essex):
    town, smtp = essex
    nearly(town)
    vouched(town)
    presses(town, f"{PAGE}/request")
    time_passes(town)
    decides(town, "register")
    return town, smtp


class TestWhatIsMissing:
    def told(self, page):
        return " ".join(re.sub(r"<[^>]+>", " ", page).replace("&#39;", "'").split())

    def test_what_is_needed_together_is_told_apart_from_a_choice(self, town):
        mine = town.browser(LEARNER)
        for page in (mine.get(PAGE).text, mine.get("/me").text):
            told = self.told(page)
            assert (
                "with good working knowledge Both are needed: the course “Safeguarding level 2” or the course"
                " “Safeguarding level 3”; and your line manager's word: Good working knowledge of safeguarding"
            ) in told
            assert "Basic CSE awareness, online or face to face What meets it: the course “ESCB basic" in told
            assert (
                "you join the NWG, and your training coordinator or the Board checks and records it" in told
            )

    def test_what_is_there_already_is_not_told_as_needed(self, town):
        learns(town, "safeguarding_l3")
        told = self.told(town.browser(LEARNER).get(PAGE).text)
        assert "What meets it: your line manager's word: Good working knowledge" in told
        assert "Safeguarding level 3” " not in told

    def test_officers_and_coordinators_read_the_same_about_somebody(self, town):
        where = town.learner(LEARNER)
        for who, page in (
            (OFFICER, f"/boards/essex/people/{where}"),
            (COORDINATOR, f"/organisations/{town.organisation('Colne Primary School')}/people/{where}"),
        ):
            told = self.told(town.browser(who).get(page).text)
            assert "Both are needed: the course “Safeguarding level 2” or the course" in told
            assert "they join the NWG, and a training coordinator or the Board checks and records it" in told


class TestTheRole:
    def test_ends_when_the_champion_leaves(self, registered):
        town, _ = registered
        mine = town.browser(LEARNER)
        page = mine.get(f"{PAGE}/leave").text
        assert "Tell the Board that I’m leaving" in page
        assert kinds(town)[-1] == ("essex", "requested")
        page = mine.post(f"{PAGE}/leave").text
        assert "You told the Board on 2 Mar 2026 that you are leaving." in noticed(page)
        assert "You are a CSE Champion" not in page
        assert "leaving" in noticed(mine.post(f"{PAGE}/leave").text)
        time_passes(town)
        assert kinds(town)[-1] == ("essex", "champion_left")
        page = mine.get(PAGE).text
        assert "no longer a CSE Champion" in page
        assert "Send my request to the Board" in page
        assert mine.get(f"{PAGE}/leave").status_code == 404
        again = mine.post(f"{PAGE}/leave", follow=False)
        assert (again.status_code, again.headers["Location"]) == (303, PAGE)

    def test_has_the_bulletin_until_the_champion_wants_none(self, registered):
        town, _ = registered
        mine, board = town.browser(LEARNER), town.browser(OFFICER)
        assert "Take me off the list" in mine.get(PAGE).text
        assert "Asha Rao" in board.get("/boards/essex/bulletin").text
        assert "You are not on the mailing list" in mine.post(f"{PAGE}/bulletin", wants="no").text
        [off] = [line for line in board.get("/boards/essex/bulletin").text.split("<tr") if "Asha Rao" in line]
        assert "Wants none" in off
        assert "You are on the mailing list" in mine.post(f"{PAGE}/bulletin", wants="yes").text

    def test_goes_on_in_another_area(self, registered):
        town, _ = registered
        add_post(town, "Grays Youth Club", "thurrock")
        mine = town.browser(LEARNER)
        page = mine.get(f"{PAGE}/elsewhere").text
        assert "Post at Grays Youth Club, Thurrock" in page
        assert "Colne Primary School, Essex</label>" not in page
        answer = mine.post(f"{PAGE}/elsewhere", to="thurrock/1")
        assert answer.request.path == "/me/champion/thurrock"
        time_passes(town)
        assert sorted(kinds(town)[-2:]) == [("essex", "champion_left"), ("thurrock", "requested")]
        assert "Ask for their word" in mine.get("/me/champion/thurrock").text
        assert town.bridge.differences() == []

    @pytest.mark.parametrize(
        ("organisation", "service_area"), [("Clacton School", ""), ("Colne Primary School", "Nursery")]
    )
    def test_goes_on_at_another_post_of_the_area(self, registered, organisation, service_area):
        town, _ = registered
        add_post(town, organisation, "essex", service_area)
        mine = town.browser(LEARNER)
        page = mine.get(f"{PAGE}/elsewhere").text
        [to] = [value for value in ("essex/1", "essex/2") if f'value="{value}"' in page]
        mine.post(f"{PAGE}/elsewhere", to=to)
        time_passes(town)
        assert kinds(town)[-1] == ("essex", "requested")
        state = town.bridge.explain(f"mailto:{LEARNER}")["eligibility"]["essex"]["champion"]
        assert (state["state"], state["organisation"], state["service_area"]) == (
            "requested",
            organisation,
            service_area,
        )
        assert state["note"] == "Was a CSE Champion at Colne Primary School, Essex"

    def test_goes_on_nowhere_where_it_is_held_already(self, registered):
        town, _ = registered
        add_post(town, "Grays Youth Club", "thurrock")
        vouched(town, organisation="Grays Youth Club", area="thurrock")
        presses(town, "/me/champion/thurrock/request")
        time_passes(town)
        decides(town, "register", area="thurrock")
        assert "No other post is on record" in town.browser(LEARNER).get(f"{PAGE}/elsewhere").text

    @pytest.mark.parametrize("to", ["", "essex/1", "thurrock/1", "kent/9"])
    def test_goes_on_nowhere_else(self, registered, to):
        town, _ = registered
        add_post(town, "Clacton School", "essex")
        answer = presses(town, f"{PAGE}/elsewhere", to="essex/2" if to == "essex/1" else to)
        assert answer.status_code == 400
        assert "Say where you are a CSE Champion now" in answer.text

    def test_without_another_post_the_page_says_what_to_do(self, registered):
        town, _ = registered
        assert "No other post is on record" in town.browser(LEARNER).get(f"{PAGE}/elsewhere").text

    @pytest.mark.parametrize("page", ["leave", "elsewhere"])
    def test_is_nobody_elses_to_give_up(self, registered, page):
        town, _ = registered
        assert town.browser(OTHER_LEARNER).get(f"{PAGE}/{page}").status_code == 404


def add_post(town, organisation, area, service_area=""):
    town.bridge.import_csv(
        "people",
        "person,identifiers,organisation,area,role,service_area\n"
        f"Asha Rao,{LEARNER},{organisation},{area},,{service_area}\n",
    )
    town.bridge.recompute()


def test_it_costs_as_many_questions_however_many_letters_were_sent(essex):
    town, _ = essex
    asked = []

    @sa.event.listens_for(town.bridge.database.engine, "before_cursor_execute")
    def note(*_arguments):
        asked.append(1)

    browser = town.browser(LEARNER)

    def questions():
        asked.clear()
        assert browser.get(PAGE).status_code == 200
        return len(asked)

    questions()  # the mapping files are read once
    before = questions()
    for number in range(3):
        asks(town, address=f"boss{number}@colne.example")
        cancel(town)
    town.bridge.recompute()
    assert questions() == before

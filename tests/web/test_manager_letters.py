"""The letter to a line manager: who may be asked, what the three answers come to, when it ends, and how it is taken back."""

from __future__ import annotations

import itertools
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa
from builders import SITE
from web.visitors import COORDINATOR, LEARNER, OPERATOR, OTHER_LEARNER, Wanted

from lrs_bridge.flows import ask_manager, notices, people
from lrs_bridge.jobs import JOBS
from lrs_bridge.store import audit
from lrs_bridge.store.letter_tables import manager_letters

BOSS = "tom.barker@colne.example"
PAGE, ASK = "/me/champion/essex", "/me/champion/essex/manager/1"
YES = {"manager": "yes", "support": "yes", "knowledge": "yes"}


def asks(town, *, address=BOSS, name="Tom Barker", who=LEARNER, path=ASK):
    """The answer to the form that the learner sends."""
    browser = town.browser(who)
    browser.get(path)
    return browser.post(path, name=name, address=address)


def link_in(message):
    """The path of the link to answer by."""
    return re.search(r"http://\S+?(/manager/\S+)", message.get_body(("plain",)).get_content())[1]


def says(town, link, **said):
    browser = town.browser()
    browser.get("/sign-in")  # for a token, where the link shows no form
    browser.get(link)
    return browser.post(link, **said)


def sent_to(smtp, address):
    return [one for one in smtp.messages if one["To"] == address]


def tell(town):
    return notices.send(town.bridge.database, town.bridge.settings, town.bridge.clock)


def remind(town):
    return ask_manager.remind(town.bridge.database, town.bridge.settings, town.bridge.clock)


def words(town):
    """Each attestation of the learner: key → (counts, why)."""
    town.bridge.recompute()
    found = town.bridge.explain(f"mailto:{LEARNER}")["evidence"]
    return {one["course"]: (one["counts"], one["because"]) for one in found}


def met(town):
    town.bridge.recompute()
    return set(town.bridge.explain(f"mailto:{LEARNER}")["eligibility"]["essex"]["met"])


@pytest.fixture
def asked(town, smtp):
    """The link of a letter that was sent."""
    answer = asks(town)
    assert answer.status_code == 200, answer.text
    return link_in(sent_to(smtp, BOSS)[0])


class TestTheLetter:
    def test_says_what_a_manager_needs_to_know(self, asked, smtp):
        [letter] = sent_to(smtp, BOSS)
        assert letter["Subject"] == "Asha Rao asks for your word: CSE Champion at Colne Primary School"
        for kind in ("plain", "html"):
            text = " ".join(letter.get_body((kind,)).get_content().split())
            for told in (
                "Asha Rao (Class teacher) would like to be a CSE Champion at Colne Primary School",
                "colleagues ask",
                "How much time it takes",
                "an update once a year",
                "Doing nothing is safe",
                "30 Mar 2026",
                "9 Mar 2026",
                asked,
            ):
                assert told in text, kind
            assert "T3" not in text

    def test_stands_on_the_learners_page(self, town, asked):
        page = town.browser(LEARNER).get(PAGE).text
        assert "You asked" in page
        assert f"Tom Barker ({BOSS})" in page
        assert "until 30 Mar 2026" in page
        assert "on 9 Mar 2026" in page
        assert "Ask for their word" not in page

    def test_is_on_record(self, town, asked):
        [note] = town.bridge.database.read(lambda session: audit.entries(session, limit=1))
        assert (note.who, note.act) == (LEARNER, "asked for the manager's word")
        assert BOSS in note.about

    def test_that_the_server_does_not_take_is_none(self, town, smtp):
        smtp.answers.append("550 5.1.1 nobody here")
        assert asks(town).status_code == 503
        assert "Ask for their word" in town.browser(LEARNER).get(PAGE).text

    def test_goes_to_whoever_is_on_record_and_to_nobody_else(self, town, smtp):
        on_record(town, BOSS)
        browser = town.browser(LEARNER)
        page = browser.get(ASK).text
        assert BOSS in page
        assert 'name="address"' not in page
        browser.post(ASK, name="A Friend", address="friend@elsewhere.example")
        assert [one["To"] for one in smtp.messages] == [BOSS]
        says(town, link_in(smtp.messages[0]), **YES)
        assert met(town) >= {"manager_support"}

    def test_goes_to_the_boards_stand_in_where_there_is_no_manager(self, make_bridge, town_with):
        from builders import SHIPPED_MAPPINGS, read_folder

        files = read_folder(SHIPPED_MAPPINGS)
        named = "    name: Essex\n    without_manager: [ann.lowe@essex.example]\n"
        changed = {
            path: text.replace("    name: Essex\n", named) if path.startswith("champions/") else text
            for path, text in files.items()
        }
        town, smtp = town_with(mappings=changed)
        on_record(town, "none")
        page = town.browser(LEARNER).get(ASK).text
        assert "The Board has named somebody who gives the word instead" in page
        assert "ann.lowe@essex.example" in page
        asks(town)
        [letter] = sent_to(smtp, "ann.lowe@essex.example")
        assert "has named you to give the word instead" in letter.get_body(("plain",)).get_content()
        assert (
            "Do you give the word on this person for the Board?" in town.browser().get(link_in(letter)).text
        )
        says(town, link_in(letter), **YES)
        assert "manager_support" in met(town)

    def test_goes_nowhere_where_the_board_names_nobody(self, town, smtp):
        on_record(town, "none")
        assert "The Board has named nobody who can" in town.browser(LEARNER).get(PAGE).text
        assert asks(town).status_code == 409
        assert smtp.messages == []

    def test_goes_nowhere_where_the_manager_has_no_address_on_record(self, town, smtp):
        on_record(town, f"{SITE}|4")
        assert "on record without an e-mail address" in town.browser(LEARNER).get(PAGE).text
        assert asks(town).status_code == 409
        assert smtp.messages == []


def on_record(town, manager):
    town.bridge.import_csv(
        "people",
        "person,identifiers,organisation,area,role,manager\n"
        f"Asha Rao,{LEARNER},Colne Primary School,essex,Class teacher,{manager}\n",
    )
    town.bridge.recompute()


class TestRefused:
    @pytest.mark.parametrize(
        "address", [LEARNER, LEARNER.upper(), "asha.rao+boss@colne.example", "a.rao@home.example"]
    )
    def test_is_the_learners_own_address_however_written(self, town, smtp, address):
        join(town, "a.rao@home.example")
        answer = asks(town, address=address)
        assert answer.status_code == 400
        assert "it is your own address" in answer.text
        assert f'value="{address}"' in answer.text
        assert smtp.messages == []

    def test_is_a_mailbox_that_several_people_read(self, town, smtp):
        share(town, BOSS)
        answer = asks(town)
        assert answer.status_code == 400
        assert "several people read that mailbox" in answer.text
        assert smtp.messages == []

    def test_is_an_own_address_on_record_too(self, town):
        on_record(town, BOSS)
        join(town, BOSS)
        assert "can&#39;t be asked: it is your own address" in town.browser(LEARNER).get(PAGE).text
        assert asks(town).status_code == 409

    def test_is_an_answer_once_the_address_is_the_learners_own(self, town, asked):
        join(town, BOSS)
        assert town.browser().get(asked).status_code == 410
        assert says(town, asked, **YES).status_code == 410
        assert words(town) == {}

    @pytest.mark.parametrize(
        "name",
        ["", " ", "x" * 81, "Win at http://bad.example", "Tom <b>", "www.bad.example", "a\u202eb", "tom@b"],
    )
    def test_is_what_is_no_name(self, town, smtp, name):
        answer = asks(town, name=name)
        assert answer.status_code == 400
        assert '<a href="#name">' in answer.text
        assert "There is a problem" in answer.text
        assert smtp.messages == []

    def test_is_no_name_as_long_as_a_letter(self, town, smtp):
        answer = asks(town, name="x" * 400)
        assert "The name is 400 characters long. Enter one of 80 characters or fewer" in answer.text
        assert "signs that names" not in answer.text

    @pytest.mark.parametrize("name", ["T. O’Brien-Smith", "J.R. Ewing", "علي حسن", "अनीता शर्मा"])
    def test_is_no_name_that_people_have(self, town, smtp, name):
        assert asks(town, name=name).status_code == 200
        assert len(smtp.messages) == 1

    @pytest.mark.parametrize(
        "address", ["", "tom", "tom@", "a@b.example, c@d.example", "a@b.example\nBcc: x@y.example"]
    )
    def test_is_what_is_no_address(self, town, smtp, address):
        answer = asks(town, address=address)
        assert answer.status_code == 400
        assert '<a href="#address">' in answer.text
        assert smtp.messages == []

    @pytest.mark.parametrize(
        "path", ["/me/champion/thurrock", "/me/champion/kent", "/me/champion/essex/manager/2"]
    )
    def test_is_where_they_hold_no_post(self, town, path):
        assert town.browser(LEARNER).get(path).status_code == 404

    def test_is_where_the_post_has_ended(self, town):
        ends(town)
        assert town.browser(LEARNER).get(PAGE).status_code == 404


def ends(town):
    town.bridge.import_csv(
        "people",
        "person,identifiers,organisation,area,role,until\n"
        f"Asha Rao,{LEARNER},Colne Primary School,essex,Class teacher,2026-03-01\n",
    )


def join(town, other):
    def journey(session):
        return people.decide(
            session, LEARNER, other, same=True, reason="one person", who="op", now=town.bridge.clock()
        )

    town.bridge.import_csv(
        "people", f"person,identifiers,organisation,area,role\nAsha Rao,{other},Colne Primary School,essex,\n"
    )
    town.bridge.database.write(journey)


def share(town, address):
    def journey(session):
        return people.share(
            session, address, shared=True, reason="the desk", who="op", now=town.bridge.clock()
        )

    town.bridge.database.write(journey)


class TestLimits:
    def test_one_letter_for_a_post_at_a_time(self, town, smtp, asked):
        again = asks(town, address="other@colne.example")
        assert (again.status_code, again.request.path) == (200, PAGE)
        notice = re.search(r'<div class="notice" role="status">(.*?)</div>', again.text, re.DOTALL)[1]
        said = " ".join(re.sub(r"<[^>]+>", "", notice).split())
        assert "The letter was sent to Tom Barker on 2 Mar 2026. They can answer until" in said
        assert len(smtp.messages) == 1

    def test_three_in_a_day(self, town, smtp):
        for number in range(3):
            assert asks(town, address=f"boss{number}@colne.example").status_code == 200
            cancel(town)
        answer = asks(town, address="boss4@colne.example")
        assert answer.status_code == 429
        assert answer.headers["Retry-After"] == "86400"
        assert len(smtp.messages) == 3
        town.bridge.clock.advance(timedelta(days=1))
        assert asks(town, address="boss4@colne.example").status_code == 200

    def test_three_to_one_address_within_four_weeks(self, town, smtp):
        for _ in range(3):
            assert asks(town).status_code == 200
            cancel(town)
            town.bridge.clock.advance(timedelta(days=2))
        assert asks(town).status_code == 429
        assert len(smtp.messages) == 3

    def test_strangers_of_all_learners_together(self, town, smtp, monkeypatch):
        monkeypatch.setattr(ask_manager, "_MOST_STRANGERS", 1)
        asks(town)
        other = "/me/champion/thurrock/manager/1"
        refused = asks(town, who=OTHER_LEARNER, address="stranger@grays.example", path=other)
        assert refused.status_code == 429
        assert asks(town, who=OTHER_LEARNER, address=COORDINATOR, path=other).status_code == 200
        assert len(smtp.messages) == 2

    def test_whoever_said_not_my_staff_is_not_asked_again(self, town, smtp, asked):
        says(town, asked, manager="no")
        answer = asks(town)
        assert answer.status_code == 400
        assert "said that you are not one of their staff" in answer.text
        assert len(sent_to(smtp, BOSS)) == 1

    def test_nobody_cancels_anothers(self, town, asked):
        browser = town.browser(OTHER_LEARNER)
        assert browser.post("/me/champion/essex/cancel", letter=1).status_code == 404
        assert town.browser().get(asked).status_code == 200


def cancel(town):
    browser = town.browser(LEARNER)
    page = browser.get(PAGE).text
    number = re.search(r'name="letter" value="(\d+)"', page)[1]
    return browser.post(f"{PAGE}/cancel", letter=number)


class TestAnswers:
    def test_opening_changes_nothing(self, town, asked):
        before = town.bridge.count()
        for _ in range(3):
            assert town.browser().get(asked).status_code == 200
        assert town.bridge.count() == before
        assert "Send my answers" in town.browser().get(asked).text

    @pytest.mark.parametrize(("support", "knowledge"), [*itertools.product(["yes", "no"], repeat=2)])
    def test_each_is_recorded_for_itself(self, town, smtp, asked, support, knowledge):
        page = says(town, asked, manager="yes", support=support, knowledge=knowledge)
        assert "Thank you for your answer" in page.text
        found = words(town)
        expected = {"manager_support": support, "working_knowledge": knowledge}
        assert {key: "yes" if counts else "no" for key, (counts, _) in found.items()} == expected
        assert all("Tom Barker" in why for _, why in found.values())
        assert ("manager_support" in met(town)) is (support == "yes")
        tell(town)
        [told] = sent_to(smtp, LEARNER)
        assert told["Subject"] == "Your line manager has answered: CSE Champion"
        assert "support you" not in told.get_body(("plain",)).get_content()
        mine = town.browser(LEARNER).get(PAGE).text
        assert ("<li>they support you and give you time" in mine) is (support == "yes")
        assert ("<li>your working knowledge of safeguarding is good</li>" in mine) is (knowledge == "yes")
        assert ("Ask again" in mine) is ("no" in (support, knowledge))
        assert town.bridge.differences() == []

    @pytest.mark.parametrize(("support", "knowledge"), [*itertools.product(["yes", "no", ""], repeat=2)])
    def test_not_my_staff_records_no_word(self, town, smtp, asked, support, knowledge):
        before = town.bridge.count()
        page = says(town, asked, manager="no", support=support, knowledge=knowledge)
        assert "Thank you for telling us" in page.text
        assert town.bridge.count() == before
        assert words(town) == {}
        tell(town)
        [told] = sent_to(smtp, LEARNER)
        assert f"Whoever reads {BOSS} says" in told.get_body(("plain",)).get_content()
        assert "that you are not one of their staff" in town.browser(LEARNER).get(PAGE).text

    @pytest.mark.parametrize(
        ("said", "missing"),
        [
            ({}, ["manager", "support", "knowledge"]),
            ({"manager": "yes"}, ["support", "knowledge"]),
            ({"manager": "yes", "support": "no"}, ["knowledge"]),
            ({"support": "yes", "knowledge": "yes"}, ["manager"]),
            ({"manager": "maybe", "support": "yes", "knowledge": "yes"}, ["manager"]),
        ],
    )
    def test_what_is_missing_is_said(self, town, asked, said, missing):
        page = says(town, asked, **said)
        assert page.status_code == 400
        assert re.findall(r'<li><a href="#(\w+)">', page.text) == missing
        assert page.text.count(" checked") == sum(value in ("yes", "no") for value in said.values())
        assert words(town) == {}

    def test_the_record_says_how_the_address_came(self, town, asked):
        says(town, asked, **YES)
        for record in records(town):
            assert record["context"]["instructor"]["mbox"] == f"mailto:{BOSS}"
            detail = record["context"]["extensions"]["tag:lrs-bridge,2026:record"]
            assert detail["by_name"] == "Tom Barker"
            assert "the learner named this address" in detail["note"]
            assert "no line manager on record" in detail["note"]
            assert record["authority"]["account"]["name"] == BOSS

    def test_twice_is_once(self, town, asked):
        says(town, asked, **YES)
        before = town.bridge.count()
        says(town, asked, manager="yes", support="no", knowledge="no")
        assert town.bridge.count() == before

    def test_by_a_form_of_another_site_are_none(self, town, asked):
        browser = town.browser()
        browser.get(asked)
        browser.token = "0" * 64
        assert browser.post(asked, **YES).status_code == 400
        assert words(town) == {}

    def test_count_no_longer_once_another_manager_is_on_record(self, town, asked):
        on_record(town, "new.head@colne.example")
        assert town.browser().get(asked).status_code == 410
        assert says(town, asked, **YES).status_code == 410
        assert words(town) == {}


def records(town):
    """The statements that the bridge keeps by hand, with their authority."""
    reader = town.bridge.credential("moodle", "all/read")
    verb = "tag:lrs-bridge,2026:attested"
    return town.bridge.get(sender=reader, verb=verb).get_json()["statements"]


class TestTheEnd:
    def test_after_four_weeks(self, town, asked):
        town.bridge.clock.set(town.bridge.clock() + timedelta(days=28))
        assert town.browser().get(asked).status_code == 200
        town.bridge.clock.advance(timedelta(days=1))
        answer = town.browser().get(asked)
        assert answer.status_code == 410
        assert "This link no longer works" in answer.text
        assert "Asha" not in answer.text
        assert says(town, asked, **YES).status_code == 410
        assert words(town) == {}
        page = town.browser(LEARNER).get(PAGE).text
        assert "There was no answer by 30 Mar 2026" in page
        assert "Ask again" in page

    def test_when_the_learner_cancels(self, town, asked):
        assert "You cancelled the letter" in cancel(town).text
        assert town.browser().get(asked).status_code == 410
        assert says(town, asked, **YES).status_code == 410
        assert words(town) == {}

    def test_when_the_post_ends(self, town, asked):
        ends(town)
        assert town.browser().get(asked).status_code == 410

    @pytest.mark.parametrize("link", ["/manager/none", "/manager/" + "x" * 5000, "/manager/%ED%A0%80"])
    def test_of_a_link_that_never_was(self, town, link):
        assert town.browser().get(link).status_code == 410

    def test_of_a_letter_that_no_database_keeps(self, town):
        assert town.browser().get("/manager/%00").status_code == 400


class TestTakingBack:
    def test_takes_the_standard_back(self, town, smtp, asked):
        says(town, asked, **YES)
        assert "manager_support" in met(town)
        browser = town.browser()
        assert "Take my word back" in browser.get(asked).text
        page = browser.post(f"{asked}/take-back", reason="They have another role now")
        assert "Your word is taken back" in page.text
        assert "manager_support" not in met(town)
        assert not any(counts for counts, _ in words(town).values())
        tell(town)
        assert (
            sent_to(smtp, LEARNER)[-1]["Subject"]
            == "Your line manager has taken back their word: CSE Champion"
        )
        assert "took their word back" in town.browser(LEARNER).get(PAGE).text
        assert town.bridge.differences() == []
        before = town.bridge.count()
        browser.post(f"{asked}/take-back", reason="again")
        assert town.bridge.count() == before

    def test_of_a_word_that_somebody_voided_already(self, town, asked):
        says(town, asked, **YES)
        from lrs_bridge.flows import by_hand

        [first, *_] = records(town)
        keeping = by_hand.Keeping(town.bridge.settings.public_url, "op", town.bridge.clock())
        import uuid

        town.bridge.database.write(
            lambda session: by_hand.take_back(session, uuid.UUID(first["id"]), "a mistake", keeping)
        )
        browser = town.browser()
        browser.get(asked)
        assert "Your word is taken back" in browser.post(f"{asked}/take-back").text
        assert not any(counts for counts, _ in words(town).values())

    def test_with_a_reason_that_is_too_long_is_refused_and_the_reason_stays(self, town, asked):
        says(town, asked, **YES)
        browser, reason = town.browser(), "because " * 70
        assert "maxlength" not in browser.get(asked).text
        answer = browser.post(f"{asked}/take-back", reason=reason)
        assert answer.status_code == 400
        assert '<a href="#reason">What you wrote is 559 characters long. Use 500 or fewer</a>' in answer.text
        assert reason in answer.text
        assert any(counts for counts, _ in words(town).values())

    def test_before_any_answer_does_nothing(self, town, asked):
        browser = town.browser()
        browser.get(asked)
        assert "Send my answers" in browser.post(f"{asked}/take-back").text

    def test_after_the_post_has_ended_there_is_nothing_to_take_back(self, town, asked):
        says(town, asked, **YES)
        ends(town)
        page = town.browser().get(asked)
        assert "your word ended with that" in page.text
        assert "Take my word back" not in page.text

    @pytest.mark.parametrize("which", [0, 1])
    def test_is_of_all_that_was_said_of_the_post(self, town, smtp, asked, which):
        says(town, asked, manager="yes", support="yes", knowledge="no")
        town.bridge.clock.advance(timedelta(hours=1))
        town.bridge.recompute()
        asks(town)
        second = link_in(sent_to(smtp, BOSS)[-1])
        says(town, second, **YES)
        assert "manager_support" in met(town)
        browser = town.browser()
        browser.get((asked, second)[which])
        assert "Your word is taken back" in browser.post(f"{(asked, second)[which]}/take-back").text
        assert not any(counts for counts, _ in words(town).values())
        assert "manager_support" not in met(town)
        for link in (asked, second):
            assert "Your word is taken back" in town.browser().get(link).text

    def test_lets_the_learner_ask_anew(self, town, smtp, asked):
        says(town, asked, **YES)
        browser = town.browser()
        browser.get(asked)
        browser.post(f"{asked}/take-back")
        town.bridge.clock.advance(timedelta(hours=1))
        town.bridge.recompute()
        assert asks(town).status_code == 200
        says(town, link_in(sent_to(smtp, BOSS)[-1]), **YES)
        assert "manager_support" in met(town)


class TestTheReminder:
    def test_comes_once_after_a_week_with_a_link_that_works(self, town, smtp, asked):
        town.bridge.clock.advance(timedelta(days=6, hours=23))
        assert remind(town) == 0
        town.bridge.clock.advance(timedelta(hours=2))
        assert remind(town) == 1
        assert remind(town) == 0
        first, second = sent_to(smtp, BOSS)
        assert second["Subject"].strip().startswith("Reminder: Asha Rao asks")
        assert "the one reminder of a letter of 2 Mar 2026" in second.get_body(("plain",)).get_content()
        assert link_in(second) != link_in(first)
        assert town.browser().get(link_in(first)).status_code == 200
        says(town, link_in(second), **YES)
        assert "manager_support" in met(town)
        assert "Thank you for your answer" in town.browser().get(link_in(first)).text

    def test_comes_once_when_two_run(self, town, smtp, asked):
        town.bridge.clock.advance(timedelta(days=8))
        with ThreadPoolExecutor(4) as pool:
            assert sum(pool.map(lambda _: remind(town), range(4))) == 1
        assert len(sent_to(smtp, BOSS)) == 2

    @pytest.mark.parametrize("how", ["answered", "cancelled", "post ended"])
    def test_comes_to_nobody_who_has_nothing_to_answer(self, town, smtp, asked, how):
        if how == "answered":
            says(town, asked, **YES)
        elif how == "cancelled":
            cancel(town)
        else:
            ends(town)
        town.bridge.clock.advance(timedelta(days=8))
        assert remind(town) == 0
        assert len(sent_to(smtp, BOSS)) == 1

    def test_comes_later_when_the_mail_server_does_not_take_it(self, town, smtp, asked):
        town.bridge.clock.advance(timedelta(days=8))
        smtp.answers.append("451 4.3.0 later")
        assert remind(town) == 0
        assert remind(town) == 1
        assert len(sent_to(smtp, BOSS)) == 2

    def test_comes_later_when_whoever_sends_is_killed_amid_a_failing_mail_server(
        self, town, smtp, asked, monkeypatch
    ):
        other = "ina.day@grays.example"
        asks(town, who=OTHER_LEARNER, address=other, path="/me/champion/thurrock/manager/1")
        town.bridge.clock.advance(timedelta(days=8))
        smtp.answers.append("451 4.3.0 later")
        send, calls = ask_manager.hand_in, itertools.count()

        def killed(*arguments):
            if next(calls):
                raise SystemExit
            send(*arguments)

        monkeypatch.setattr(ask_manager, "hand_in", killed)
        with pytest.raises(SystemExit):
            remind(town)
        monkeypatch.setattr(ask_manager, "hand_in", send)
        assert remind(town) == 1
        assert len(sent_to(smtp, BOSS)) == 2

    def test_is_on_the_timetable(self):
        assert {"reminders", "notices"} <= {job.name for job in JOBS}


def test_notices_are_tried_again_and_sent_once(town, smtp, asked):
    says(town, asked, **YES)
    smtp.answers.append("451 4.3.0 later")
    assert (tell(town).sent, tell(town).sent) == (0, 0)
    town.bridge.clock.advance(timedelta(minutes=2))
    with ThreadPoolExecutor(4) as pool:
        assert sum(done.sent for done in pool.map(lambda _: tell(town), range(4))) == 1
    assert len(sent_to(smtp, LEARNER)) == 1


def test_of_links_nothing_but_digests_is_kept(town, asked):
    def look(session):
        return session.execute(sa.select(manager_letters)).one()

    assert asked.rpartition("/")[2] not in repr(town.bridge.database.read(look))


def test_whoever_may_not_see_the_learner_cannot_by_the_pages_of_others(town, asked):
    town.give(OPERATOR, Wanted("coordinator", "Grays Youth Club"))
    assert town.browser(OTHER_LEARNER).get(PAGE).status_code == 404

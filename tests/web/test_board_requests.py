"""Requests to be registered: what the Board's officer sees of them, and what comes of the decision."""

from __future__ import annotations

import pytest
from web.boards import act, asked_for, eligible
from web.visitors import LEARNER, OFFICER, OTHER_OFFICER

ASHA = "asha.rao@colne.example"
ILA = "ila.moss@colne.example"
NORA = "nora.finch@grays.example"


@pytest.fixture
def asked(town):
    """Ila asks in Essex and meets every standard; Nora asks in Thurrock."""
    eligible(town, ILA)
    eligible(town, NORA, area="thurrock")
    act(town, "request", ILA)
    act(town, "request", NORA, "thurrock")
    return town


def request_page(town, mail=ILA, area="essex"):
    return f"/boards/{area}/requests/{town.learner(mail)}"


def test_the_log_names_nobody_whom_a_page_tells_of(town, caplog):
    answer = town.browser(OFFICER).get(f"/boards/essex/requests/{town.learner(LEARNER)}")
    assert (answer.status_code, "Asha Rao" in answer.text) == (404, True)
    assert "answered 404 to GET /boards/<area>/requests/<int:learner>: NotFound" in caplog.text
    assert "Asha" not in caplog.text


def test_the_list_shows_those_of_the_area_alone(asked):
    page = asked.browser(OFFICER).get("/boards/essex/requests").text
    assert "Ila Moss" in page
    assert "Nora Finch" not in page
    page = asked.browser(OTHER_OFFICER).get("/boards/thurrock/requests").text
    assert "Nora Finch" in page
    assert "Ila Moss" not in page


def test_a_request_shows_what_is_met_by_what_and_whose_word_it_was(asked):
    page = asked.browser(OFFICER).get(request_page(asked)).text
    assert "All are met." in page
    assert "NWG membership, checked" in page
    assert "boss@essex.example" in page
    assert "Recorded as the line manager of this post." in page
    assert "does not prove who sat at the screen" in page


@pytest.mark.parametrize(
    ("manager", "lead", "told"),
    [
        ("", "", "has no such address on record"),
        ("", "boss@essex.example", "has this address on record: is the CSE lead there"),
        ("boss@essex.example", "", "Recorded as the line manager of this post."),
    ],
)
def test_it_says_how_the_organisation_knows_who_confirmed(town, manager, lead, told):
    organisation = f"Lane {manager}{lead}".strip()
    eligible(town, ILA, organisation=organisation)
    town.bridge.import_csv(
        "people",
        f"person,identifiers,organisation,area,role,manager\nIla Moss,{ILA},{organisation},essex,Worker,{manager}\n",
    )
    town.bridge.import_csv("organisations", f"organisation,cse_lead\n{organisation},{lead}\n")
    town.bridge.recompute()
    act(town, "request", ILA)
    assert told in town.browser(OFFICER).get(request_page(town)).text


def test_registering_is_in_the_officers_name_and_takes_effect(asked):
    browser = asked.browser(OFFICER)
    browser.get(request_page(asked))
    answer = browser.post(request_page(asked), decision="register")
    assert "Registered as CSE Champion in Essex" in answer.text
    asked.bridge.recompute()
    one = asked.bridge.explain(ILA)["eligibility"]["essex"]
    assert (one["status"], one["champion"]["by"]) == ("champion", OFFICER)
    assert "No request waits." in browser.get("/boards/essex/requests").text


def test_pressing_twice_records_once_and_says_so(asked):
    browser = asked.browser(OFFICER)
    browser.get(request_page(asked))
    browser.post(request_page(asked), decision="register")
    before = asked.bridge.count()
    answer = browser.post(request_page(asked), decision="register")
    assert answer.status_code == 409
    assert "is registered already in Essex" in answer.text
    assert asked.bridge.count() == before


def test_returning_needs_a_reason_which_is_kept_with_what_was_missing(town):
    eligible(town, ILA, missing="nwg_member")
    act(town, "request", ILA)
    browser = town.browser(OFFICER)
    page = browser.get(request_page(town)).text
    assert 'value="register"' not in page
    assert "1 of 5 missing." in page
    answer = browser.post(request_page(town), decision="return", note=" ")
    assert answer.status_code == 400
    assert "Say why you return it" in answer.text
    answer = browser.post(request_page(town), decision="return", note="Your NWG membership, please")
    assert "The request was returned." in answer.text
    assert "Missing then: NWG membership" in answer.text
    town.bridge.recompute()
    one = town.bridge.explain(ILA)["eligibility"]["essex"]
    assert (one["status"], one["champion"]["note"]) == ("returned", "Your NWG membership, please")
    assert "Ila Moss" in browser.get("/boards/essex/requests?show=returned").text


def test_nobody_is_registered_with_a_standard_missing(town):
    eligible(town, ILA, missing="set_toolbox")
    act(town, "request", ILA)
    browser = town.browser(OFFICER)
    answer = browser.post(request_page(town), decision="register", note="what I typed")
    assert answer.status_code == 409
    assert "Missing: SET CSE Toolbox online module" in answer.text
    assert "what I typed" in answer.text


def test_without_a_choice_nothing_happens(asked):
    before = asked.bridge.count()
    assert asked.browser(OFFICER).post(request_page(asked)).status_code == 400
    assert asked.bridge.count() == before


def test_an_officer_decides_nothing_about_themselves(asked):
    from web.visitors import Wanted

    asked.give(ILA, Wanted("board", "essex"))
    answer = asked.browser(ILA).post(request_page(asked), decision="register")
    assert answer.status_code == 409
    assert "decide on themselves" in answer.text


def test_of_another_area_there_is_no_such_request(asked):
    browser = asked.browser(OFFICER)
    assert browser.get(request_page(asked, NORA)).status_code == 404
    assert browser.post(request_page(asked, NORA), decision="register").status_code == 404
    assert browser.get(request_page(asked, NORA, "thurrock")).status_code == 404


def test_who_has_not_asked_has_no_request(asked):
    assert asked.browser(OFFICER).get(request_page(asked, ASHA)).status_code == 404


def test_a_list_costs_as_many_questions_however_long_it_is(asked):
    browser = asked.browser(OFFICER)
    before = asked_for(asked, browser, "/boards/essex/requests")
    people = [f"someone.{letter}@colne.example" for letter in "abcdefgh"]
    eligible(asked, *people)
    for mail in people:
        act(asked, "request", mail)
    assert asked_for(asked, browser, "/boards/essex/requests") == before
    assert browser.get("/boards/essex/requests").text.count("Colne Primary School") == 9

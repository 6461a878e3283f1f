"""What the LRS takes over of the definitions that statements bring, and from whom (Communication 4.2, “define”)."""

from __future__ import annotations

import pytest
from builders import statement

THERE = "https://example.org/activities/there"


@pytest.fixture
def definer(bridge):
    return bridge.credential("moodle", "statements/write", "statements/read/mine", "define")


def held(bridge):
    answer = bridge.request("GET", path="/xapi/activities", activityId=THERE)
    return answer.get_json().get("definition")


def bring(bridge, *names, sender="moodle"):
    bridge.stored(
        *(
            {**statement(what=THERE), "object": {"id": THERE, "definition": {"name": {"en": name}}}}
            for name in names
        ),
        sender=sender,
    )


def test_without_the_scope_the_first_stays(bridge):
    bring(bridge, "First", "Second")
    bring(bridge, "Third")
    assert held(bridge) == {"name": {"en": "First"}}


def test_with_the_scope_the_last_holds_however_often_it_has_come(bridge, definer):
    for name in ("First", "Third", "First"):
        bring(bridge, name, sender=definer)
        assert held(bridge) == {"name": {"en": name}}


def test_what_was_ignored_is_taken_over_from_whoever_may(bridge, definer):
    bring(bridge, "First")
    bring(bridge, "Second")
    bring(bridge, "Second", sender=definer)
    assert held(bridge) == {"name": {"en": "Second"}}


def test_vast_numbers_stay_numbers(bridge, definer):
    numbers = '{"https://example.org/n": [1e400, 12345678901234567890123, 1e99999999999999999999]}'
    body = (
        '{"actor":{"mbox":"mailto:a@example.org"},"verb":{"id":"https://example.org/v"},'
        f'"object":{{"id":"{THERE}","definition":{{"extensions":{numbers}}}}}}}'
    )
    assert bridge.post(body.encode(), sender=definer).status_code == 200
    for form in ("canonical", "ids"):
        assert bridge.get(format=form, sender=definer).status_code == 200
    text = bridge.get(format="canonical", sender=definer).text
    assert "1E+400,12345678901234567890123,1E+999999999999999999" in text

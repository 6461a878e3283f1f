"""Lists of who attended, as people paste them."""

from __future__ import annotations

import pytest

from lrs_bridge.errors import BadInput
from lrs_bridge.flows.attendees import MOST, Attendee, attendees_in, attendees_typed
from lrs_bridge.store.organisations import Organisation

BADGED = Organisation("Colne Taxis", home_page="https://colne.example/badges")
PLAIN = Organisation("Colne Primary School")


@pytest.mark.parametrize(
    "line",
    [
        "Asha Rao, asha@colne.example",
        "Asha Rao asha@colne.example",
        "Asha Rao <asha@colne.example>",
        '"Asha Rao" <asha@colne.example>;',
        "Asha\tRao\tasha@colne.example",
        "asha@colne.example, Asha Rao",
        "  Asha   Rao (asha@colne.example)",
    ],
)
def test_a_name_and_an_e_mail_however_they_are_written(line):
    assert attendees_typed(line, PLAIN) == [Attendee("asha@colne.example", "Asha Rao")]


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ('O\'Neill "Pat" <pat@x.example>', 'O\'Neill "Pat"'),
        ("Patricia O'Neill (Pat) pat@x.example", "Patricia O'Neill (Pat)"),
        ("'Pat O'Neill' <pat@x.example>", "'Pat O'Neill'"),
        ("'Pat Neill' <pat@x.example>", "Pat Neill"),
        ('"Pat Neill <pat@x.example>', "Pat Neill"),
        ("Pat Neill (pat@x.example", "Pat Neill"),
        ("pat@x.example", ""),
    ],
)
def test_marks_within_a_name_are_its_own(line, name):
    assert attendees_typed(line, PLAIN) == [Attendee("pat@x.example", name)]


@pytest.mark.parametrize(
    "line",
    [
        '"Rao, Asha" <asha@x.example>; Joan Hale <joan@x.example>',
        "Rao Asha asha@x.example, Joan Hale joan@x.example;",
        "Rao Asha <asha@x.example>, Joan Hale <joan@x.example>",
        "asha@x.example, Rao Asha; joan@x.example, Joan Hale",
    ],
)
def test_several_on_a_line_as_mail_programs_copy_them(line):
    assert [one.identifier for one in attendees_typed(line, PLAIN)] == ["asha@x.example", "joan@x.example"]
    assert [one.name.replace('"', "") for one in attendees_typed(line, PLAIN)] == ["Rao Asha", "Joan Hale"]


def test_nobody_on_a_line_of_several_is_passed_over():
    """Whose address it is that stands before two names can't be told."""
    with pytest.raises(BadInput, match="Joan") as wrong:
        attendees_typed("asha@x.example Asha, joan@x.example Joan", PLAIN)
    assert [one.where for one in wrong.value.problems] == ["line 1"]


def test_lines_without_a_name_and_empty_ones():
    assert attendees_typed("\n a@x.example \r\n\n b@x.example\n", PLAIN) == [
        Attendee("a@x.example"),
        Attendee("b@x.example"),
    ]


def test_badges_are_the_organisations_own_unless_they_say_whose():
    assert attendees_typed("Tom Reed, B123\nT-77\nTendring|B9, Bo", BADGED) == [
        Attendee("https://colne.example/badges|B123", "Tom Reed"),
        Attendee("https://colne.example/badges|T-77"),
        Attendee("Tendring|B9", "Bo"),
    ]


def test_every_line_that_names_nobody_is_told():
    with pytest.raises(BadInput) as wrong:
        attendees_typed("Asha Rao\nok@x.example\nTom, B123\na@b@c", PLAIN)
    assert [(one.where, one.what) for one in wrong.value.problems] == [
        ("line 1", "“Asha Rao” is no e-mail address"),
        ("line 3", "“B123” looks like a badge, and no badges of Colne Primary School are set up"),
        ("line 4", "“a@b@c” is not an e-mail address"),
    ]


def test_badges_are_spoken_of_where_there_are_some():
    with pytest.raises(BadInput) as wrong:
        attendees_typed("Asha Rao", BADGED)
    assert wrong.value.problems[0].what == "“Asha Rao” is neither an e-mail address nor a badge"


def test_a_file_with_names_in_one_column_or_several():
    content = b"First name,Surname,Job,E-mail\nAsha,Rao,Cook,asha@x.example\n,,Head,bea@x.example\n"
    assert attendees_in(content, PLAIN) == [
        Attendee("asha@x.example", "Asha Rao"),
        Attendee("bea@x.example"),
    ]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"Name,Job\nAsha,Cook\n", "has no column named"),
        (b"name,email\nAsha,\n", "“Asha” is no e-mail address"),
        (b"email\n" + b"a@x.example\n" * (MOST + 1), f"has more than {MOST} rows"),
    ],
)
def test_a_file_that_names_nobody(content, told):
    with pytest.raises(BadInput) as wrong:
        attendees_in(content, PLAIN)
    assert told in str(wrong.value)


def test_no_more_than_a_hall_holds():
    with pytest.raises(BadInput, match="name nobody") as wrong:
        attendees_typed("a@x.example\n" * (MOST + 1), PLAIN)
    assert f"more than {MOST}" in str(wrong.value)

"""A coordinator's own spreadsheet: nothing is recorded before what would change was shown, and nothing is kept for long."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import openpyxl
import pytest
import sqlalchemy as sa
from builders import completion
from web.visitors import COORDINATOR, LEARNER, OTHER_COORDINATOR, OTHER_LEARNER

from lrs_bridge.flows import notices
from lrs_bridge.flows import uploads as flow
from lrs_bridge.flows.imports import KINDS
from lrs_bridge.flows.imports.heading_words import heading_words
from lrs_bridge.flows.imports.scope import KINDS as OPEN
from lrs_bridge.jobs import JOBS, Timetable
from lrs_bridge.store.recording_tables import organisation_headings, uploads
from lrs_bridge.store.schema import import_headings, imports, posts

HEAD = "bea.lind@colne.example"
OWN = f"Work e-mail,Passed on,Training,Payroll no\n{LEARNER},1/3/2026,escb_basic,77\n{HEAD},28/02/2026,induction,78\n"
TOLD = {"heading-0": "person", "heading-1": "date", "heading-2": "course", "heading-3": ""}


def workbook(rows):
    book, content = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(content)
    return content.getvalue()


class Desk:
    def __init__(self, town, who=COORDINATOR, organisation="Colne Primary School"):
        self.town, self.bridge, self.browser = town, town.bridge, town.browser(who)
        self.base = f"/organisations/{town.organisation(organisation)}/uploads"

    def sends(self, content, kind="completions", name="training.csv"):
        content = content.encode() if isinstance(content, str) else content
        return self.browser.post(self.base, follow=False, kind=kind, file=(io.BytesIO(content), name))

    def sent(self, content, kind="completions", name="training.csv"):
        """Sends it; the address of its page."""
        answer = self.sends(content, kind, name)
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"]

    def shown(self, address):
        answer = self.browser.get(address)
        for _ in range(3):
            if answer.status_code == 303:
                answer = self.browser.get(answer.headers["Location"])
        return answer

    def rows(self, table):
        return self.bridge.database.read(lambda session: session.execute(sa.select(table)).all())


@pytest.fixture
def desk(town):
    return Desk(town)


def text_of(answer):
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())


def test_the_whole_way_from_own_headings_to_what_is_recorded(desk):
    before = desk.bridge.count()
    page = desk.sent(OWN)
    asked = desk.shown(page)
    assert "What do your headings mean?" in asked.text
    assert all(f">{heading}</label>" in asked.text for heading in OWN.partition("\n")[0].split(","))
    assert "For example: 1/3/2026, 28/02/2026" in asked.text
    shown = desk.browser.post(f"{page}/headings", **TOLD)
    assert "What would change" in shown.text
    assert f"{LEARNER}: ESCB basic awareness package on 1 Mar 2026" in text_of(shown)
    assert f"{HEAD}: In-house induction by the CSE champion or lead on 28 Feb 2026" in text_of(shown)
    assert desk.bridge.count() == before
    done = desk.browser.post(page)
    assert "It is recorded" in done.text
    assert "2 new" in text_of(done)
    desk.bridge.recompute()
    evidence = desk.bridge.explain(LEARNER)["evidence"]
    assert [(one["course"], one["counts"]) for one in evidence] == [("escb_basic", True)]
    [kept] = desk.rows(imports)[-1:]
    assert (kept.kind, kept.file, kept.who) == ("completions", "training.csv", COORDINATOR)


def test_the_file_is_gone_when_it_is_taken_in_or_cancelled_or_forgotten(desk):
    page = desk.sent(OWN)
    desk.browser.post(f"{page}/headings", **TOLD)
    assert desk.rows(uploads)[0].content == OWN.encode()
    desk.browser.post(page)
    [row] = desk.rows(uploads)
    assert (row.content, row.told, row.file) == (b"", "{}", "")
    second = desk.sent(OWN)
    assert desk.browser.post(f"{second}/cancel", follow=False).status_code == 303
    assert desk.browser.get(second).status_code == 404
    third = desk.sent(OWN)
    desk.bridge.clock.advance(flow.KEPT - timedelta(minutes=1))
    table = Timetable(desk.bridge.database, desk.bridge.settings, desk.bridge.clock)
    [job] = [one for one in JOBS if one.name == "codes"]
    job.run(table)
    assert len(desk.rows(uploads)) == 2
    desk.bridge.clock.advance(timedelta(minutes=2))
    job.run(table)
    assert desk.rows(uploads) == []
    assert third


def test_what_is_recorded_is_not_cancelled_in_another_tab(desk):
    page = desk.sent(OWN)
    desk.browser.post(f"{page}/headings", **TOLD)
    desk.browser.post(page)
    answer = desk.browser.post(f"{page}/cancel")
    assert "<h1>It is recorded already</h1>" in answer.text
    assert "2 new" in text_of(answer)
    assert "<h1>It is recorded</h1>" in desk.browser.get(page).text


def test_twice_is_once(desk):
    page = desk.sent(OWN)
    desk.browser.post(f"{page}/headings", **TOLD)
    answers = [desk.browser.post(page) for _ in range(2)]
    assert text_of(answers[0]) == text_of(answers[1])
    number = desk.bridge.count()
    again = desk.shown(desk.sent(OWN))
    assert "All of it is recorded already" in again.text
    assert desk.bridge.count() == number


def test_a_sheet_of_people_shows_by_what_they_are_known_and_who_manages_them(desk):
    head = "person,identifiers,area,role,manager,from\n"
    first = f"{head}New One,new@colne.example,essex,Cook,,\nNew Head,h@colne.example,essex,Head,none,\n"
    page = desk.sent(first, "people")
    said = text_of(desk.shown(page))
    assert "New One (new@colne.example): Cook at Colne Primary School, essex, manager not recorded" in said
    assert "New Head (h@colne.example): Head at Colne Primary School, essex, no manager" in said
    desk.browser.post(page)
    changed = f"{head}New One,new@colne.example,essex,Cook,none,1/9/2015\nNew Head,h@colne.example,essex,Head,boss@colne.example,\n"
    said = text_of(desk.shown(desk.sent(changed, "people")))
    assert "manager not recorded → no manager, from not recorded → 1 Sep 2015" in said
    assert "essex, manager boss@colne.example; manager no manager → boss@colne.example" in said


def test_the_only_membership_there_is_may_be_left_out(desk):
    form = desk.browser.get(desk.base).text
    assert "<dt>membership</dt>" in form
    assert "<dt>checked (needed)</dt>" in form
    shown = desk.shown(desk.sent(f"person,checked,source\n{LEARNER},1/3/2026,the list\n", "memberships"))
    assert f"{LEARNER}: NWG membership, checked 1 Mar 2026" in text_of(shown)
    assert "It is recorded" in desk.browser.post(shown.request.path).text


def seal_in(answer):
    return re.search(r'name="seal" value="([0-9a-f]{64})"', answer.text)[1]


def test_an_old_tab_records_nothing_that_it_does_not_show(desk):
    page = desk.sent("person,course,date\n" + f"{LEARNER},escb_basic,1/3/2026\n")
    seal, before = seal_in(desk.shown(page)), desk.bridge.count()
    desk.browser.post(f"{page}/cancel")
    other = desk.sent("person,course,date\n" + f"{HEAD},induction,1/3/2026\n")
    assert other != page  # no number is given out twice, on any database
    for address, status in ((page, 404), (other, 409)):
        answer = desk.browser.post(address, follow=False, seal=seal)
        assert answer.status_code == status
        assert "This list was changed or cancelled since you saw it" in answer.text
        assert ("Look at it as it is now" in answer.text) == (status == 409)
        assert "Record something else" in answer.text
    assert desk.bridge.count() == before


def test_other_headings_told_in_another_tab_are_shown_before_anything_is_recorded(desk):
    page = desk.sent(OWN.replace("Payroll no", "Note").replace("77", "scanned"))
    seal = seal_in(desk.browser.post(f"{page}/headings", **TOLD))
    shown = desk.browser.post(f"{page}/headings", **{**TOLD, "heading-3": "note"})
    before = desk.bridge.count()
    assert desk.browser.post(page, seal=seal).status_code == 409
    assert desk.browser.post(page, seal="").status_code == 409
    assert desk.bridge.count() == before
    assert "It is recorded" in desk.browser.post(page, seal=seal_in(shown)).text


def test_headings_are_chosen_by_words_beside_the_columns_name(desk):
    asked = desk.shown(desk.sent("Name,E-mail,Boss\nA B,a@colne.example,b@colne.example\n", "people")).text
    for value, words in (
        ("identifiers", "e-mail address, staff number or badge of the person (identifiers)"),
        ("person", "name of the person (person)"),
        ("manager", "e-mail address of the line manager (manager)"),
    ):
        assert re.search(rf'<option value="{value}"( selected)?>{re.escape(words)}</option>', asked), value


@pytest.mark.parametrize("kind", OPEN)
def test_every_column_that_a_coordinator_may_choose_has_words(kind):
    plain = {"organisation", "area", "note"}
    bare = {name for name in KINDS[kind].column_names if heading_words(kind, name) == name.replace("_", " ")}
    assert bare <= plain


def test_headings_are_matched_once(desk):
    page = desk.sent(OWN)
    desk.browser.post(f"{page}/headings", **TOLD)
    assert not [one for one in desk.rows(organisation_headings) if one.column]
    desk.browser.post(page)
    assert {(one.heading, one.column) for one in desk.rows(organisation_headings)} == {
        ("work_e-mail", "person"),
        ("passed_on", "date"),
        ("training", "course"),
        ("payroll_no", ""),
    }
    shown = desk.shown(desk.sent(OWN.replace("1/3/2026", "2/3/2026")))
    assert "What would change" in shown.text
    assert "on 2 Mar 2026" in text_of(shown)


def test_what_is_sent_again_corrected_asks_for_no_heading(desk):
    page = desk.sent(OWN.replace("1/3/2026", "31/02/2026"))
    wrong = desk.browser.post(f"{page}/headings", **TOLD)
    assert "The file has mistakes" in wrong.text
    assert "What would change" in desk.shown(desk.sent(OWN)).text
    with_more = "".join(
        f"{line},{'red' if number else 'Colour'}\n" for number, line in enumerate(OWN.splitlines())
    )
    page = desk.sent(with_more)
    asked = desk.shown(page)
    assert asked.status_code == 200
    assert "New in this file: “Colour”." in asked.text
    assert "There is a problem" not in asked.text
    assert asked.text.count('value="?" selected') == 1
    assert "Choose what “Colour” means" in desk.browser.post(f"{page}/headings", **TOLD).text
    assert "What would change" in desk.browser.post(f"{page}/headings", **TOLD, **{"heading-4": ""}).text


def test_what_they_mean_elsewhere_is_asked_there(desk):
    page = desk.sent(OWN)
    desk.browser.post(f"{page}/headings", **TOLD)
    desk.browser.post(page)
    assert desk.rows(import_headings) == []
    others = Desk(desk.town, OTHER_COORDINATOR, "Grays Youth Club")
    asked = others.shown(others.sent(OWN.replace(LEARNER, OTHER_LEARNER)))
    assert "What do your headings mean?" in asked.text


def test_no_heading_is_passed_over_unless_somebody_says_so(desk):
    page = desk.sent(OWN)
    asked = desk.shown(page)
    assert asked.text.count('<option value="?" selected>Choose one</option>') == len(TOLD)
    answer = desk.browser.post(f"{page}/headings", **{**TOLD, "heading-2": "?"})
    assert answer.status_code == 400
    assert '<a href="#heading-2">Choose what “Training” means</a>' in answer.text
    assert answer.text.count('-error"><span') == 1
    assert "Choose what “Training” means" in re.search(r'id="heading-2-error">(.*?)</p>', answer.text)[1]
    assert answer.text.count('value="?" selected') == 1
    assert desk.rows(uploads)[0].told == "{}"


def test_a_missing_column_is_told_where_it_can_be_mended(desk):
    page = desk.sent(OWN)
    answer = desk.browser.post(f"{page}/headings", **{**TOLD, "heading-1": ""})
    assert answer.status_code == 400
    assert "The column “date” is missing" in answer.text
    assert "lrs-bridge" not in text_of(answer).replace("lrs_bridge", "")
    assert "--column" not in answer.text
    assert "What would change" in desk.browser.post(f"{page}/headings", **TOLD).text


def test_a_row_per_person_with_days_per_course_in_a_workbook(desk):
    rows = [["person", "Basics", "set_toolbox"], [LEARNER, "1/3/2026", None], [HEAD, None, "2026-02-03"]]
    page = desk.sent(workbook(rows), name="staff.xlsx")
    asked = desk.shown(page)
    assert "the day of: ESCB basic awareness package" in asked.text
    shown = desk.browser.post(
        f"{page}/headings",
        **{"heading-0": "person", "heading-1": "course:escb_basic", "heading-2": "course:set_toolbox"},
    )
    assert f"{HEAD}: SET CSE Toolbox, online on 3 Feb 2026" in text_of(shown)
    assert "XLSX, sheet" in shown.text


def test_people_get_posts_at_this_organisation_without_naming_it(desk):
    people = "Name,E-mail,Job,Tier\nNew One,new@colne.example,Cook,T1\n"
    page = desk.sent(people, "people")
    told = {
        "heading-0": "person",
        "heading-1": "identifiers",
        "heading-2": "role",
        "heading-3": "required_tier",
    }
    missing = desk.browser.post(f"{page}/headings", **told)
    assert "The column “area” is missing" in missing.text
    shown = desk.browser.post(f"{page}/headings", **told, area="essex")
    said = (
        "New One (new@colne.example): Cook at Colne Primary School, essex, requires T1, manager not recorded"
    )
    assert said in text_of(shown)
    desk.browser.post(page)
    assert any((row.role, row.area) == ("Cook", "essex") for row in desk.rows(posts))


def test_one_mistake_keeps_all_of_it_out_and_others_stay_hidden(desk):
    before = desk.bridge.count()
    for stranger in (OTHER_LEARNER, "nobody@nowhere.example"):
        page = desk.sent(
            f"person,course,date\n{LEARNER},escb_basic,1/3/2026\n{stranger},escb_basic,3/31/2026\n"
        )
        shown = desk.shown(page)
        assert "The file has mistakes" in shown.text
        assert "Line 3, date: “3/31/2026” is not a day" in text_of(shown)
        assert ">Record " not in shown.text
        assert "The file has mistakes" in desk.browser.post(page).text
    people = desk.shown(desk.sent(f"person,course,date\n{OTHER_LEARNER},escb_basic,1/3/2026\n"))
    assert "Line 2, person: nobody known by this has a post at your organisation" in text_of(people)
    assert desk.bridge.count() == before


@pytest.mark.parametrize(
    ("content", "kind", "field", "told"),
    [
        ("", "completions", "file", "Choose a file that holds something"),
        (OWN, "", "kind", "Choose what the file holds"),
        (OWN, "champions", "kind", "Choose what the file holds"),
        (b"\xff\xfeP\x00", "completions", "file", "UTF-16"),
        (
            b"\x89PNG\x00",
            "completions",
            "file",
            "It is no text that can be read: perhaps a picture, a document or UTF-16; save it as “CSV UTF-8",
        ),
        (b"PK\x03\x04 and no more", "completions", "file", "damaged or cut off"),
        (
            "person\n" + "x\n" * (flow.MOST_ROWS + 1),
            "completions",
            "file",
            f"more than {flow.MOST_ROWS} rows",
        ),
    ],
)
def test_what_is_no_table_is_told_at_once_and_not_kept(desk, content, kind, field, told):
    answer = desk.sends(content, kind)
    assert answer.status_code == 400
    assert told in re.search(rf'id="{field}-error">(.*?)</p>', answer.text, re.DOTALL)[1]
    assert desk.rows(uploads) == []


def test_a_file_too_large_is_told_and_not_kept(desk, monkeypatch):
    monkeypatch.setattr(flow, "MOST_BYTES", 99)
    answer = desk.sends("x" * 100)
    assert answer.status_code == 400
    assert "The file is too large. It is larger than" in answer.text
    assert desk.rows(uploads) == []


def test_no_file_at_all(desk):
    answer = desk.browser.post(desk.base, kind="people", follow=False)
    assert "Choose a file" in answer.text


def test_another_coordinator_of_the_organisation_sees_nothing_of_it(desk):
    from lrs_bridge.flows.roles import Wanted

    page = desk.sent(OWN)
    desk.town.give("second@colne.example", Wanted("coordinator", "Colne Primary School"))
    other = desk.town.browser("second@colne.example")
    assert other.get(page).status_code == 404
    assert other.post(page).status_code == 404


def test_whoever_learned_something_before_hears_who_sees_it_now(desk, smtp):
    happened = desk.bridge.clock() - timedelta(days=3)
    desk.bridge.stored(
        *(
            completion(f"mailto:{who}", "induction", happened)
            for who in ("driver@mail.example", "asha@home.example", HEAD)
        )
    )
    desk.bridge.recompute()
    page = desk.sent(
        "person,identifiers,area,role\n"
        "Dee Driver,driver@mail.example,essex,Driver\n"
        f"Asha Rao,{LEARNER}; asha@home.example,essex,Class teacher\n"
        "New Person,new@colne.example,essex,Cook\n",
        "people",
    )
    assert desk.shown(page).status_code == 200
    send_notices(desk)
    assert smtp.messages == []  # looking tells nobody
    assert desk.browser.post(page).status_code == 200
    send_notices(desk)
    told = {one["To"]: one["Subject"] for one in smtp.messages}
    assert told == dict.fromkeys(
        ("driver@mail.example", "asha@home.example"), "Your CSE training is now seen by Colne Primary School"
    )
    again = desk.sent("person,identifiers,area,role\nDee Driver,driver@mail.example,essex,Cook\n", "people")
    desk.shown(again)
    desk.browser.post(again)
    send_notices(desk)
    assert len(smtp.messages) == 2


def send_notices(desk):
    notices.send(desk.bridge.database, desk.bridge.settings, desk.bridge.clock)

"""Mapping files on the operator's pages: which are in force, and whether those in the folder are right."""

from __future__ import annotations

import dataclasses
import io
import shutil
from datetime import timedelta

import pytest
from builders import completion
from web.visitors import LEARNER, OPERATOR

from lrs_bridge.flows.tried_mappings import KEPT, carry_out
from lrs_bridge.mapping_files import read_folder
from lrs_bridge.settings import SHIPPED_MAPPINGS
from lrs_bridge.store import audit, what_ifs


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(SHIPPED_MAPPINGS, tmp_path / "mappings")


@pytest.fixture
def browser(town, folder):
    town.bridge.app.extensions["lrs_bridge.settings"] = dataclasses.replace(
        town.bridge.settings, mappings=str(folder)
    )
    return town.browser(OPERATOR)


def test_those_in_force_are_shown_with_who_put_them_there(browser):
    page = browser.get("/operator/mappings").text
    assert "No mistakes; they are in force." in page
    assert "the tests" in page
    assert "<summary>sources/nwg.yaml</summary>" in page
    assert "course: nwg_basic" in page


def test_what_is_still_an_example_is_told(browser):
    assert "To be filled in" in browser.get("/operator/mappings").text


def test_mistakes_in_the_folder_are_told_with_file_and_line(browser, folder):
    path = folder / "sources" / "nwg.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("\nsource: nwg", "\nsorce: nwg"), encoding="utf-8"
    )
    page = browser.get("/operator/mappings").text
    line = path.read_text(encoding="utf-8").split("\n").index("sorce: nwg") + 1
    assert f"<code>sources/nwg.yaml:{line} sorce</code>" in page
    assert "What is in force stays in force." in page


def test_a_change_that_is_not_in_force_yet_is_told(browser, folder):
    path = folder / "sources" / "nwg.yaml"
    path.write_text(f"{path.read_text(encoding='utf-8')}expect_within: P7D\n", encoding="utf-8")
    assert "They differ from what is in force" in browser.get("/operator/mappings").text


def test_a_folder_that_is_gone_is_told(browser, folder):
    shutil.rmtree(folder)
    assert "is no folder" in browser.get("/operator/mappings").text


FILES = read_folder(SHIPPED_MAPPINGS)
MOODLE = FILES["sources/moodle.yaml"]


def tries(browser, *files):
    sent = [(io.BytesIO(text.encode()), name) for name, text in files]
    return browser.post("/operator/mappings/try", follow=False, files=sent)


def work(town):
    return carry_out(town.bridge.database, town.bridge.settings, town.bridge.clock)


def without_escb_basic():
    """Moodle's file with another course in the place of the ESCB's."""
    return MOODLE.replace("course: escb_basic", "course: induction")


class TestTrying:
    def test_says_what_would_change_once_it_is_worked_out_and_names_nobody(self, town, browser):
        town.bridge.stored(
            completion(f"mailto:{LEARNER}", "escb_basic", town.bridge.clock() - timedelta(days=1)),
            completion(f"mailto:{LEARNER}", "induction", town.bridge.clock() - timedelta(days=1)),
        )
        town.bridge.recompute()
        assert without_escb_basic() != MOODLE
        answer = tries(browser, ("moodle.yaml", without_escb_basic()))
        assert answer.status_code == 303
        path = answer.headers["Location"]
        assert "It is being worked out" in browser.get(path).text
        assert work(town) == "what if sources/moodle.yaml: done"
        page = browser.get(path).text
        assert "1 person would stand elsewhere." in page
        assert "1: T2 → T1 (escb)" in page
        assert "1 mapped otherwise, moodle:" in page
        assert LEARNER not in page
        assert "Asha" not in page
        assert work(town) == ""

    def test_is_on_record(self, town, browser):
        tries(browser, ("moodle.yaml", without_escb_basic()))
        [one] = town.bridge.database.read(lambda session: audit.entries(session, limit=1))
        assert (one.who, one.act, one.about) == (OPERATOR, "mapping files tried", "sources/moodle.yaml")

    def test_mistakes_are_told_with_file_and_line_and_nothing_is_worked_out(self, town, browser):
        answer = tries(browser, ("moodle.yaml", MOODLE.replace("\nsource: moodle", "\nsorce: moodle")))
        assert answer.status_code == 400
        assert "sources/moodle.yaml:" in answer.text
        assert "there is no key “sorce” here" in answer.text
        assert work(town) == ""

    @pytest.mark.parametrize(
        ("files", "told"),
        [
            ([], "Choose at least one file"),
            ([("moodle.yaml", MOODLE)], "These files are in force already"),
            ([("notes.txt", "hello")], "is no mapping file"),
            ([("notes.yaml", "hello: [")], "is no mapping file"),
        ],
    )
    def test_what_is_wrong_is_told(self, browser, files, told):
        answer = tries(browser, *files)
        assert answer.status_code == 400
        assert told in answer.text

    def test_a_new_file_goes_where_it_belongs(self, town, browser):
        new = "source: other\nname: Other\nrules: []\n"
        answer = tries(browser, ("other.yaml", new))
        assert answer.status_code == 303, answer.text
        assert work(town) == "what if sources/other.yaml: done"
        assert "Nobody would stand elsewhere." in browser.get(answer.headers["Location"]).text

    def test_one_at_a_time(self, town, browser):
        tries(browser, ("moodle.yaml", without_escb_basic()))
        answer = tries(browser, ("moodle.yaml", f"{MOODLE}\n# another\n"))
        assert "Another change is being tried" in answer.text
        work(town)
        assert tries(browser, ("moodle.yaml", f"{MOODLE}\n# another\n")).status_code == 303

    def test_one_whose_worker_was_killed_is_begun_anew(self, town, browser):
        tries(browser, ("moodle.yaml", without_escb_basic()))
        write, now = town.bridge.database.write, town.bridge.clock
        assert write(lambda session: what_ifs.claim_next(session, now=now(), for_seconds=300))
        assert work(town) == ""
        town.bridge.clock.advance(timedelta(minutes=5))
        assert work(town) == "what if sources/moodle.yaml: done"

    def test_one_that_is_stopped_holds_nobody_up_and_is_begun_anew_at_once(self, town, browser):
        path = tries(browser, ("moodle.yaml", without_escb_basic())).headers["Location"]
        bridge = town.bridge
        bridge.stored(completion(f"mailto:{LEARNER}", "escb_basic", bridge.clock() - timedelta(days=1)))
        bridge.recompute()
        stopped = carry_out(bridge.database, bridge.settings, bridge.clock, stop=lambda: True)
        assert stopped == "what if sources/moodle.yaml: stopped, and begun anew later"
        assert "It is being worked out" in browser.get(path).text
        assert work(town) == "what if sources/moodle.yaml: done"

    def test_that_fails_says_so(self, town, browser, monkeypatch):
        def fail(*_arguments, **_options):
            raise ZeroDivisionError("a bug")

        path = tries(browser, ("moodle.yaml", without_escb_basic())).headers["Location"]
        monkeypatch.setattr("lrs_bridge.flows.tried_mappings.what_if", fail)
        assert work(town) == "what if sources/moodle.yaml: failed"
        assert "It could not be tried" in browser.get(path).text

    def test_the_answer_is_forgotten_after_a_day(self, town, browser):
        path = tries(browser, ("moodle.yaml", without_escb_basic())).headers["Location"]
        write, now = town.bridge.database.write, town.bridge.clock()
        assert write(lambda session: what_ifs.forget(session, now)) == 0
        assert write(lambda session: what_ifs.forget(session, now + KEPT)) == 1
        assert browser.get(path).status_code == 404

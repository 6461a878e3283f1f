"""Certificates of the tier reached: what they say, in every script, and when they end."""

from __future__ import annotations

import io
import re
import unicodedata
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from builders import completion, void_of
from conftest import _leave_untested
from pypdf import PdfReader
from web.visitors import LEARNER, OTHER_LEARNER

from lrs_bridge.connectors import certificate_files
from lrs_bridge.connectors.certificate_files import Paper
from lrs_bridge.store import audit

FONTS = Path("/usr/share/fonts")


@pytest.fixture
def sent(town):
    """The statements by which the learner has reached T2."""
    happened = town.bridge.clock() - timedelta(days=9)
    made = [
        town.bridge.stored(completion(f"mailto:{LEARNER}", course, happened))[0]
        for course in ("induction", "escb_basic")
    ]
    town.bridge.recompute()
    return made


def makes_one(town, browser=None):
    """The address of a new certificate of the learner's."""
    browser = browser or town.browser(LEARNER)
    browser.get("/me")
    answer = browser.post("/me/certificates", follow=False, framework="escb")
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def text_of(pdf):
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


def test_says_who_reached_which_tier_when_and_no_more(town, sent):
    way = makes_one(town)
    page = town.browser().get(way)
    assert page.headers["X-Robots-Tag"] == "noindex, nofollow"
    for told in (
        "Asha Rao",
        "T2 Universal",
        "Essex CSE learning standards",
        "Essex Safeguarding Children Board",
        "2 Mar 2026",
        "It still holds",
        "does not prove who sat at the screen",
    ):
        assert told in page.text, told
    for kept_back in (LEARNER, "Colne", "4711", "Class teacher", "T3"):
        assert kept_back not in page.text, kept_back


def test_the_pdf_is_read_back(town, sent):
    way = makes_one(town)
    answer = town.browser().get(f"{way}/certificate.pdf")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    read = PdfReader(io.BytesIO(answer.data))
    said = text_of(answer.data)
    for told in ("Asha Rao", "T2 Universal", "Essex Safeguarding Children Board", "as at 2 Mar 2026"):
        assert told in said, told
    assert "does not prove who sat at the screen" in said
    link = f"{town.bridge.settings.public_url}{way}"
    assert link in said.replace(" ", "")
    assert {note.get_object()["/A"]["/URI"] for note in read.pages[0]["/Annots"]} == {link}
    assert len(read.pages) == 1
    assert read.trailer["/Root"]["/Lang"] == "en-GB"
    assert read.metadata.title == "CSE knowledge tier reached: Asha Rao"
    assert LEARNER not in said


def test_ends_by_itself_when_evidence_is_taken_back(town, sent):
    way = makes_one(town)
    town.bridge.stored(void_of(sent[1]))
    town.bridge.recompute()
    page = town.browser().get(way)
    assert "It no longer holds" in page.text
    assert "It still holds" not in page.text
    assert town.browser().get(f"{way}/certificate.pdf").status_code == 410
    assert "no longer holds" in town.browser(LEARNER).get("/me").text


def test_still_holds_of_whoever_goes_on(town, sent):
    way = makes_one(town)
    happened = town.bridge.clock() - timedelta(days=2)
    for course in ("escb_missing", "nwg_basic", "set_toolbox"):
        town.bridge.stored(completion(f"mailto:{LEARNER}", course, happened))
    town.bridge.recompute()
    assert "It still holds" in town.browser().get(way).text


def test_is_withdrawn_by_its_learner_alone(town, sent):
    way = makes_one(town)
    page = town.browser(LEARNER).get("/me").text
    [withdrawing] = set(re.findall(r"/me/certificates/\d+/withdraw", page))
    assert town.browser(OTHER_LEARNER).get(withdrawing).status_code == 404
    assert town.browser(OTHER_LEARNER).post(withdrawing).status_code == 404
    assert "It still holds" in town.browser().get(way).text
    browser = town.browser(LEARNER)
    browser.get(withdrawing)
    assert withdrawing not in browser.post(withdrawing).text
    gone = town.browser().get(way)
    assert gone.status_code == 410
    assert "Asha" not in gone.text
    assert town.browser().get(f"{way}/certificate.pdf").status_code == 410
    assert browser.post(withdrawing).status_code == 404
    acts = [one.act for one in town.bridge.database.read(lambda session: audit.entries(session, limit=2))]
    assert acts == ["certificate withdrawn", "certificate made"]


def test_a_link_is_not_guessed_and_not_kept(town, sent):
    way = makes_one(town)
    token = way.rpartition("/")[2]
    assert len(token) >= 43  # 256 bits
    assert town.browser().get(way[:-1]).status_code == 404
    rows = town.bridge.database.read(
        lambda session: session.exec_driver_sql("SELECT * FROM certificates").all()
    )
    assert token not in repr(rows)


@pytest.mark.parametrize("framework", ["", "escb", "nothing"])
def test_there_is_none_of_what_was_not_reached(town, framework):
    browser = town.browser(LEARNER)
    assert "Get your certificate" not in browser.get("/me").text
    assert browser.post("/me/certificates", framework=framework).status_code == 404


def test_none_while_something_newer_is_worked_out(town, sent):
    browser = town.browser(LEARNER)
    browser.get("/me")
    town.bridge.stored(void_of(sent[0]))
    town.bridge.import_csv(
        "people", f"person,identifiers,organisation,area,role\nAsha R,{LEARNER},X,essex,Y\n"
    )
    assert browser.post("/me/certificates", framework="escb").status_code == 409


def test_twenty_at_most(town, sent):
    browser = town.browser(LEARNER)
    for _ in range(20):
        makes_one(town, browser)
    browser.get("/me")
    answer = browser.post("/me/certificates", framework="escb")
    assert (answer.status_code, "twenty" in answer.text) == (409, True)


def test_the_page_costs_as_many_questions_however_many_there_are(town, sent):
    asked = []

    @sa.event.listens_for(town.bridge.database.engine, "before_cursor_execute")
    def note(*_arguments):
        asked.append(1)

    browser = town.browser(LEARNER)

    def questions(way):
        asked.clear()
        assert browser.get(way).status_code == 200
        return len(asked)

    way = makes_one(town, browser)
    before = questions("/me"), questions(way)
    for _ in range(12):
        makes_one(town, browser)
    assert (questions("/me"), questions(way)) == before


def paper(name):
    return Paper("CSE", name, ("a line",), ("an end",), "https://b.example/certificates/x", _NOW)


_NOW = datetime(2026, 3, 2, tzinfo=UTC)


class TestNames:
    @pytest.mark.parametrize(
        "name",
        [
            "Asha Rao",
            "Łucja Żółć",
            "Siôn Ŵyn ap Ŷ",
            "Zoë Nguyễn",
            "محمد بن علي",
            "שרה כהן",
            "Ελένη",
            "Юлия Ґ",
        ],
    )
    def test_in_other_scripts_are_whole(self, name):
        if not list(FONTS.rglob("DejaVuSans.ttf")):
            _leave_untested(
                "NAMES IN OTHER SCRIPTS", "no DejaVu fonts are installed (package: fonts-dejavu-core)"
            )
        drawn = certificate_files.draw(paper(name), str(FONTS))
        said = unicodedata.normalize("NFC", text_of(drawn))
        assert name in said
        assert "?" not in said

    def test_of_letters_that_no_font_has_are_not_drawn_at_all(self, tmp_path):
        assert certificate_files.draw(paper("Łucja"), str(tmp_path)) is None
        assert not certificate_files.can_draw(paper("Łucja"), str(tmp_path))

    def test_of_western_letters_need_no_font(self, tmp_path):
        assert "Zoë Müller" in text_of(certificate_files.draw(paper("Zoë Müller"), str(tmp_path)))

    def test_a_file_that_is_no_font_is_passed_over(self, tmp_path):
        (tmp_path / "DejaVuSans.ttf").write_bytes(b"no font")
        assert "Zoë" in text_of(certificate_files.draw(paper("Zoë"), str(tmp_path)))


def test_where_no_font_has_the_name_the_page_stands_in(make_bridge, smtp, tmp_path):
    from web.visitors import Town

    town, lucja = Town(make_bridge(fonts=tmp_path)), "lucja@colne.example"
    town.bridge.import_csv(
        "people",
        f"person,identifiers,organisation,area,role\nŁucja Żółć,{lucja},Colne Primary School,essex,Class teacher\n",
    )
    happened = town.bridge.clock() - timedelta(days=9)
    town.bridge.stored(completion(f"mailto:{lucja}", "induction", happened))
    town.bridge.recompute()
    way = makes_one(town, town.browser(lucja))
    page = town.browser().get(way).text
    assert "Łucja Żółć" in page
    assert "Print this page instead" in page
    assert town.browser().get(f"{way}/certificate.pdf").status_code == 409

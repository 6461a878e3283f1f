"""Every page that any user's links lead to, in a real browser: looked at by axe-core, at 320 and at 1,280 px, as it is opened and as it
says that something is wrong; and gone through by keyboard."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pytest
import requests
from builders import wait_until
from journeys.test_pages import axe, chromium, look
from journeys.walks import EVERYBODY, LEARNER, demonstration, sign_in, walk

from lrs_bridge.demo.people import BOARDS, COORDINATOR, OPERATOR, SITE
from lrs_bridge.settings import SHIPPED_MAPPINGS

__all__ = ["axe", "chromium"]


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    with demonstration(tmp_path_factory.mktemp("demonstration")) as made:
        yield made


BEHIND_FORMS = {
    "board.show_membership",
    "board.show_request",
    "board.show_void",
    "certificates.show_certificate",
    "check_in.show_form",
    "check_in.show_thanks",
    "coordinator.show_check_in",
    "coordinator.show_headings",
    "coordinator.show_upload",
    "from_site.show_standing",
    "mine.show_withdrawing",
    "operator.show_erasure",
    "operator.show_statement",
    "operator.show_what_if",
    "site_entrance.enter",
}
"""Pages that come of something done: the second test does it."""
LOOKED_AT_ELSEWHERE = {
    "demonstration.show_people",
    "manager.show_letter",
    "mine.show_other_code",
    "sign_in.show_link",
    "sign_in.show_sent",
}
"""By test_pages.py and test_manager_letter.py; the demonstration's own page has no user."""
NO_PAGES = {
    "certificates.get_pdf",
    "coordinator.draw_over_time",
    "coordinator.draw_roles",
    "coordinator.draw_teams",
    "coordinator.show_code",
    "sign_in.come_back",
    "sign_in.go_to_provider",
}
"""Pictures, files and ways to elsewhere."""


@pytest.mark.parametrize(
    "screen",
    [
        # as of 1,280 by 1,024 px at 400 %, and of a small phone
        {"viewport": {"width": 320, "height": 256}, "device_scale_factor": 4},
        {"viewport": {"width": 1280, "height": 1024}},
    ],
    ids=["400 %", "desktop"],
)
def test_every_page_is_accessible_as_it_is_opened_and_as_it_says_what_is_wrong(town, chromium, axe, screen):
    wrong, seen = {}, set()
    for who in EVERYBODY:
        context = chromium.new_context(**screen, bypass_csp=True)
        page = context.new_page()
        if who:
            sign_in(page, town, who)
        forms = {}

        def visit(kind, page=page, forms=forms, who=who):
            _look(page, axe, f"{who}: {kind} {page.url}", wrong)
            if page.locator(FORM).count():
                forms.setdefault(kind, page.url)

        seen |= walk(page, town, page.url if who else f"{town.url}/sign-in", visit)
        for kind, url in forms.items():
            page.goto(url)
            with page.expect_navigation() as sent:
                page.locator(FORM).first.locator("[type=submit]").first.click()
            if sent.value.status >= 500:
                wrong[f"{who}: {kind} {url}, sent as it is"] = str(sent.value.status)
            _look(page, axe, f"{who}: {kind} {url}, sent as it is", wrong)
        context.close()
    assert not wrong, json.dumps(wrong, indent=1)
    others = BEHIND_FORMS | LOOKED_AT_ELSEWHERE | NO_PAGES
    assert town.endpoints() - seen - others == set()


def test_every_page_is_gone_through_by_keyboard(town, chromium):
    wrong, reached = {}, 0
    for who in EVERYBODY:
        context = chromium.new_context(
            viewport={"width": 640, "height": 512}, bypass_csp=True, reduced_motion="reduce"
        )
        page = context.new_page()
        if who:
            sign_in(page, town, who)

        def visit(kind, page=page, who=who):
            nonlocal reached
            number, missed = _tab_through(page)
            reached += number
            if missed:
                wrong[f"{who}: {kind} {page.url}"] = missed

        walk(page, town, page.url if who else f"{town.url}/sign-in", visit)
        context.close()
    assert not wrong, json.dumps(wrong, indent=1)
    assert reached > 1000


STOPS = """() => {
    document.querySelectorAll("details").forEach(one => one.open = true)
    const one_of_its_group = one => {
        if (one.type !== "radio") return true
        const group = document.querySelectorAll(`input[type=radio][name="${one.name}"]`)
        return one === ([...group].find(other => other.checked) || group[0])
    }
    window.stops = [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")]
        .filter(one => one.checkVisibility() && !one.disabled && one.tabIndex >= 0 && one_of_its_group(one))
    return window.stops.map(one => one.outerHTML.slice(0, 120))
}"""
"""What Tab has to stop at, in its order: of radio buttons one for each group, from which the arrow keys lead on."""
STANDS_AT = """() => {
    const at = document.activeElement, style = getComputedStyle(at), place = at.getBoundingClientRect()
    const marked = style.outlineStyle !== "none" || style.boxShadow !== "none"
    return [window.stops.indexOf(at), marked && place.bottom > 0 && place.top < innerHeight]
}"""
"""Where the focus is, and whether it's to be seen."""


def _tab_through(page):
    """How many stops there are; and those that Tab skips or reaches out of order, or where the focus isn't to be seen."""
    stops = page.evaluate(STOPS)
    wrong = []
    for place, stop in enumerate(stops):
        page.keyboard.press("Tab")
        at, to_be_seen = page.evaluate(STANDS_AT)
        if at != place:
            wrong.append(f"goes to {stops[at] if at >= 0 else 'elsewhere'} rather than to {stop}")
        elif not to_be_seen:
            wrong.append(f"not to be seen: {stop}")
    return len(stops), wrong


FORM = "main form[method=post]:has(input:not([type=hidden]), select, textarea)"
"""One that is filled in, rather than pressed."""


def _look(page, axe, what, wrong):
    try:
        look(page, axe)
    except AssertionError as found:
        wrong[what] = str(found).partition("\n")[0]


def test_every_page_that_comes_of_something_done_is_accessible(town, chromium, axe):
    contexts, seen, wrong = [], set(), {}

    def somebody(who):
        contexts.append(chromium.new_context(viewport={"width": 320, "height": 640}, bypass_csp=True))
        page = contexts[-1].new_page()
        if who:
            sign_in(page, town, who)
        return page

    def looked(page):
        kind = town.endpoint(page.url)
        seen.add(kind)
        _look(page, axe, f"{kind} {page.url}", wrong)

    def sends(page):
        page.locator("main form [type=submit]").first.click()
        looked(page)

    board = somebody(BOARDS["thurrock"][0])
    board.goto(f"{town.url}/boards/thurrock/requests")
    board.get_by_role("link", name="Liam").click()
    looked(board)
    board.get_by_role("button", name="Return with").click()
    looked(board)
    essex = somebody(BOARDS["essex"][0])
    essex.goto(f"{town.url}/boards/essex/memberships")
    for name, text in (("person", "ben.carter@mail.example"), ("checked", "1/3/2026"), ("source", "a list")):
        essex.locator(f"main input[name={name}]").fill(text)
    sends(essex)
    essex.get_by_role("link", name="Take it back").click()
    looked(essex)
    learner = somebody(LEARNER)
    learner.get_by_role("button", name=re.compile("certificate", re.IGNORECASE)).first.click()
    looked(learner)
    learner.goto(f"{town.url}/me")
    learner.get_by_role("link", name=re.compile("withdraw", re.IGNORECASE)).first.click()
    looked(learner)
    desk = somebody(COORDINATOR[0])
    desk.goto(f"{town.url}/organisations")
    desk.get_by_role("link", name="Colne Primary School").click()
    desk.get_by_role("link", name="Record training").click()
    recording = desk.url
    desk.get_by_role("link", name="Take in a spreadsheet").click()
    own = f"Work e-mail,Passed on,Course\n{LEARNER},1/3/2026,pace\n".encode()
    desk.set_input_files("input[type=file]", {"name": "own.csv", "mimeType": "text/csv", "buffer": own})
    desk.get_by_label(re.compile("completed|completions|courses", re.IGNORECASE)).first.check()
    sends(desk)
    for number, column in enumerate(("person", "date", "course")):
        desk.locator(f"select[name=heading-{number}]").select_option(column)
    sends(desk)
    desk.goto(recording)
    desk.get_by_role("link", name=re.compile("Check people in")).click()
    desk.locator("main input[type=text]").first.fill("Basic awareness")
    desk.locator("main input[name=date]").fill(f"{datetime.now(UTC):%d/%m/%Y}")
    desk.locator("main input[name=delivered_by]").fill("joan.hale@colne.example")
    desk.locator("main input[type=checkbox]").first.check()
    sends(desk)
    attendee = somebody(None)
    attendee.goto(re.search(r"http\S+/check-in/[\w-]+", desk.inner_text("main"))[0])
    looked(attendee)
    sends(attendee)
    for number, text in enumerate(("Ann Bee", "ann@bee.example")):
        attendee.locator("main input:not([type=hidden])").nth(number).fill(text)
    sends(attendee)
    desk.reload()
    looked(desk)
    operator = somebody(OPERATOR)
    operator.goto(f"{town.url}/operator/statements")
    sends(operator)
    operator.locator("main table a").last.click()
    looked(operator)
    learner.goto(f"{town.url}/me/erasure")
    if learner.get_by_role("button", name="Ask for it to be erased").count():  # not yet by the walk
        sends(learner)
    operator.goto(f"{town.url}/operator/erasures")
    operator.get_by_role("link", name=re.compile(r"^Request \d")).first.click()
    looked(operator)
    operator.get_by_label("Everything is kept").check()
    operator.get_by_label("What the learner is told").fill("You are registered as champion.")
    sends(operator)
    operator.goto(f"{town.url}/operator/mappings/try")
    changed = (SHIPPED_MAPPINGS / "sources" / "nwg.yaml").read_bytes() + b"# tried\n"
    operator.set_input_files(
        "input[type=file]", {"name": "nwg.yaml", "mimeType": "text/yaml", "buffer": changed}
    )
    sends(operator)
    answered = operator.get_by_text("Nothing was put in force.")
    wait_until(lambda: operator.reload() and answered.count(), "what would be different")
    looked(operator)
    for person in (somebody(None), operator):
        person.goto(_link_from_site(town))
        looked(person)
    for context in contexts:
        context.close()
    assert not wrong, json.dumps(wrong, indent=1)
    assert seen >= BEHIND_FORMS


def _link_from_site(town):
    """As a site asks for it that one of its learners comes from."""
    made = json.loads(town.command("add-client", "--for-moodle", SITE, "--source", "moodle", "--json"))
    agent = {"account": {"homePage": SITE, "name": "asha.rao"}}
    asked = requests.post(
        f"{town.url}/api/v1/sign-in-links",
        json={"agent": agent},
        auth=(made["key"], made["secret"]),
        timeout=30,
    )
    assert asked.status_code == 200, asked.text
    return asked.json()["link"]


def test_no_column_of_what_is_recorded_is_hidden_on_a_small_phone_and_it_stays_a_table(town, chromium):
    context = chromium.new_context(viewport={"width": 320, "height": 640})
    page = context.new_page()
    sign_in(page, town, "owen.price@council.example")  # whom no walk has had letters sent to
    page.goto(f"{town.url}/me")
    table = page.get_by_role("region", name="Table of what is recorded")
    assert table.evaluate("one => one.scrollWidth <= one.clientWidth")
    assert table.get_by_role("columnheader").all_inner_texts() == ["Day", "What", "From", "Counts", "Why"]
    rows = table.get_by_role("row")
    assert rows.count() > 1
    assert table.get_by_role("cell").count() == 5 * (rows.count() - 1)
    context.close()

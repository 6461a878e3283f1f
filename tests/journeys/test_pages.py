"""The pages in a real browser: without JavaScript, by keyboard, on a narrow phone; looked at by axe-core."""

from __future__ import annotations

import email
import email.policy
import json
import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from builders import SITE, completion
from conftest import CLIENTS, _leave_untested

MAIL, OTHER = "asha.rao@colne.example", "asma@colne.example"
LONG = "الدكتورة أسماء عبد الرحمن الطويلة الاسم جدا بن يوسف " + "Wolfeschlegelsteinhausenbergerdorff" * 2
PEOPLE = f"""person,identifiers,organisation,area,role,required_tier
Asha Rao,{MAIL}; {SITE}|4711,Colne Primary School,essex,Class teacher,T3
Asha Rao,{MAIL},Grays Youth Club,thurrock,Youth worker,
{LONG},{OTHER},Colne Primary School,essex,Class teacher,T2
"""
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module")
def chromium(program):
    """A browser; Playwright drives Debian's."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as missing:
        _leave_untested("THE PAGES", f"playwright is not installed ({missing})")
    path = program("THE PAGES", "chromium", "chromium")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def axe():
    modules = Path(os.environ.get("NODE_MODULES") or CLIENTS / "node_modules")
    found = modules / "axe-core" / "axe.min.js"
    if not found.is_file():
        _leave_untested("ACCESSIBILITY", f"axe-core is not in {modules}: run `npm install` in tests/clients")
    return found.read_text(encoding="utf-8")


@pytest.fixture
def service(sqlite_url, serve, tmp_path):
    running = serve(sqlite_url)
    table = tmp_path / "people.csv"
    table.write_text(PEOPLE, encoding="utf-8")
    done = running.run("import", "people", str(table), "--apply")
    assert done.returncode == 0, done.stderr
    key, secret = running.credential("moodle")
    now = datetime.now(UTC)
    sent = [
        completion(f"mailto:{MAIL}", "induction", now - timedelta(days=400)),
        completion(f"{SITE}|4711", "escb_basic", now - timedelta(days=300)),
        completion(f"mailto:{MAIL}", "set_toolbox", now - timedelta(days=30)),
    ]
    assert running.sender((key, secret)).post(running.statements, json=sent).status_code == 200
    running.wait_until_computed()
    return running


def newest_text(service):
    [*_, newest] = sorted((service.folder / "mailbox").iterdir(), key=lambda path: path.stat().st_mtime_ns)
    message = email.message_from_bytes(newest.read_bytes(), policy=email.policy.default)
    return message.get_body(("plain",)).get_content()


def newest_code(service):
    return re.search(r"\d{3} \d{3}", newest_text(service))[0]


def newest_letter(service):
    """The link and the code in it."""
    link = re.search(r"http\S+/sign-in/link/\S+", newest_text(service))
    return link[0], newest_code(service)


def look(page, axe):
    """What axe-core finds, and what holds of every page of ours."""
    assert page.locator("script").count() == 0
    page.evaluate(axe)
    found = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)
    wrong = [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in found["violations"]]
    assert wrong == [], json.dumps(wrong)
    assert page.locator("h1").count() == 1
    heading = page.locator("h1").inner_text()
    title = page.title().removeprefix("Error: ")
    assert title.startswith(heading), (title, heading)
    ids = page.eval_on_selector_all("[id]", "all => all.map(one => one.id)")
    assert len(set(ids)) == len(ids)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert page.get_by_role("heading", name="Worried about a child now?").count() == 1


@pytest.mark.parametrize("width", [320, 1280])
def test_every_state_is_accessible(service, chromium, axe, width):
    context = chromium.new_context(viewport={"width": width, "height": 700}, bypass_csp=True)
    page = context.new_page()
    seen = []

    def looked(what):
        look(page, axe)
        seen.append(what)

    page.goto(f"{service.url}/")
    looked("home")
    page.get_by_role("link", name="See your CSE training").click()
    looked("sign in")
    page.get_by_label("E-mail address").fill("nonsense")
    page.get_by_role("button", name="Send me an e-mail").click()
    assert page.get_by_role("alert").inner_text().startswith("There is a problem")
    looked("sign in, wrong")
    page.get_by_label("E-mail address").fill(MAIL)
    page.get_by_role("button", name="Send me an e-mail").click()
    looked("sent")
    page.get_by_label("Code").fill("no code")
    page.get_by_role("button", name="Sign in").click()
    looked("sent, wrong")
    link, _ = newest_letter(service)
    page.goto(link)
    looked("link")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/me")
    assert page.get_by_text("You have reached T2 Universal.").count() == 1
    assert page.get_by_text("Your post requires T3 Regular contact.").count() == 1
    assert page.get_by_text("Thurrock has set no tiers.").count() == 1
    looked("standing")
    page.get_by_role("link", name="Add another e-mail address").click()
    looked("other address")
    page.get_by_label("Other e-mail address").fill(MAIL)
    page.get_by_role("button", name="Send the code").click()
    looked("other address, wrong")
    page.get_by_label("Other e-mail address").fill("asha@home.example")
    page.get_by_role("button", name="Send the code").click()
    looked("other address, code")
    page.get_by_label("Code").fill("1")
    page.get_by_role("button", name="Add the address").click()
    looked("other address, code, wrong")
    page.get_by_label("Code").fill(newest_code(service))
    page.get_by_role("button", name="Add the address").click()
    looked("other address, added")
    page.get_by_role("link", name="Back to your CSE training").click()
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.goto(link)
    looked("link, spent")
    page.goto(f"{service.url}/sign-in")
    page.get_by_label("E-mail address").fill(OTHER)
    page.get_by_role("button", name="Send me an e-mail").click()
    page.get_by_label("Code").fill(newest_letter(service)[1])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/me")
    assert page.get_by_text("You have not begun the first tier yet.").count() == 1
    looked("standing, empty, with a long name from right to left")
    page.goto(f"{service.url}/nowhere")
    looked("no such page")
    assert len(seen) == 15
    context.close()


def test_by_keyboard_alone_and_without_javascript(service, chromium):
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 640, "height": 512})
    page = context.new_page()
    page.goto(f"{service.url}/sign-in")
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to main content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type(MAIL)
    page.keyboard.press("Enter")
    page.wait_for_url("**/sign-in/sent")
    _, code = newest_letter(service)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type(code)
    page.keyboard.press("Enter")
    page.wait_for_url("**/me")
    assert page.locator("h1").inner_text() == "Your CSE training"
    context.close()


def test_nothing_is_loaded_from_elsewhere_and_no_address_tells_who(service, chromium):
    context = chromium.new_context()
    page = context.new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{service.url}/sign-in")
    page.get_by_label("E-mail address").fill(MAIL)
    page.get_by_role("button", name="Send me an e-mail").click()
    page.get_by_label("Code").fill(newest_letter(service)[1])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/me")
    assert len(asked) > 5
    assert all(url.startswith(f"{service.url}/") for url in asked), asked
    assert not any("asha" in url or "@" in url for url in asked)
    context.close()

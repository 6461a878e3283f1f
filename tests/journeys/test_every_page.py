"""Every page that any user's links lead to, in a real browser: looked at by axe-core, at 320 and at 1,280 px, as it is opened and as it
says that something is wrong."""

from __future__ import annotations

import json

import pytest
from journeys.test_pages import axe, chromium, look
from journeys.walks import EVERYBODY, demonstration, sign_in, walk

__all__ = ["axe", "chromium"]


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    with demonstration(tmp_path_factory.mktemp("demonstration")) as made:
        yield made


LINKED_FROM_LETTERS = {
    "sign_in.show_link",
    "sign_in.show_sent",
    "mine.show_other_code",
    "manager.show_letter",
    "check_in.show_list",
}
"""Pages that only a letter, a code on the wall or a form leads to: their own tests look at them."""


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
    assert town.endpoints() - seen - LINKED_FROM_LETTERS == set()


FORM = "main form[method=post]:has(input:not([type=hidden]), select, textarea)"
"""One that is filled in, rather than pressed."""


def _look(page, axe, what, wrong):
    try:
        look(page, axe)
    except AssertionError as found:
        wrong[what] = str(found).partition("\n")[0]

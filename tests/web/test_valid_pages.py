"""That the check of every page finds what it is there to find."""

from __future__ import annotations

import pytest
from web.valid_pages import problems_of

GOOD = """<!doctype html><html lang="en"><head><title>Your records – lrs_bridge</title></head><body>
<main id="main"><h1>Your records</h1><h2>Those of today</h2><p><a href="#main">Up</a></p>
<form method="post"><label for="a">Name</label> <input id="a" name="a"></form></main><footer>End</footer></body></html>"""


def test_a_good_page_has_no_problem():
    assert problems_of(GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("<!doctype html>", "", "HTML, line"),
        ("</h1>", "</h2>", "HTML, line"),
        ("<p>", "<p><div></div>", "HTML, line"),
        ("<h2>Those of today</h2>", "<h1>Another</h1>", "2 h1"),
        ("<title>Your", "<title>My", "does not begin"),
        ("<h2>Those of today</h2>", '<h2 id="main">Those of today</h2>', "stands 2 times"),
        ('<label for="a">', "<label>", "has no label"),
        ('for="a"', 'for="b"', "leads nowhere"),
        ('href="#main"', 'href="#other"', "leads nowhere"),
        ('<html lang="en">', "<html>", "without lang"),
        ("<footer>End</footer>", "", "0 × <footer>"),
        ("<p>", '<p style="color:red">', "inline style"),
        ("<p>", "<script>1</script><p>", "inline script"),
        ("<p>", "<ul><p>x</p></ul><p>", "<p> right in <ul>"),
        ("<h2>Those of today</h2>", "<h3>Those of today</h3>", "after <h1>"),
        ("<p>", '<img src="x"><p>', "without alt"),
    ],
)
def test_and_what_is_wrong_is_said(old, new, told):
    assert old in GOOD
    assert told in "\n".join(problems_of(GOOD.replace(old, new)))

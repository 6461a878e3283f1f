"""What holds for every page that any test opens: valid HTML, one h1 that the title begins with, labels, landmarks, ids once."""

from __future__ import annotations

from collections import Counter

from justhtml import JustHTML

NEEDS_NO_LABEL = {"hidden", "submit", "button"}
TAKES_ONLY = {
    "ul": {"li"},
    "ol": {"li"},
    "dl": {"dt", "dd", "div"},
    "tr": {"th", "td"},
    "thead": {"tr"},
    "tbody": {"tr"},
    "table": {"caption", "thead", "tbody", "tfoot", "colgroup"},
    "select": {"option", "optgroup"},
}
NOT_WITHIN = {
    "a": {"a", "button", "input", "select", "textarea"},
    "button": {"a", "button", "input", "select", "textarea"},
    "form": {"form"},
    "p": {"div", "ul", "ol", "table", "section", "form", "h2", "h3"},
}


def text_of(node) -> str:
    return " ".join(node.to_text().split())


def problems_of(page: str) -> list[str]:
    """What is wrong with a page, in words."""
    document = JustHTML(page, collect_errors=True, sanitize=False)
    found = [f"HTML, line {error.line}: {error.code}" for error in document.errors]
    heads = document.query("h1")
    titles = document.query("title")
    if len(heads) != 1 or len(titles) != 1:
        found.append(f"{len(heads)} h1, {len(titles)} titles")
    else:
        heading, title = text_of(heads[0]), text_of(titles[0]).removeprefix("Error: ")
        if not title.startswith(heading):
            found.append(f"the title “{title}” does not begin with the heading “{heading}”")
    ids = Counter(node.attrs["id"] for node in document.query("[id]"))
    found += [f"the id {id_} stands {number} times" for id_, number in ids.items() if number > 1]
    found += _unlabelled(document)
    found += _leading_nowhere(document, ids)
    found += [
        f"{len(document.query(name))} × <{name}>"
        for name in ("main", "footer")
        if len(document.query(name)) != 1
    ]
    found += ["<html> without lang" for node in document.query("html") if not node.attrs.get("lang")]
    found += ["an image without alt" for node in document.query("img") if "alt" not in node.attrs]
    found += ["an inline style or handler" for node in document.query("[style], [onclick], [onchange]")]
    found += ["an inline script" for node in document.query("script") if not node.attrs.get("src")]
    found += _misplaced(document)
    found += _levels(document)
    return found


def _unlabelled(document) -> list[str]:
    labels = {node.attrs.get("for") for node in document.query("label")}
    return [
        f"the field “{node.attrs.get('name')}” has no label"
        for node in document.query("input, select, textarea")
        if node.attrs.get("type", "text") not in NEEDS_NO_LABEL
        and node.attrs.get("id") not in labels
        and not node.attrs.get("aria-label")
        and not node.attrs.get("aria-labelledby")
    ]


def _leading_nowhere(document, ids) -> list[str]:
    found = []
    for name in ("for", "aria-labelledby", "aria-describedby"):
        for node in document.query(f"[{name}]"):
            found += [f"{name}=“{id_}” leads nowhere" for id_ in node.attrs[name].split() if id_ not in ids]
    for node in document.query("a[href]"):
        href = node.attrs["href"]
        if href.startswith("#") and href[1:] not in ids:
            found.append(f"the link “{text_of(node)}” leads nowhere: {href}")
    return found


def _misplaced(document) -> list[str]:
    found = []
    for name, allowed in TAKES_ONLY.items():
        for node in document.query(name):
            children = {child.name for child in node.children if not child.name.startswith("#")}
            found += [f"<{child}> right in <{name}>" for child in sorted(children - allowed)]
    for name, forbidden in NOT_WITHIN.items():
        for inner in sorted(forbidden):
            found += [f"<{inner}> within <{name}>" for _ in document.query(f"{name} {inner}")]
    return found


def _levels(document) -> list[str]:
    """Headings inside <main> go down one level at a time."""
    found, last = [], 0
    for node in document.query("main h1, main h2, main h3, main h4, main h5"):
        level = int(node.name[1])
        if level > last + 1 and last:
            found.append(f"<h{level}> “{text_of(node)}” after <h{last}>")
        last = level
    return found


def assert_valid(page: str) -> None:
    found = problems_of(page)
    assert not found, "\n".join(found)

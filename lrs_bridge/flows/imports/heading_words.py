"""What the columns of an import are called where people choose what their own headings mean: for those who have not read the manual."""

from __future__ import annotations

_OF_KIND = {
    ("people", "person"): "name of the person",
    ("people", "until"): "last day of the post",
    ("completions", "course"): "course that was completed",
    ("completions", "date"): "day on which it was completed",
    ("sessions", "date"): "day of the session",
    ("equivalences", "course"): "the other course",
    ("equivalences", "date"): "day of the decision",
    ("attestations", "date"): "day on which they said so",
}
"""Where a column is not the same thing in every kind of import."""

_WORDS = {
    "person": "whose record it is: e-mail address or badge",
    "identifiers": "e-mail address, staff number or badge of the person",
    "organisation": "organisation",
    "area": "area",
    "service_area": "team or service area",
    "role": "what the post is called",
    "required_tier": "knowledge tier that the post requires",
    "manager": "e-mail address of the line manager",
    "from": "first day of the post",
    "until": "last day on which it holds",
    "provider": "who gave the course",
    "certificate": "reference of the certificate",
    "seen_by": "e-mail address of whoever saw the certificate",
    "seen_by_name": "name of whoever saw the certificate",
    "note": "note",
    "title": "what the session was called",
    "delivered_by": "e-mail address of whoever delivered it",
    "delivered_by_name": "name of whoever delivered it",
    "courses": "courses that the session gave",
    "items": "single items that the session gave",
    "attendees": "who attended: e-mail addresses or badges",
    "attendee_name": "name of whoever attended",
    "membership": "membership of what",
    "checked": "day on which it was checked",
    "source": "where it was checked",
    "number": "membership number",
    "attestation": "what was vouched for",
    "by": "e-mail address of whoever vouches",
    "by_name": "name of whoever vouches",
    "answer": "their answer, yes or no",
    "parts": "whether the person knows it, does it, or both",
    "counts_as": "the course that it counts as",
    "decided_by": "e-mail address of whoever decided",
    "decided_by_name": "name of whoever decided",
    "basis": "on what basis it was decided",
}


def heading_words(kind: str, column: str) -> str:
    """Words for it, and the column's own name where that is another, as the template of the import has it."""
    words = _OF_KIND.get((kind, column)) or _WORDS.get(column, "")
    name = column.replace("_", " ")
    return f"{words} ({name})" if words and words != name else name

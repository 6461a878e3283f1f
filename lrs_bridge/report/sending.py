"""What the terminal shows of those who send: their credentials, and what was refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any


def clients_report(found: Sequence[dict[str, Any]]) -> str:
    """Each credential with what it may do, the newest first."""
    return "\n".join(line for one in found for line in _client(one)) or "There are none."


def _client(one: dict[str, Any]) -> Iterator[str]:
    test = ", for tests" if one["test"] else ""
    yield f"{one['key']}  {one['name']}   {one['state']}{test}"
    yield f"  source     {one['source'] or '(none)'}"
    yield f"  may        {', '.join(one['scopes'])}"
    for title, limits in (
        ("speaks for", [*one["home_pages"], *one["mail_domains"]]),
        ("origins", one["origins"]),
    ):
        if limits:
            yield f"  {title:<10} {', '.join(limits)}"
    launch = one["launch"]
    if launch:
        yield f"  learner    {launch['learner']}"
        yield f"  activity   {launch['activity']}, registration {launch['registration']}"
    yield f"  made       {one['created_at'][:19]} by {one['created_by']}"
    for title, instant in (
        ("revoked", one["revoked_at"]),
        ("until", one["expires_at"]),
        ("old secret", one["old_secret_until"]),
    ):
        if instant:
            yield f"  {title:<10} {instant[:19]}"
    yield ""


def refused_report(found: Sequence[dict[str, Any]]) -> str:
    """Each kind of refused request, the newest first: who sent what, why not, and how it began."""
    return "\n".join(_visible(line) for one in found for line in _refused(one)) or "Nothing was refused."


def _visible(text: str) -> str:
    """What was sent may hold characters that would steer the terminal."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)


def _refused(one: dict[str, Any]) -> Iterator[str]:
    sender = one["sender"] or "somebody without a good credential"
    source = f" (source {one['source']})" if one["source"] else ""
    yield f"{one['last_at'][:19]}  {one['status']} to {one['method']} {one['path']} of {sender}{source}"
    if one["times"] > 1:
        yield f"  {one['times']} times since {one['first_at'][:19]}"
    title, *problems = one["reason"].split("\n")
    yield f"  {title}"
    yield from (f"    {problem.strip()}" for problem in problems)
    if one["excerpt"]:
        yield f"  sent: {' '.join(one['excerpt'].split())}"
    yield ""

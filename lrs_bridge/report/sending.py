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
    for title, instant in (("revoked", one["revoked_at"]), ("until", one["expires_at"])):
        if instant:
            yield f"  {title:<10} {instant[:19]}"
    yield ""

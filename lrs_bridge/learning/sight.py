"""What of a learner somebody may see who knows them from some of their posts."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lrs_bridge.learning.history import Evidence, History, Post, plain


@dataclass(frozen=True)
class Sight:
    """`posts`: those that are seen, at these `organisations` (names) or in these `areas` (keys)."""

    posts: tuple[Post, ...]
    organisations: frozenset[str] = frozenset()
    areas: frozenset[str] = frozenset()

    def is_here(self, organisation: str | None, area: str | None) -> bool:
        """Whether what was said for a post at this organisation and in this area is theirs to see. What it leaves out, it leaves
        open."""
        places = {plain(name) for name in self.organisations}
        if organisation and places:
            return plain(organisation) in places
        if area:
            return area in self.areas or area in {post.area for post in self.posts}
        return not organisation or plain(organisation) in {plain(post.organisation) for post in self.posts}

    def sees(self, one: Evidence) -> bool:
        """Courses and memberships are the person's; words and acts belong to a post."""
        if one.kind not in ("attestation", "champion"):
            return True
        area = one.key if one.kind == "champion" else one.detail.get("area")
        return self.is_here(one.detail.get("organisation"), area)

    def of(self, history: History) -> History:
        """The learner as if nothing else were known."""
        evidence = tuple(one for one in history.evidence if self.sees(one))
        return replace(history, posts=self.posts, evidence=evidence)

"""Where a learner stands in each of their posts: what it requires, how far that is reached, when some of it lapses.

It is what the lists of an organisation's people are read from, so nothing in it comes from a post at another organisation.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from lrs_bridge.learning.eligibility import Eligibility, eligibility_in
from lrs_bridge.learning.history import History, Post, plain
from lrs_bridge.learning.mappings import Framework, Mappings
from lrs_bridge.learning.sight import Sight
from lrs_bridge.learning.tiers import TierStanding, companion_asked
from lrs_bridge.moments import LATEST


def name_key(name: str) -> str:
    """By what names of people are found and sorted: whatever their capitals and accents, “José” beside “jose”."""
    letters = unicodedata.normalize("NFKD", plain(name))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


@dataclass(frozen=True, slots=True)
class PostStanding:
    """One current or coming post.

    required, attained  tiers; None where the post requires none, or none is attained; both where the Board has set none
    goal                the tier that `covered` of `total` items are of: the required one, else the next, else the highest
    lapses_at           when the learner next has less of what the post requires (of what they attained, where it requires none),
                        or of what makes them eligible or champion there; None if the clock alone brings no such thing. The end of
                        the post is none
    champion            `eligibility.Status` at this organisation; "" where the Board judges nobody
    """

    post: Post
    required: str | None
    attained: str | None
    is_below: bool
    goal: str | None
    covered: int
    total: int
    lapses_at: datetime | None
    champion: str

    @property
    def gap(self) -> int:
        """How many items that the post requires are missing."""
        return self.total - self.covered if self.is_below else 0


def post_standings(
    history: History,
    tiers: Mapping[str, TierStanding],
    eligibility: Mapping[str, Eligibility],
    mappings: Mappings,
    now: datetime,
) -> tuple[PostStanding, ...]:
    """`tiers` by framework, of every post that has not ended, and `eligibility` by area: as judged of this history already."""
    found = []
    for post in history.posts:
        if post.ends is None or post.ends > now:
            framework = mappings.framework_of(post.area)
            tier = tiers[framework.key] if framework else None
            champion = _champion(history, post, eligibility, mappings, now)
            found.append(_standing(post, framework, tier, champion, now))
    return tuple(found)


def _champion(
    history: History, post: Post, eligibility: Mapping[str, Eligibility], mappings: Mappings, now: datetime
) -> Eligibility | None:
    """Of the area where its judgement is of this organisation, else by what is known at this organisation alone."""
    known, champions = eligibility.get(post.area), mappings.champions_of(post.area)
    if champions is None or (known and plain(known.organisation) == plain(post.organisation)):
        return known
    here = tuple(one for one in history.posts if plain(one.organisation) == plain(post.organisation))
    sight = Sight(here, frozenset([post.organisation]))
    return eligibility_in(sight.of(history), post.area, champions, mappings, now)


def _standing(
    post: Post,
    framework: Framework | None,
    tier: TierStanding | None,
    champion: Eligibility | None,
    now: datetime,
) -> PostStanding:
    required, attained, is_below, goal, done = None, None, False, None, (0, 0)
    if framework and tier:
        order = list(framework.tiers)
        required = post.required_tier if post.required_tier in order else None
        attained = tier.attained
        is_below = required is not None and (
            attained is None or order.index(attained) < order.index(required)
        )
        goal = required or tier.next or attained
        done = tier.progress[goal] if goal else done
    ends = [*_tier_ends(post, framework, tier, required or attained), *_champion_ends(champion)]
    until = post.ends or LATEST
    return PostStanding(
        post=post,
        required=required,
        attained=attained,
        is_below=is_below,
        goal=goal,
        covered=done[0],
        total=done[1],
        lapses_at=min((end for end in ends if now < end < until), default=None),
        champion=champion.status if champion else "",
    )


def _tier_ends(
    post: Post, framework: Framework | None, tier: TierStanding | None, wanted: str | None
) -> Iterator[datetime]:
    if framework and tier and wanted:
        for item in framework.items_up_to(wanted):
            if item.key in tier.held_until:
                yield tier.held_until[item.key]
        asked = companion_asked(framework, wanted, [post])
        if asked and asked in tier.levels_until:
            yield tier.levels_until[asked]


def _champion_ends(champion: Eligibility | None) -> Iterable[datetime]:
    if champion and champion.lapses_at and champion.status != "not_eligible":
        yield champion.lapses_at

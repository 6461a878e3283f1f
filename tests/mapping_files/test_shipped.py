"""The shipped files say what the Boards' two documents say, as we read them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml

from lrs_bridge.learning.mappings import Mappings, Need
from lrs_bridge.mapping_files import Checked, parse, read_folder
from lrs_bridge.moments import Calendar
from lrs_bridge.settings import SHIPPED_MAPPINGS

LONDON = Calendar(ZoneInfo("Europe/London"))

OWN_AND_CUMULATIVE = {"T1": (3, 3), "T2": (9, 12), "T3": (9, 21), "T4": (6, 27), "T5": (8, 35)}
LOCAL = {
    **dict.fromkeys(("1.3", "3.8"), "the organisation"),
    **dict.fromkeys(("2.8", "3.4", "3.5", "4.1", "4.6"), "Essex"),
    **dict.fromkeys(("3.3", "4.2", "5.7"), "Southend, Essex and Thurrock"),
}
PRACTICE = {"4.1", "4.2", "4.3", "5.7", "5.8"}
COVERS = {
    "induction": "1.1 1.2 1.3 3.8",
    "escb_basic": "1.1 1.2 1.3 2.1 2.2 2.3 2.4 2.5 2.6 2.7 2.8 2.9 3.1 3.2 3.3 3.7 3.9",
    "escb_missing": "2.5 2.6 3.4 3.5 3.6",
    "nwg_basic": "1.1 1.2 2.1 2.2 2.3 2.4 2.5 2.6 2.7 2.9 3.1 3.2 3.6 3.7 3.9 4.4",
    "set_toolbox": "3.3 4.2",
    "specialist": "4.4 4.5 5.1 5.2 5.3 5.4 5.5 5.6",
    "pace": "",
}
STANDARDS = {
    "southend": {"safeguarding_l2", "basic_cse", "nwg_member", "set_toolbox", "manager_support"},
    "essex": {"safeguarding_l2", "basic_cse", "nwg_member", "set_toolbox", "manager_support"},
    "thurrock": {"safeguarding_l2", "basic_cse", "set_toolbox", "manager_support"},
}


@pytest.fixture(scope="module")
def checked() -> Checked:
    return parse(read_folder(SHIPPED_MAPPINGS), LONDON)


@pytest.fixture(scope="module")
def mappings(checked) -> Mappings:
    return checked.mappings


@pytest.fixture(scope="module")
def escb(mappings):
    return mappings.frameworks["escb"]


def test_the_keys_that_others_rely_on(mappings):
    assert set(mappings.sources) == {"moodle", "nwg", "set_toolbox"}
    assert set(mappings.frameworks) == {"escb"}
    assert set(mappings.areas) == {"southend", "essex", "thurrock"}
    assert mappings.framework_of("essex") is mappings.frameworks["escb"]
    assert mappings.framework_of("thurrock") is mappings.framework_of("southend") is None


def test_only_what_the_operator_must_fill_in_is_still_an_example(checked):
    assert [warning.where.split(" ")[1] for warning in checked.warnings] == [
        "areas.southend.alerts[0].email",
        "areas.essex.alerts[0].email",
        "areas.thurrock.alerts[0].email",
        "defaults.about.activity[0]",
        "defaults.about.activity[0]",
    ]


def test_tiers_inherit_and_count_as_the_standards_do(escb):
    assert list(escb.tiers) == list(OWN_AND_CUMULATIVE)
    counts = {
        tier: (sum(item.tier == tier for item in escb.items.values()), len(escb.items_up_to(tier)))
        for tier in escb.tiers
    }
    assert counts == OWN_AND_CUMULATIVE
    for key, item in escb.items.items():
        assert item.tier == f"T{key[0]}"


def test_local_and_practice_items(escb):
    assert {key: item.local for key, item in escb.items.items() if item.local} == LOCAL
    assert {key for key, item in escb.items.items() if item.practice} == PRACTICE
    assert {key for key, item in escb.items.items() if item.of_post} == {"1.3", "3.8"}


def test_what_may_be_attested(escb):
    attestable = {key: item.attestable for key, item in escb.items.items() if item.attestable}
    both = ("knowledge", "word")
    assert attestable == {
        **dict.fromkeys(("1.3", "2.8", "3.3", "3.4", "3.5", "3.8", "4.6"), ("knowledge",)),
        **dict.fromkeys(("4.1", "4.3", "5.7", "5.8"), both),
        "4.2": ("word",),  # its knowledge is the Toolbox module
    }


def test_routes_cover_what_the_matrix_says(escb):
    assert {key: " ".join(route.covers) for key, route in escb.routes.items()} == COVERS
    assert [key for key, route in escb.routes.items() if route.national] == ["nwg_basic"]
    assert all(
        route.courses == (key,) and route.valid_for is None and route.name
        for key, route in escb.routes.items()
    )


def test_the_companion_stands_beside_the_tier(escb):
    assert escb.companion_levels == ("basic", "level_1", "level_2", "level_3")
    assert not escb.companion_required
    assert {key: tier.companion for key, tier in escb.tiers.items()} == {
        "T1": "basic",
        "T2": "level_1",
        "T3": "level_2",
        "T4": "level_2",
        "T5": "level_2",
    }
    for_roles = {
        key: dict(tier.companion_for_roles) for key, tier in escb.tiers.items() if tier.companion_for_roles
    }
    assert for_roles == {"T4": {"designated lead": "level_3"}, "T5": {"designated lead": "level_3"}}


def test_champion_standards_of_each_area(mappings):
    champions = mappings.champions["set"]
    assert {
        area: {standard.key for standard in champions.standards_of(area)} for area in champions.areas
    } == STANDARDS


def test_how_each_standard_is_met(mappings):
    def spelled(need: Need) -> object:
        return (need.kind, [spelled(one) for one in need.needs]) if need.needs else (need.kind, need.key)

    assert {key: spelled(one.need) for key, one in mappings.champions["set"].standards.items()} == {
        "safeguarding_l2": (
            "all_of",
            [
                ("any_of", [("course", "safeguarding_l2"), ("course", "safeguarding_l3")]),
                ("attestation", "working_knowledge"),
            ],
        ),
        # the induction, PACE and the Missing package are not basic CSE; the Toolbox does not count twice
        "basic_cse": (
            "any_of",
            [("course", "escb_basic"), ("course", "nwg_basic"), ("course", "specialist")],
        ),
        "nwg_member": ("membership", "nwg"),
        "set_toolbox": ("course", "set_toolbox"),
        "manager_support": ("attestation", "manager_support"),
    }


def test_the_deadline_is_inclusive(mappings):
    assert mappings.champions["set"].transition_deadline == datetime(2018, 2, 1, tzinfo=UTC)


def test_each_area_tells_one_board_at_once(mappings):
    for area in mappings.areas.values():
        (recipient,) = area.recipients
        assert (recipient.channel, recipient.digest) == ("email", "at_once")
        assert area.board


@pytest.mark.parametrize("source", ["nwg", "set_toolbox"])
def test_the_module_is_one_marked_value(source):
    text = (SHIPPED_MAPPINGS / f"sources/{source}.yaml").read_text(encoding="utf-8")
    assert text.count("<<<") == 1
    written = yaml.safe_load(text)
    assert len(written["defaults"]["about"]["activity"]) == 1
    assert not any("about" in rule for rule in written["rules"])


def test_each_shipped_file_explains_itself():
    for path in Path(SHIPPED_MAPPINGS).rglob("*.yaml"):
        assert path.read_text(encoding="utf-8").startswith("# ")

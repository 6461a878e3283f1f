"""What came of it: success, completion, response, duration, score (Data 2.4.5; 2.0.0 4.2.2.4)."""

from __future__ import annotations

from typing import Any, Final

from lrs_bridge.moments import duration_parts
from lrs_bridge.xapi.findings import Check, Findings, check_members, extensions, is_number, of_type
from lrs_bridge.xapi.paths import quoted


def _number(rule: str) -> Check:
    def check(found: Findings, value: Any, where: str) -> None:
        if not is_number(value):
            found.wrong_type(rule, where, value, "a number")

    return check


def _scaled(found: Findings, value: Any, where: str) -> None:
    if not is_number(value):
        found.wrong_type("XAPI-00083", where, value, "a number")
    elif not -1 <= value <= 1:
        found.add("XAPI-00083", where, f"{quoted(value)} is not between -1 and 1", "a number from -1 to 1")


def _duration(found: Findings, value: Any, where: str) -> None:
    if not isinstance(value, str):
        found.wrong_type("XAPI-00077", where, value, "an ISO 8601 duration")
        return
    try:
        duration_parts(value)
    except ValueError as fault:
        rule = "XAPI-00124" if value else "XAPI-00007"
        found.add(rule, where, f"{quoted(value)}: {fault}", "such as PT1H30M")


_SCORE: Final[dict[str, Check]] = {
    "scaled": _scaled,
    "raw": _number("XAPI-00082"),
    "min": _number("XAPI-00081"),
    "max": _number("XAPI-00080"),
}


def _score(found: Findings, value: Any, where: str) -> None:
    if not isinstance(value, dict):
        found.wrong_type("XAPI-00079", where, value, "an object")
        return
    check_members(found, value, where, _SCORE)
    low: Any = value.get("min")
    high: Any = value.get("max")
    raw: Any = value.get("raw")
    has_low, has_high = is_number(low), is_number(high)
    if has_low and has_high and not low < high:
        found.add("XAPI-00080", f"{where}.max", f"{quoted(high)} is not above min, {quoted(low)}")
    elif is_number(raw):
        if has_low and raw < low:
            found.add("XAPI-00082", f"{where}.raw", f"{quoted(raw)} is below min, {quoted(low)}")
        if has_high and raw > high:
            found.add("XAPI-00082", f"{where}.raw", f"{quoted(raw)} is above max, {quoted(high)}")


_RESULT: Final[dict[str, Check]] = {
    "score": _score,
    "success": of_type(bool, "XAPI-00074"),
    "completion": of_type(bool, "XAPI-00075"),
    "response": of_type(str, "XAPI-00076"),
    "duration": _duration,
    "extensions": extensions("XAPI-00078"),
}


def check_result(found: Findings, value: Any, where: str) -> None:
    if not isinstance(value, dict):
        found.wrong_type("XAPI-00006", where, value, "an object")
    else:
        check_members(found, value, where, _RESULT)

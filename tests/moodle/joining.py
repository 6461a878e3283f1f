"""A learner joins what is recorded under an e-mail address, on “My CSE training”, as a browser without JavaScript does it."""

from __future__ import annotations

import email.policy
import re
from pathlib import Path

from builders import wait_until
from plugin_pages import MINE, is_fine
from trial import Trial, WrongError, check

ADDRESS = "kofi@elsewhere.example.org"
SEND, JOIN = "Send me a code", "Join"
REACHED = "T1 Induction reached"


def by_mail(trial: Trial) -> None:
    trial.import_table(
        "completions", f"person,course,date,provider\n{ADDRESS},induction,2026-01-05,Council\n"
    )
    trial.bridge.wait_until_computed()
    kofi = trial.moodle.sign_in("kofi")
    before = kofi.get(MINE)
    check(REACHED not in before, "what is recorded under an address counts before it is joined")
    page = kofi.press(before, SEND, address=ADDRESS, submitbutton=SEND)
    is_fine(page, "the page after asking for a code", f"the code that we sent to {ADDRESS}")
    code = _last_code(trial.bridge.folder / "mailbox")
    page = kofi.press(page, JOIN, code=f"{(int(code) + 1) % 10**6:06}", join=JOIN)
    is_fine(page, "the page after a wrong code", "try 4 more times")
    is_fine(
        kofi.press(page, JOIN, code=code, join=JOIN), "the page after the right code", "records are joined"
    )
    wait_until(lambda: REACHED in kofi.get(MINE), "the page shows what was joined")
    trial.say(
        "kofi joins an e-mail address by the code that was sent there, and sees what is recorded under it"
    )


def _last_code(mailbox: Path) -> str:
    letter = max(mailbox.glob("*.eml"), key=lambda one: one.stat().st_mtime_ns)
    message = email.message_from_bytes(letter.read_bytes(), policy=email.policy.default)
    part = message.get_body(("plain",))
    found = re.search(r"\b(\d{3}) (\d{3})\b", part.get_content() if part else "")
    if found is None:
        raise WrongError(f"there is no code in {letter}")
    return found[1] + found[2]

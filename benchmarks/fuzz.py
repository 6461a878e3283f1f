"""Whether anything that is sent can make the service fail, hang or grow: random input, minutes of it.

    python benchmarks/fuzz.py multipart|statements [MINUTES]

multipart: the parser of multipart/mixed, each input cut in two ways, which must give the same. statements: POST
/xapi/statements as a whole, on SQLite, as JSON or with attachments, in both versions. One minute unless said otherwise.
Guided by coverage where atheris is installed (pip install atheris), otherwise by chance alone. Prints how many inputs, the
slowest, and how memory grew; exit 1 for an answer of 500, anything raised that is no refusal, or an input that took longer
than SLOWEST seconds, which is left as a file in the temporary folder.
"""

from __future__ import annotations

import json
import logging
import os
import random
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import NoReturn

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

try:
    import atheris
except ModuleNotFoundError:
    atheris = None

if atheris:
    with atheris.instrument_imports(include=["lrs_bridge", "python_multipart"]):
        import lrs_bridge.app  # noqa: F401  # with all that it imports
from builders import VERSION_HEADER, Bridge, statement
from web.multiparts import MIXED, attaching, attachment, multipart, of_statements, part, request
from xapi.examples import FULL, REFERENCE, SMALL, WITH_SUBSTATEMENT
from xapi.test_multipart import BROKEN, ODD
from xapi.test_signatures import KEY, certificate, signed

from lrs_bridge.errors import BadInput
from lrs_bridge.store.database import Database
from lrs_bridge.store.migrations import migrate
from lrs_bridge.xapi.multipart import Parser, PartData
from lrs_bridge.xapi.signatures import CONTENT_TYPE, USAGE

SLOWEST = 5.0
LONGEST = {"multipart": 1_024, "statements": 8_192}  # octets of an input

Target = Callable[[bytes], str]
"""Takes an input; answers what came of it, in a word. Raises where that should not be."""


def outcome_of(*pieces: bytes) -> object:
    """Headers and contents, or the refusal."""
    parser, seen = Parser("b"), []
    try:
        for piece in pieces:
            for event in parser.feed(piece):
                if isinstance(event, PartData) and seen and isinstance(seen[-1], bytes):
                    seen[-1] += event.data
                else:
                    seen.append(event.data if isinstance(event, PartData) else event)
        parser.finish()
    except BadInput as refused:
        return refused.problems
    return seen


def parse(data: bytes) -> str:
    """The first two octets say where the rest is cut."""
    places, body = data[:2], data[2:]
    whole = outcome_of(body)
    ends = [0, *sorted(place % (len(body) + 1) for place in places), len(body)]
    assert outcome_of(*(body[start:end] for start, end in pairwise(ends))) == whole
    return "parts" if isinstance(whole, list) else "refused"


def poster(folder: Path) -> Target:
    url = f"sqlite:///{folder / 'fuzz.sqlite'}"
    database = Database(url)
    migrate(database)
    database.close()
    bridge = Bridge(url, lambda: datetime.now(UTC))
    versions = ("1.0.3", "2.0.0")

    def post(data: bytes) -> str:
        """The first octet says how the rest is sent."""
        how, body = data[:1] or b"\0", data[1:]
        kind = MIXED if how[0] & 2 else {}
        if how[0] & 4 and kind:  # by chance alone no digest would ever fit
            named = {"usageType": USAGE, "contentType": CONTENT_TYPE} if how[0] & 8 else {}
            said = {**attachment(body), **named}
            body = multipart(of_statements({**SMALL, "attachments": [said]}), part(body, Content_Type=None))
        answer = bridge.post(body, headers={**kind, VERSION_HEADER: versions[how[0] & 1]})
        assert answer.status_code < 500, answer.text
        if answer.status_code == 200:
            ids = answer.get_json()
            for id_ in ids[:1]:
                read = bridge.get(statementId=id_, attachments="true")
                assert read.status_code in (200, 404), read.text
        return str(answer.status_code)

    return post


def seeds(target: str) -> list[bytes]:
    if target == "multipart":
        return [
            b"\5\x50" + body for body, *_ in [*ODD.values(), *BROKEN.values()] if len(body) < LONGEST[target]
        ]
    jws = signed(SMALL, x5c=[certificate(KEY)])
    named = attachment(jws, usageType=USAGE, contentType=CONTENT_TYPE)
    bodies = [
        request(attaching(b"one", b"two"), b"one", b"two"),
        request([statement(), attaching(b"")], b""),
        multipart(of_statements({**SMALL, "attachments": [named]}), part(jws, Content_Type=CONTENT_TYPE)),
    ]
    alone = [json.dumps(one).encode() for one in (SMALL, FULL, [SMALL, REFERENCE], WITH_SUBSTATEMENT)]
    sent = [(2, body) for body in bodies] + [(0, body) for body in alone] + [(6, b"\r\n--the-"), (14, jws)]
    return [bytes([how | version]) + body for how, body in sent for version in (0, 1)]


WORDS = [
    b"\r\n--b",
    b"--",
    b"\r\n",
    b"\0",
    b"\xff",
    b"\\ud800",
    b"null",
    b"1e999",
    b"{}",
    b"[[[[",
    b'"":',
    b"NaN",
    b"\r\n ",
]


def changed(chance: random.Random, known: list[bytes], longest: int) -> bytes:
    data = bytearray(chance.choice(known))
    for _ in range(chance.randint(1, 6)):
        at, length = chance.randrange(len(data) + 1), chance.randint(1, 40)
        other = chance.choice(known)
        from_ = chance.randrange(len(other))
        match chance.randrange(5):
            case 0:
                del data[at : at + length]
            case 1:
                data[at:at] = chance.choice(WORDS)
            case 2:
                data[at : at + length] = other[from_ : from_ + length]
            case 3:
                data[at:at] = data[at : at + length]
            case 4 if at < len(data):
                data[at] ^= 1 << chance.randrange(8)
    return bytes(data[:longest])


class Watch:
    """Counts and times what the target does, and ends the run."""

    def __init__(self, target: Target, seconds: float, folder: Path) -> None:
        self.target, self.seconds, self.folder = target, seconds, folder
        self.began = time.monotonic()
        self.count, self.slowest = 0, 0.0
        self.early = 0
        self.outcomes: Counter[str] = Counter()

    def __call__(self, data: bytes) -> None:
        begun = time.monotonic()
        try:
            self.outcomes[self.target(data)] += 1
        except Exception:  # noqa: BLE001  # whatever it is, it is what was looked for
            traceback.print_exc()
            self.end(data)
        took = time.monotonic() - begun
        self.count, self.slowest = self.count + 1, max(self.slowest, took)
        if took > SLOWEST:
            self.end(data)
        if not self.early and begun - self.began > self.seconds / 4:
            self.early = memory()
        if begun - self.began > self.seconds:
            self.end(None)

    def end(self, failing: bytes | None) -> NoReturn:
        if failing is not None:
            kept = Path(tempfile.gettempdir()) / "lrs_bridge-fuzz-input"
            kept.write_bytes(failing)
            print(f"{failing[:200]!r} does harm, or is slow; the whole input is left in {kept}")
        guided = "guided by coverage" if atheris else "by chance"
        print(
            f"{self.count:,} inputs in {time.monotonic() - self.began:.0f} s, {guided}; {dict(self.outcomes)}"
        )
        print(
            f"slowest {self.slowest * 1000:.0f} ms; memory {self.early} MB after a quarter, {memory()} MB at the end"
        )
        sys.stdout.flush()
        shutil.rmtree(self.folder)
        os._exit(failing is not None)  # libFuzzer would take an exit for a crash


def memory() -> int:
    """Megabytes that this process holds."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1_000_000


def main() -> None:
    kind, minutes = sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else 1.0
    logging.disable(logging.CRITICAL)
    folder = Path(tempfile.mkdtemp())
    target = {"multipart": lambda: parse, "statements": lambda: poster(folder)}[kind]()
    known = seeds(kind)
    for seed in known:
        target(seed)
    watch = Watch(target, minutes * 60, folder)
    if atheris:
        corpus = folder / "corpus"
        corpus.mkdir()
        for place, seed in enumerate(known):
            (corpus / str(place)).write_bytes(seed)
        atheris.Setup([sys.argv[0], str(corpus), f"-max_len={LONGEST[kind]}", "-verbosity=0"], watch)
        atheris.Fuzz()
    chance = random.Random(7)
    while True:
        watch(changed(chance, known, LONGEST[kind]))


if __name__ == "__main__":
    main()

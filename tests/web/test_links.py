"""Joining an account with an e-mail address: only who has both does it."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from builders import SITE, completion
from web.sites import account, problem_of

from lrs_bridge.flows import credentials, people
from lrs_bridge.store.schema import link_codes, proofs

LINKS, CODE = "/api/v1/links", "/api/v1/links/code"
MAIL = "asha.rao@example.org"
ASHA = account("4711")


class Linking:
    """A Moodle's credential, and the mail server that the bridge hands its codes to."""

    def __init__(self, bridge, smtp):
        self.bridge, self.smtp = bridge, smtp
        self.moodle = bridge.credential("moodle", *credentials.MOODLE_SCOPES, home_pages=(SITE,))

    def ask(self, agent=ASHA, mbox=f"mailto:{MAIL}", *, sender=None):
        return self.bridge.post({"agent": agent, "mbox": mbox}, path=LINKS, sender=sender or self.moodle)

    def sent(self, **asked):
        """Asks, and reads the code in the letter."""
        before = len(self.smtp.messages)
        answer = self.ask(**asked)
        assert answer.status_code == 200, answer.text
        assert len(self.smtp.messages) == before + 1
        texts = [part.get_content() for part in self.smtp.messages[-1].iter_parts()]
        codes = {"".join(re.search(r"\b\d{3} \d{3}\b", text)[0].split()) for text in texts}
        assert len(codes) == 1
        return codes.pop()

    def type_in(self, code, agent=ASHA):
        answer = self.bridge.post({"agent": agent, "code": code}, path=CODE, sender=self.moodle)
        assert answer.status_code == 200, answer.text
        return answer.get_json()

    def joined(self):
        known = self.bridge.database.read(lambda session: people.show(session, f"mailto:{MAIL}"))
        return {one["identifier"] for one in known["identifiers"]} == {f"mailto:{MAIL}", f"{SITE}|4711"}

    def proofs(self):
        kinds = sa.select(proofs.c.kind)
        return self.bridge.database.read(lambda session: list(session.scalars(kinds)))


@pytest.fixture
def linking(make_bridge, smtp):
    smtp.messages.clear()
    smtp.answers.clear()
    bridge = make_bridge(smtp_host=smtp.host, smtp_port=smtp.port, smtp_security="none")
    return Linking(bridge, smtp)


def other_than(code):
    return f"{(int(code) + 1) % 10**6:06}"


class TestJoining:
    def test_what_was_learned_under_the_address_counts_for_the_account(self, linking, clock):
        bridge = linking.bridge
        bridge.stored(completion(f"mailto:{MAIL}", "escb_basic", clock() - timedelta(days=1)))
        bridge.recompute()
        assert linking.type_in(linking.sent()) == {"result": "linked", "tries_left": 0}
        bridge.recompute()
        counts = {one["course"] for one in bridge.explain(f"{SITE}|4711")["evidence"] if one["counts"]}
        assert counts == {"escb_basic"}
        assert linking.proofs() == ["mail_code"]
        assert bridge.differences() == []

    def test_nobody_has_to_be_known_before(self, linking):
        assert linking.type_in(linking.sent())["result"] == "linked"
        assert linking.joined()

    def test_the_letter_goes_to_the_address_and_names_site_and_nobody(self, linking):
        code = linking.sent()
        letter = linking.smtp.messages[-1]
        assert letter["To"] == MAIL
        assert code not in letter["Subject"]
        text = letter.get_body(("plain",)).get_content()
        assert SITE in text
        assert "4711" not in text.replace(code[:3], "")
        assert "give the code to nobody" in text

    def test_blanks_in_a_code_do_not_matter(self, linking):
        code = linking.sent()
        assert linking.type_in(f" {code[:3]} {code[3:]} ")["result"] == "linked"

    def test_a_code_works_once(self, linking):
        code = linking.sent()
        assert linking.type_in(code)["result"] == "linked"
        assert linking.type_in(code) == {"result": "expired", "tries_left": 0}

    def test_only_the_last_code_works(self, linking):
        first, second = linking.sent(), linking.sent()
        assert first == second or linking.type_in(first)["result"] == "wrong"
        assert linking.type_in(second)["result"] == "linked"
        assert linking.type_in(first)["result"] == "expired"

    def test_what_somebody_decided_holds(self, linking, clock):
        bridge = linking.bridge
        bridge.stored(completion(f"mailto:{MAIL}", "escb_basic", clock() - timedelta(days=1)))
        bridge.stored(completion(f"{SITE}|4711", "induction", clock() - timedelta(days=1)))
        bridge.recompute()
        bridge.database.write(
            lambda session: people.decide(
                session, MAIL, f"{SITE}|4711", same=False, reason="two people", who="x", now=clock()
            )
        )
        assert linking.type_in(linking.sent())["result"] == "kept_apart"
        assert not linking.joined()

    def test_a_mailbox_that_several_read_joins_nobody(self, linking, clock):
        linking.bridge.database.write(
            lambda session: people.share(session, MAIL, shared=True, reason="office", who="x", now=clock())
        )
        assert linking.type_in(linking.sent())["result"] == "kept_apart"
        assert not linking.joined()


class TestGuessing:
    def test_five_wrong_tries_and_the_right_one_is_refused(self, linking):
        code = linking.sent()
        left = [linking.type_in(other_than(code)) for _ in range(5)]
        assert left == [{"result": "wrong", "tries_left": number} for number in (4, 3, 2, 1, 0)]
        assert linking.type_in(code) == {"result": "expired", "tries_left": 0}
        assert linking.proofs() == []

    def test_another_account_cannot_use_it(self, linking):
        code = linking.sent()
        assert linking.type_in(code, agent=account("4712"))["result"] == "expired"
        assert linking.type_in(code)["result"] == "linked"

    @pytest.mark.parametrize("typed", ["", "abc", "١٢٣٤٥٦", "0"])
    def test_anything_may_be_typed(self, linking, typed):
        linking.sent()
        assert linking.type_in(typed)["result"] == "wrong"

    def test_it_ends_after_half_an_hour(self, linking, clock):
        code = linking.sent()
        clock.advance(timedelta(minutes=29, seconds=59))
        assert linking.type_in(other_than(code))["result"] == "wrong"
        clock.advance(timedelta(seconds=1))
        assert linking.type_in(code)["result"] == "expired"

    def test_three_letters_an_hour_for_an_account_and_for_an_address(self, linking, clock):
        for _ in range(3):
            linking.sent()
        for asked in ({"mbox": "mailto:other@example.org"}, {"agent": account("4712")}):
            answer = linking.ask(**asked)
            problem_of(answer, 429)
            assert answer.headers["Retry-After"] == "3600"
        linking.sent(agent=account("4712"), mbox="mailto:other@example.org")
        clock.advance(timedelta(hours=1))
        linking.sent()

    def test_the_code_itself_is_not_kept(self, linking):
        code = linking.sent()
        rows = linking.bridge.database.read(lambda session: session.execute(sa.select(link_codes)).all())
        assert len(rows) == 1
        assert code not in repr(rows)


class TestRefusals:
    def test_a_letter_that_is_not_taken_leaves_no_code(self, linking):
        for answer in ("550 5.1.1 nobody here", "451 later"):
            linking.smtp.answers.append(answer)
            assert "could not be sent" in problem_of(linking.ask(), 503)["detail"]
        left = sa.select(sa.func.count()).select_from(link_codes)
        assert linking.bridge.database.read(lambda session: session.scalar(left)) == 0

    def test_without_a_mail_server_it_says_so(self, make_bridge):
        bridge = make_bridge()
        linking = Linking(bridge, None)
        assert "could not be sent" in problem_of(linking.ask(), 503)["detail"]

    def test_the_answer_is_the_same_for_the_known_and_the_unknown(self, linking, clock):
        linking.bridge.stored(completion(f"mailto:{MAIL}", "escb_basic", clock() - timedelta(days=1)))
        linking.bridge.recompute()
        known, unknown = linking.ask(), linking.ask(mbox="mailto:who@example.org")
        assert known.text.replace(MAIL, "") == unknown.text.replace("who@example.org", "")

    @pytest.mark.parametrize(
        "agent",
        [
            account("4711", "https://moodle.elsewhere.example"),
            {"mbox": "mailto:asha@example.org"},
            {"openid": "https://id.example.org/asha"},
        ],
    )
    def test_only_accounts_of_the_sites_own(self, linking, agent):
        for path, more in ((LINKS, {"mbox": f"mailto:{MAIL}"}), (CODE, {"code": "123456"})):
            answer = linking.bridge.post({"agent": agent, **more}, path=path, sender=linking.moodle)
            assert problem_of(answer, 400)["problems"][0]["where"] == "$.agent"
        assert linking.smtp.messages == []

    def test_it_needs_the_scope(self, linking):
        scopes = [one for one in credentials.SCOPES if one != credentials.LINKS]
        other = linking.bridge.credential("moodle", *scopes, home_pages=(SITE,))
        for path, more in ((LINKS, {"mbox": f"mailto:{MAIL}"}), (CODE, {"code": "123456"})):
            answer = linking.bridge.post({"agent": ASHA, **more}, path=path, sender=other)
            assert "accounts/link" in problem_of(answer, 403)["detail"]

    def test_a_credential_for_trying_out_joins_nobody(self, linking):
        trying = linking.bridge.credential("moodle", credentials.LINKS, home_pages=(SITE,), test=True)
        problem_of(linking.ask(sender=trying), 403)

    @pytest.mark.parametrize(
        ("path", "body", "where"),
        [
            (LINKS, {"agent": ASHA}, ["$.mbox"]),
            (LINKS, {"agent": ASHA, "mbox": MAIL}, ["$.mbox"]),
            (LINKS, {"agent": ASHA, "mbox": 5}, ["$.mbox"]),
            (LINKS, {"agent": ASHA, "mbox": "mailto:josé@example.org"}, ["$.mbox"]),
            (LINKS, {"mbox": f"mailto:{MAIL}"}, ["$.agent"]),
            (LINKS, {"agent": {}, "mbox": "x"}, ["$.agent", "$.mbox"]),
            (LINKS, {"agent": ASHA, "mbox": f"mailto:{MAIL}", "more": 1}, ["$.more"]),
            (LINKS, [], ["$"]),
            (CODE, {"agent": ASHA}, ["$.code"]),
            (CODE, {"agent": ASHA, "code": 123456}, ["$.code"]),
            (CODE, {"agent": ASHA, "code": "1" * 21}, ["$.code"]),
        ],
    )
    def test_what_is_wrong_is_said(self, linking, path, body, where):
        answer = linking.bridge.post(body, path=path, sender=linking.moodle)
        found = problem_of(answer, 400)["problems"]
        assert sorted({one["where"] for one in found}) == where, json.dumps(found)
        assert all(one["what"] for one in found)


def test_what_was_decided_of_an_address_holds_however_it_is_spelled(linking, clock):
    bridge = linking.bridge
    spelled = "Asha.Rao@Example.ORG"
    bridge.stored(completion(f"mailto:{spelled}", "escb_basic", clock() - timedelta(days=1)))
    bridge.stored(completion(f"{SITE}|4711", "induction", clock() - timedelta(days=1)))
    bridge.recompute()
    bridge.database.write(
        lambda session: people.decide(
            session, spelled, f"{SITE}|4711", same=False, reason="two people", who="x", now=clock()
        )
    )
    assert linking.type_in(linking.sent())["result"] == "kept_apart"
    known = bridge.database.read(lambda session: people.show(session, f"{SITE}|4711"))
    assert [one["identifier"] for one in known["identifiers"]] == [f"{SITE}|4711"]

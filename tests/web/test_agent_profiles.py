"""What a site's agent profiles tell: the name, and by the mapping file's leave which e-mail is whose."""

from __future__ import annotations

import contextlib
import itertools
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from builders import completion
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lrs_bridge import mapping_files
from lrs_bridge.errors import NotFound
from lrs_bridge.flows import agent_profiles, credentials, people, recompute
from lrs_bridge.flows import mappings as mapping_flow
from lrs_bridge.flows.status import status
from lrs_bridge.settings import SHIPPED_MAPPINGS
from lrs_bridge.store import identity
from lrs_bridge.store import people as people_rows
from lrs_bridge.store.schema import proofs, set_aside
from lrs_bridge.xapi.agent_profiles import ID

SITE = "https://moodle.council.gov.uk"
ASHA, ZOE = f"{SITE}|4711", f"{SITE}|4712"
MAIL = "asha.rao@council.gov.uk"
FIXTURE = Path(__file__).parents[2] / "plugins/moodle/local_lrsbridge/tests/fixtures/agent_profile"

_FILES = mapping_files.read_folder(Path(SHIPPED_MAPPINGS))


def files(*domains, site=SITE):
    """The shipped files, with Moodle's profiles vouching for these domains."""
    told = f"profiles: [{{home_page: {site}, mail_domains: [{', '.join(domains)}]}}]\n" if domains else ""
    path = "sources/moodle.yaml"
    return {**_FILES, path: _FILES[path].replace("\nrules:\n", f"\n{told}\nrules:\n")}


class Profiled:
    """A bridge with a Moodle's credential."""

    def __init__(self, bridge):
        self.bridge = bridge
        self.put_mappings("council.gov.uk")
        self.moodle = self.credential()

    def put_mappings(self, *domains, **more):
        self.bridge.put_in_force(files(*domains, **more))

    def credential(self, **changed):
        options = {
            "name": "Council Moodle",
            "source": "moodle",
            "scopes": credentials.MOODLE_SCOPES,
            "test": False,
            "home_pages": (SITE,),
            "mail_domains": (),
            **changed,
        }
        return self.bridge.database.write(
            lambda session: credentials.add_client(
                session,
                **options,
                known_sources=("moodle", "nwg"),
                public_url="https://bridge.example.org",
                now=self.bridge.clock(),
                who="the tests",
            )
        )

    def request(self, method, account, body=None, *, sender=None, content_type="application/json"):
        home_page, _, name = account.partition("|")
        headers = {"Content-Type": content_type if body is not None else None}
        if method == "PUT":
            held = self.request("GET", account)
            headers |= (
                {"If-Match": held.headers["ETag"]} if held.status_code == 200 else {"If-None-Match": "*"}
            )
        return self.bridge.request(
            method,
            body,
            sender=sender or self.moodle,
            path="/xapi/agents/profile",
            headers=headers,
            agent={"account": {"homePage": home_page, "name": name}},
            profileId=ID,
        )

    def told(self, account, /, *, sender=None, **profile):
        answer = self.request("PUT", account, profile, sender=sender)
        assert answer.status_code == 204, answer.text

    def gone(self, account):
        assert self.request("DELETE", account).status_code == 204

    def settled(self):
        self.bridge.recompute()
        assert self.bridge.pending() == (0, 0)
        assert self.bridge.differences() == []

    def known(self, identifier):
        return self.bridge.explain(identifier)["learner"]

    def proofs(self):
        rows = self.bridge.database.read(
            lambda session: session.execute(sa.select(proofs.c.kind, proofs.c.source)).all()
        )
        return [tuple(row) for row in rows]

    def aside(self):
        return self.bridge.database.read(
            lambda session: list(session.scalars(sa.select(set_aside.c.reason).order_by(set_aside.c.reason)))
        )


@pytest.fixture
def site(bridge):
    return Profiled(bridge)


def courses_of(site, identifier):
    return {one["course"] for one in site.bridge.explain(identifier)["evidence"] if one["counts"]}


def send(site, learner, course, sender="moodle"):
    learner = learner if "|" in learner else f"mailto:{learner}"
    site.bridge.stored(completion(learner, course, site.bridge.clock() - timedelta(days=1)), sender=sender)


class TestWhatIsTold:
    def test_the_golden_profile_names_the_learner_and_joins_the_e_mail(self, site):
        document = json.loads((FIXTURE / "document.json").read_text(encoding="utf-8"))
        send(site, ZOE, "induction")
        send(site, "zoe.ohara@council.gov.uk", "escb_basic")
        site.told(ZOE, **document)
        site.settled()
        known = site.known(ZOE)
        assert known["name"] == document["name"]
        assert {ZOE, f"mailto:{document['email']}", "mailto:zoe.ohara@council.gov.uk"} == set(
            known["identifiers"]
        )
        assert courses_of(site, ZOE) == {"induction", "escb_basic"}
        assert ("agent_profile", "agent profile") in site.proofs()

    @pytest.mark.parametrize("profile_first", [True, False])
    def test_whichever_comes_first(self, site, profile_first):
        if profile_first:
            site.told(ASHA, name="Asha Rao", email=MAIL)
            site.settled()
        send(site, MAIL, "induction")
        send(site, ASHA, "escb_basic")
        if not profile_first:
            site.settled()
            site.told(ASHA, name="Asha Rao", email=MAIL)
        site.settled()
        assert courses_of(site, MAIL) == {"induction", "escb_basic"}
        assert site.known(MAIL)["name"] == "Asha Rao"

    def test_is_told_to_whoever_asks_why(self, site):
        site.told(ASHA, email=MAIL)
        site.settled()
        shown = site.bridge.database.read(lambda session: people.show(session, ASHA))
        [proof] = shown["proofs"]
        assert {proof["one"], proof["other"]} == {ASHA, f"mailto:{MAIL}"}
        assert (proof["kind"], proof["holds"]) == ("agent_profile", True)
        assert proof["kind"] in people.KINDS_IN_WORDS

    def test_a_name_that_is_there_stays(self, site):
        site.bridge.import_csv(
            "people", f"person,identifiers,organisation,area\nAsha of the file,{ASHA},School,essex\n"
        )
        site.told(ASHA, name="Asha Rao")
        site.settled()
        assert site.known(ASHA)["name"] == "Asha of the file"

    def test_a_profile_that_tells_nothing_makes_nobody_known(self, site):
        site.told(ASHA, organisation="School", area="essex")
        site.told(ZOE, email="zoe@elsewhere.example")
        site.settled()
        assert (
            site.bridge.database.read(
                lambda session: status(session, site.bridge.settings, site.bridge.clock())
            )["learners"]
            == 0
        )


class TestWhatIsTakenBack:
    def test_another_e_mail_takes_the_place_of_the_first(self, site):
        send(site, MAIL, "induction")
        send(site, "asha.new@council.gov.uk", "escb_basic")
        site.told(ASHA, email=MAIL)
        site.settled()
        assert courses_of(site, ASHA) == {"induction"}
        site.told(ASHA, email="asha.new@council.gov.uk")
        site.settled()
        assert courses_of(site, ASHA) == {"escb_basic"}
        assert site.known(MAIL)["identifiers"] == [f"mailto:{MAIL}"]

    def test_removed_with_the_profile(self, site):
        send(site, MAIL, "induction")
        site.told(ASHA, name="Asha Rao", email=MAIL)
        site.settled()
        site.gone(ASHA)
        site.settled()
        assert courses_of(site, ASHA) == set()
        assert site.proofs() == []
        assert site.known(ASHA)["name"] == "Asha Rao"

    def test_with_the_mapping_files_leave(self, site):
        send(site, MAIL, "induction")
        site.told(ASHA, email=MAIL)
        for domains, known in (
            ((), 0),
            (("council.gov.uk",), 1),
            (("COUNCIL.gov.uk", "x.example"), 1),
            (("gov.uk",), 0),
        ):
            site.put_mappings(*domains)
            site.settled()
            found = site.bridge.database.read(lambda session: people.show(session, f"mailto:{MAIL}"))
            assert len(found["proofs"]) == known, domains


class TestWhoMaySeeAndWriteIt:
    def answers(self, site, sender):
        """To reading, writing and removing the profile of an account of the site."""
        return [
            site.bridge.request(
                method,
                {"name": "Somebody else"} if method in ("PUT", "POST") else None,
                sender=sender,
                path="/xapi/agents/profile",
                agent={"account": {"homePage": SITE, "name": "4711"}},
                profileId=ID,
                headers={"If-Match": "*"} if method == "PUT" else {},
            ).status_code
            for method in ("GET", "PUT", "POST", "DELETE")
        ]

    @pytest.mark.parametrize("home_pages", [(), ("https://club.example.org",), (f"{SITE}.example",)])
    def test_nobody_elses_site(self, site, home_pages):
        site.told(ASHA, name="Asha Rao", email=MAIL)
        other = site.credential(home_pages=home_pages, scopes=("statements/write", "profile"))
        assert self.answers(site, other) == [403, 403, 403, 403]
        assert site.request("GET", ASHA).get_json() == {"name": "Asha Rao", "email": MAIL}

    def test_the_site_itself_and_whoever_may_do_all(self, site):
        for sender in (site.credential(), site.credential(home_pages=(), scopes=("all",))):
            site.told(ASHA, name="Asha Rao")
            assert self.answers(site, sender) == [200, 204, 204, 204]

    def test_whoever_may_read_all_reads(self, site):
        site.told(ASHA, name="Asha Rao")
        reader = site.credential(home_pages=(), scopes=("all/read", "profile"))
        assert self.answers(site, reader) == [200, 403, 403, 403]

    def test_other_profiles_are_open_as_before(self, site):
        other = site.credential(home_pages=(), scopes=("profile",))
        sent = {
            "path": "/xapi/agents/profile",
            "agent": {"account": {"homePage": SITE, "name": "4711"}},
            "profileId": "https://example.org/badges",
        }
        assert site.bridge.request("POST", {"a": 1}, sender=other, **sent).status_code == 204


class TestWhatIsNotVouchedFor:
    def refuses(self, site, account=ASHA, **told):
        send(site, MAIL, "induction")
        site.told(account, name="Asha Rao", email=MAIL, **told)
        site.settled()
        assert site.proofs() == []
        assert site.known(MAIL)["identifiers"] == [f"mailto:{MAIL}"]
        assert site.aside() == []

    def test_without_the_key(self, site):
        site.put_mappings()
        self.refuses(site)

    def test_another_domain_or_a_subdomain_of_it(self, site):
        site.put_mappings("gov.uk", "schools.council.gov.uk")
        self.refuses(site)

    def test_another_site(self, site):
        site.put_mappings("council.gov.uk", site="https://club.example.org")
        self.refuses(site)

    def test_an_account_of_another_site(self, site):
        self.refuses(site, "https://club.example.org|4711", sender=site.credential(scopes=("all",)))

    def test_a_credential_without_a_home_page(self, site):
        self.refuses(site, sender=site.credential(home_pages=(), scopes=("all",)))

    def test_a_test_credential(self, site):
        self.refuses(site, sender=site.credential(test=True))

    def test_another_source(self, site):
        self.refuses(site, sender=site.credential(source="nwg"))

    def test_a_credential_that_is_held_to_other_domains(self, site):
        self.refuses(site, sender=site.credential(mail_domains=("schools.example",)))

    def test_a_credential_that_is_held_to_that_domain_vouches(self, site):
        send(site, MAIL, "induction")
        site.told(ASHA, email=MAIL, sender=site.credential(mail_domains=("council.gov.uk",)))
        site.settled()
        assert courses_of(site, ASHA) == {"induction"}

    def test_a_mailbox_that_several_people_read(self, site):
        send(site, MAIL, "induction")
        site.bridge.database.write(
            lambda session: people.share(
                session, MAIL, shared=True, reason="the desk", who="the tests", now=site.bridge.clock()
            )
        )
        for account in (ASHA, ZOE):
            site.told(account, name=account[-4:], email=MAIL)
        site.settled()
        assert site.known(ASHA)["identifiers"] == [ASHA]
        assert site.known(ZOE)["identifiers"] == [ZOE]

    def test_two_that_somebody_parted(self, site):
        send(site, MAIL, "induction")
        send(site, ASHA, "escb_basic")
        site.settled()
        site.bridge.database.write(
            lambda session: people.decide(
                session, MAIL, ASHA, same=False, reason="asked", who="the tests", now=site.bridge.clock()
            )
        )
        site.told(ASHA, email=MAIL)
        site.settled()
        assert courses_of(site, ASHA) == {"escb_basic"}


class TestWhatIsNoProfile:
    @pytest.mark.parametrize(
        ("body", "content_type", "said"),
        [
            (b"{", "application/json", "is not JSON"),
            (b"[1]", "application/json", "is not a JSON object"),
            (b"{}", "text/plain", "Content-Type"),
            ({"email": "asha"}, "application/json", '$.email: "asha" is not an e-mail address'),
            ({"name": 7, "area": None}, "application/json", "$.area"),
        ],
    )
    def test_is_kept_told_and_harms_nobody(self, site, body, content_type, said):
        send(site, MAIL, "induction")
        assert site.request("PUT", ASHA, body, content_type=content_type).status_code == 204
        site.told(ZOE, email=MAIL)
        site.settled()
        [reason] = site.aside()
        assert reason.startswith(f"agent profile of {ASHA}: ")
        assert said in reason
        kept = site.request("GET", ASHA)
        assert kept.data == (body if isinstance(body, bytes) else json.dumps(body).encode())
        assert courses_of(site, ZOE) == {"induction"}
        report = site.bridge.database.read(
            lambda session: status(session, site.bridge.settings, site.bridge.clock())
        )
        assert report["set_aside"][0]["kind"] == "profile"
        site.gone(ASHA)
        site.settled()
        assert site.aside() == []


class TestTwoAtOnce:
    """On PostgreSQL, for on SQLite a writing transaction is alone."""

    @pytest.fixture
    def server(self, site):
        if site.bridge.database.engine.dialect.name != "postgresql":
            pytest.skip("a writing transaction is alone on SQLite")
        return site

    def read_once(self, site):
        database, calendar = site.bridge.database, site.bridge.settings.calendar
        mappings = database.read(lambda session: mapping_flow.in_force(session, calendar))
        return recompute.read_profiles(database, mappings, site.bridge.clock)

    @contextlib.contextmanager
    def transaction(self, site):
        with site.bridge.database.engine.connect() as session, session.begin():
            yield session

    def test_somebody_whom_an_import_holds_is_passed_over_and_nobody_else(self, server):
        send(server, ASHA, "induction")
        send(server, ZOE, "induction")
        server.settled()
        server.told(ASHA, email=MAIL)
        server.told(ZOE, email="zoe@council.gov.uk")
        with self.transaction(server) as importing:
            known = people_rows.learners_by_identifier(importing, [ASHA])
            identity.lock_learners(importing, [*known.values()])
            assert self.read_once(server) == 1
            assert proven(server, ASHA) == set()
            assert proven(server, ZOE) == {frozenset((ZOE, "mailto:zoe@council.gov.uk"))}
        server.settled()
        assert f"mailto:{MAIL}" in server.known(ASHA)["identifiers"]

    def test_a_profile_that_is_written_while_the_former_is_read_wins(self, server):
        server.told(ASHA, email=MAIL)
        mappings = server.bridge.database.read(
            lambda session: mapping_flow.in_force(session, server.bridge.settings.calendar)
        )
        with ThreadPoolExecutor(1) as pool:
            with self.transaction(server) as reading:
                agent_profiles.take_pending(reading, mappings, server.bridge.clock(), limit=10)
                writing = pool.submit(server.told, ASHA, email="asha.new@council.gov.uk")
                with pytest.raises(TimeoutError):
                    writing.result(timeout=0.7)  # it waits, for the document is being read
            writing.result(timeout=30)
        server.settled()
        assert proven(server, ASHA) == {frozenset((ASHA, "mailto:asha.new@council.gov.uk"))}


PEOPLE = range(2)
EMAILS = ["asha{}@council.gov.uk", "Asha{}@council.gov.uk", "zoe{}@council.gov.uk", "zoe{}@elsewhere.example"]
steps = st.one_of(
    st.tuples(st.just("told"), st.sampled_from(PEOPLE), st.sampled_from(EMAILS)),
    st.tuples(st.just("gone"), st.sampled_from(PEOPLE), st.none()),
    st.tuples(st.just("completes"), st.sampled_from(PEOPLE), st.sampled_from(["induction", "escb_basic"])),
    st.tuples(st.just("writes"), st.sampled_from(EMAILS), st.sampled_from(["induction", "escb_basic"])),
    st.tuples(
        st.just("mappings"),
        st.sampled_from([(), ("council.gov.uk",), ("elsewhere.example",)]),
        st.none(),
    ),
)
numbers = itertools.count()


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=st.lists(st.tuples(steps, st.booleans()), max_size=14))
def test_who_is_one_person_follows_from_profiles_and_mappings_as_they_are(site, history):
    """Whatever came before: the proofs are those of the last profile of each and of the mappings in force, and what is kept
    is what a rebuild gives."""
    of = f".{next(numbers)}"  # other people in each history, on one bridge
    accounts = [f"{SITE}|{number}{of}" for number in PEOPLE]
    held, allowed = {}, ("council.gov.uk",)
    site.put_mappings(*allowed)
    for (kind, one, other), then in history:
        if kind == "told":
            held[accounts[one]] = other.format(of)
            site.told(accounts[one], email=other.format(of))
        elif kind == "gone":
            held.pop(accounts[one], None)
            site.gone(accounts[one])
        elif kind == "completes":
            send(site, accounts[one], other)
        elif kind == "writes":
            send(site, one.format(of), other)
        else:
            allowed = one
            site.put_mappings(*one)
        if then:
            site.bridge.recompute()
    site.settled()
    vouched = {account: mail for account, mail in held.items() if mail.partition("@")[2] in allowed}
    found = {pair for account in accounts for pair in proven(site, account)}
    assert found == {frozenset((account, f"mailto:{mail}")) for account, mail in vouched.items()}
    for account, mail in vouched.items():
        assert f"mailto:{mail}" in site.known(account)["identifiers"]


def proven(site, account):
    try:
        shown = site.bridge.database.read(lambda session: people.show(session, account))
    except NotFound:
        return set()
    return {
        frozenset((one["one"], one["other"])) for one in shown["proofs"] if one["kind"] == "agent_profile"
    }

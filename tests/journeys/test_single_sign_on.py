"""Signing in by an organisation's own sign-in, at a real OpenID Provider that the test starts."""

from __future__ import annotations

import json
import re
import subprocess
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from builders import free_port, wait_until

PEOPLE = "person,identifiers,organisation,area,role\nAsha Rao,asha.rao@colne.example,Colne Primary School,essex,Teacher\n"
SECRET = "a secret of the client that is as long as such are"  # of this test's own provider


class Provider:
    """The provider's process, and a person's way through its pages."""

    def __init__(self, javascript, back, *, in_userinfo=False):
        self.issuer = f"http://127.0.0.1:{free_port()}"
        command = javascript.command(
            "openid_provider.mjs",
            issuer=self.issuer,
            secret=SECRET,
            back=back,
            domain="colne.example",
            inUserinfo=in_userinfo,
        )
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(self._answers, "the OpenID Provider")

    def _answers(self):
        assert self.process.poll() is None
        try:
            return requests.get(f"{self.issuer}/.well-known/openid-configuration", timeout=5).ok
        except requests.RequestException:
            return False

    def stop(self):
        self.process.kill()
        self.process.wait()

    def way_back(self, browser, address, login):
        """The address of ours that the provider sends this person to, who signs in there."""
        answer = browser.get(address, allow_redirects=False, timeout=10)
        for _ in range(12):
            if answer.is_redirect:
                leads_to = requests.compat.urljoin(answer.url, answer.headers["Location"])
                if not leads_to.startswith(self.issuer):
                    return leads_to
                answer = browser.get(leads_to, allow_redirects=False, timeout=10)
            else:
                action = re.search(r'action="([^"]+)"', answer.text)[1]
                prompt = re.search(r'name="prompt" value="(\w+)"', answer.text)[1]
                sent = {"prompt": prompt, "login": login, "password": "any"}
                answer = browser.post(action, data=sent, allow_redirects=False, timeout=10)
        raise AssertionError("the provider sends nobody back")


def start(serve, sqlite_url, javascript, tmp_path, **options):
    port = free_port()
    back = f"http://127.0.0.1:{port}/sign-in/with/colne/back"
    provider = Provider(javascript, back, **options)
    told = {
        "colne": {
            "name": "Colne Academies Trust",
            "issuer": provider.issuer,
            "client_id": "lrs_bridge",
            "secret_variable": "LRS_BRIDGE_SECRET_COLNE",
            "mail_domains": ["colne.example"],
        }
    }
    service = serve(sqlite_url, port=port, sign_in=json.dumps(told), secret_colne=SECRET)
    table = tmp_path / "people.csv"
    table.write_text(PEOPLE, encoding="utf-8")
    assert service.run("import", "people", str(table), "--apply").returncode == 0
    service.wait_until_computed()
    return service, provider


@pytest.fixture(params=[False, True], ids=["in the token", "in userinfo"])
def there(request, serve, sqlite_url, javascript, tmp_path):
    service, provider = start(serve, sqlite_url, javascript, tmp_path, in_userinfo=request.param)
    yield service, provider
    provider.stop()


def leave_for(service, browser):
    """Follows the link on our page to the provider."""
    page = browser.get(f"{service.url}/sign-in", timeout=10).text
    link = re.search(r'href="(/sign-in/with/colne)">Colne Academies Trust', page)[1]
    answer = browser.get(f"{service.url}{link}", allow_redirects=False, timeout=10)
    assert answer.status_code == 303
    return answer.headers["Location"]


def test_the_whole_way_there_and_back(there):
    service, provider = there
    with requests.Session() as browser:
        address = leave_for(service, browser)
        asked = parse_qs(urlsplit(address).query)
        assert (asked["code_challenge_method"], asked["scope"]) == (["S256"], ["openid email"])
        back = provider.way_back(browser, address, "Asha.Rao")
        answer = browser.get(back, timeout=10)
        assert (answer.url, answer.status_code) == (f"{service.url}/me", 200)
        assert "Asha Rao" in answer.text
        again = browser.get(back, timeout=10)
        assert again.status_code == 403  # a code works once
        assert "did not confirm who you are" in again.text


def test_what_signs_nobody_in(there):
    service, provider = there
    with requests.Session() as browser:
        unverified = provider.way_back(browser, leave_for(service, browser), "unverified.rao")
        answer = browser.get(unverified, timeout=10)
        assert answer.status_code == 403
        assert "does not vouch for the address unverified.rao@colne.example" in answer.text
        assert browser.get(f"{service.url}/me", timeout=10).url.startswith(f"{service.url}/sign-in")
    with requests.Session() as browser, requests.Session() as other:
        back = provider.way_back(browser, leave_for(service, browser), "asha.rao")
        other.get(f"{service.url}/sign-in", timeout=10)
        answer = other.get(back, timeout=10)
        assert answer.status_code == 403
        assert "begun in another browser" in answer.text
        assert other.get(f"{service.url}/me", timeout=10).url.startswith(f"{service.url}/sign-in")
        no_state = re.sub(r"state=[^&]+", "state=1-x.y", back)
        for odd in (
            no_state,
            no_state.replace("1-x.y", ""),
            f"{service.url}/sign-in/with/colne/back",
            f"{back}%ff",
        ):
            assert browser.get(odd, timeout=10).status_code == 403
        assert browser.get(f"{service.url}/sign-in/with/other", timeout=10).status_code == 404


def test_a_provider_that_is_away_is_said_and_mail_still_works(there):
    service, provider = there
    provider.stop()
    with requests.Session() as browser:
        answer = browser.get(f"{service.url}/sign-in/with/colne", headers={"Accept": "text/html"}, timeout=20)
        assert answer.status_code == 503
        assert "The sign-in of Colne Academies Trust can&#39;t be used just now" in answer.text
        assert browser.get(f"{service.url}/sign-in", timeout=10).status_code == 200
    assert "the sign-in of colne can't be used: ConnectionError" in service.said()

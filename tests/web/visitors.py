"""Browsers that sign in by e-mail, and the desk that they come to."""

from __future__ import annotations

import re
from datetime import timedelta

import sqlalchemy as sa
from builders import completion

MAIL = "Asha.Rao@example.org"
FORM_TOKEN = re.compile(r'name="form_token" value="([0-9a-f]{64})"')


class Browser:
    """Keeps cookies; sends what the form that it saw last carries."""

    def __init__(self, bridge, scheme="http"):
        self.client = bridge.app.test_client()
        self.base = f"{scheme}://localhost"
        self.token = ""

    def get(self, path):
        return self._seen(self.client.get(path, base_url=self.base))

    def post(self, path, *, follow=True, **fields):
        sent = {"form_token": self.token, **fields}
        return self._seen(self.client.post(path, data=sent, base_url=self.base, follow_redirects=follow))

    def _seen(self, answer):
        found = FORM_TOKEN.search(answer.text)
        self.token = found[1] if found else self.token
        return answer

    def asks(self, address=MAIL):
        self.get("/sign-in")
        return self.post("/sign-in", email=address)

    def is_in(self):
        return self.get("/me").status_code == 200


class Desk:
    """A bridge that knows one learner, and its mail server."""

    def __init__(self, bridge, smtp):
        self.bridge, self.smtp = bridge, smtp
        happened = bridge.clock() - timedelta(days=1)
        bridge.stored(completion(f"mailto:{MAIL}", "escb_basic", happened))
        bridge.recompute()

    def browser(self, **options):
        return Browser(self.bridge, **options)

    def letter(self):
        text = self.smtp.messages[-1].get_body(("plain",)).get_content()
        link = re.search(r"http\S+(/sign-in/link/\S+)", text)
        code = re.search(r"\b\d{3} \d{3}\b", text)
        return (link[1] if link else None), (code[0] if code else None)

    def wrong_code(self):
        return f"{(int(''.join(self.letter()[1].split())) + 1) % 10**6:06}"

    def rows(self, table):
        return self.bridge.database.read(lambda session: session.execute(sa.select(table)).all())

"""A real Moodle: its source copied, installed in a database of its own, served by PHP, and used as people use it."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import signal
import subprocess
import time
import zipfile
from pathlib import Path
from typing import Any

import requests
from databases import MoodleDatabase
from missing import NotHereError

HERE = Path(__file__).resolve().parent
PASSWORD = "Champ1on!"  # of everybody on a site that lives for some minutes
PLUGIN = "local_lrsbridge"
_ALL_ERRORS = 32_767  # PHP's E_ALL, by which Moodle tells developers everything on its pages
_SLOW = 1_800
"""Seconds that one of Moodle's commands may take; installing takes some minutes."""


class MoodleError(Exception):
    """A command of Moodle's failed, or a page isn't what it has to be."""


class Moodle:
    def __init__(
        self, source: Path, folder: Path, database: MoodleDatabase, port: int, *, is_debugging: bool
    ) -> None:
        php = shutil.which("php")
        if php is None:
            raise NotHereError("there is no php command (package: php-cli)")
        self.php = [
            php,
            "-d",
            "max_input_vars=5000",
            "-d",
            "memory_limit=1024M",
            "-d",
            "display_errors=stderr",
        ]
        self.source, self.folder, self.database = source, folder, database
        self.code, self.data = folder / "moodle", folder / "data"
        self.public = self.code / "public" if (source / "public" / "version.php").exists() else self.code
        self.url = f"http://127.0.0.1:{port}"
        self.port, self.is_debugging = port, is_debugging
        self.log = folder / "web.log"
        self.process: subprocess.Popen[bytes] | None = None

    # --- as an admin does it -----------------------------------------------------------------------------------------

    def install(self) -> None:
        def unneeded(folder: str, names: list[str]) -> set[str]:
            return (
                {".git", "config.php", "node_modules"} & set(names) if Path(folder) == self.source else set()
            )

        shutil.copytree(self.source, self.code, ignore=unneeded, symlinks=True)
        self._leave_out_what_is_not_moodles()
        self.data.mkdir(mode=0o777)
        one = self.database
        (self.code / "config.php").write_text(
            "<?php\nunset($CFG);\nglobal $CFG;\n$CFG = new stdClass();\n"
            + "".join(
                f"$CFG->{name} = {json.dumps(value)};\n"
                for name, value in {
                    "dbtype": one.kind,
                    "dblibrary": "native",
                    "dbhost": one.host,
                    "dbname": one.name,
                    "dbuser": one.user,
                    "dbpass": one.password,
                    "prefix": "mdl_",
                    "wwwroot": self.url,
                    "dataroot": str(self.data),
                    "noemailever": True,
                    "cookiesecure": False,
                    "debug": _ALL_ERRORS if self.is_debugging else 0,
                    "debugdisplay": self.is_debugging,
                }.items()
            )
            + f"$CFG->dboptions = ['dbport' => {one.port}];\n"
            + "$CFG->directorypermissions = 02777;\nrequire_once(__DIR__ . '/lib/setup.php');\n"
        )
        self.command(
            "admin/cli/install_database.php",
            "--agree-license",
            f"--adminpass={PASSWORD}",
            "--adminemail=admin@example.org",
            "--fullname=Council Moodle",
            "--shortname=moodle",
        )

    def _leave_out_what_is_not_moodles(self) -> None:
        """Other people's plugins in the source that was given may need what isn't there, or fail by themselves."""
        standard = json.loads((self.code / "lib" / "plugins.json").read_text())["standard"]
        types = json.loads((self.code / "lib" / "components.json").read_text())["plugintypes"]
        for kind, place in types.items():
            folder = self.code / place if (self.code / place).is_dir() else self.public / place
            for plugin in folder.iterdir() if folder.is_dir() else ():
                if (plugin / "version.php").is_file() and plugin.name not in standard.get(kind, ()):
                    shutil.rmtree(plugin)

    def release(self) -> str:
        found = re.search(r"\$release\s*=\s*'([^']+)'", (self.public / "version.php").read_text())
        if found is None:
            raise MoodleError("Moodle's version.php tells no release")
        return found[1]

    def install_plugin(self, archive: Path) -> None:
        """Unpacked where Moodle's own installer puts it, then the upgrade that an admin is asked for."""
        with zipfile.ZipFile(archive) as opened:
            opened.extractall(self.public / "local")
        self.command("admin/cli/upgrade.php", "--non-interactive")

    def set(self, name: str, value: str, component: str = "") -> None:
        options = [f"--component={component}"] if component else []
        self.command("admin/cli/cfg.php", *options, f"--name={name}", f"--set={value}")

    def cron(self) -> str:
        """Everything that is due, once."""
        return self.command("admin/cli/cron.php", "--keep-alive=0")

    def task(self, name: str, *, may_fail: bool = False) -> str:
        return self.command(
            "admin/cli/scheduled_task.php", f"--execute=\\{name}", "--force", may_fail=may_fail
        )

    def command(self, script: str, *arguments: str, may_fail: bool = False) -> str:
        """One of Moodle's own commands; what it prints. Raises MoodleError with that where it fails."""
        path = self.code / script
        if not path.exists():
            path = self.public / script
        done = subprocess.run(
            [*self.php, str(path), *arguments],
            cwd=self.code,
            capture_output=True,
            text=True,
            check=False,
            timeout=_SLOW,
        )
        if done.returncode and not may_fail:
            raise MoodleError(f"{script} {' '.join(arguments)}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}")
        return done.stdout + done.stderr

    def drive(self, act: str, **given: Any) -> Any:
        """What drive.php, run inside this Moodle, tells of what it did."""
        return self.inside(HERE / "drive.php", act, given)

    def inside(self, script: Path, act: str, given: dict[str, Any]) -> Any:
        done = subprocess.run(
            [*self.php, str(script), str(self.code / "config.php"), act, json.dumps(given)],
            cwd=self.code,
            capture_output=True,
            text=True,
            check=False,
            timeout=_SLOW,
        )
        marked = done.stdout.rpartition("\n@@")[2]
        if done.returncode or not marked:
            raise MoodleError(f"{act}: {done.stdout[-4000:]}\n{done.stderr[-4000:]}")
        return json.loads(marked)

    # --- served ------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*self.php, "-S", f"127.0.0.1:{self.port}", "-t", str(self.public)],
                env={**os.environ, "PHP_CLI_SERVER_WORKERS": "3"},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + 120
        while True:
            try:
                if requests.get(f"{self.url}/login/index.php", timeout=60).ok:
                    return
            except requests.RequestException:
                pass
            if time.monotonic() > deadline:
                raise MoodleError(f"PHP's web server doesn't answer:\n{self.log.read_text()[-3000:]}")
            time.sleep(0.2)

    def stop(self) -> None:
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(timeout=30)
            self.process = None

    def sign_in(self, username: str) -> Visitor:
        return Visitor(self, username)


class Visitor:
    """Somebody signed in, with a browser's cookies."""

    def __init__(self, moodle: Moodle, username: str) -> None:
        self.moodle, self.session = moodle, requests.Session()
        page = self.get("/login/index.php")
        token = re.search(r'name="logintoken" value="([^"]+)"', page)
        if token is None:
            raise MoodleError("the page to sign in has no token")
        told = {"username": username, "password": PASSWORD, "logintoken": token[1]}
        answer = self.session.post(f"{moodle.url}/login/index.php", data=told, timeout=120)
        if "/login/index.php" in answer.url or not answer.ok:
            raise MoodleError(f"{username} couldn't sign in: {answer.url} {answer.status_code}")

    def get(self, path: str, **query: Any) -> str:
        answer = self.session.get(f"{self.moodle.url}{path}", params=query, timeout=120)
        if not answer.ok:
            raise MoodleError(f"{path} {query} was answered {answer.status_code}:\n{answer.text[:2000]}")
        return answer.text

    def post(self, path: str, **told: Any) -> str:
        """What a script of Moodle's own pages sends."""
        return self._sent(f"{self.moodle.url}{path}", {"sesskey": self.sesskey(), **told})

    def press(self, page: str, button: str, **typed: str) -> str:
        """The form of the page that has this button, sent off with what was typed."""
        for form in re.findall(r"<form\b.*?</form>", page, re.DOTALL):
            action = re.search(r'action="([^"]+)"', form)
            if button in form and action:
                hidden = re.findall(r'<input\b[^>]*type="hidden"[^>]*>', form)
                told = {_attribute(one, "name"): _attribute(one, "value") for one in hidden}
                return self._sent(html.unescape(action[1]), told | typed)
        raise MoodleError(f"the page has no button “{button}”")

    def _sent(self, url: str, form: dict[str, Any]) -> str:
        answer = self.session.post(url, data=form, timeout=120)
        if not answer.ok:
            raise MoodleError(f"POST {url} was answered {answer.status_code}:\n{answer.text[:2000]}")
        return answer.text

    def sesskey(self) -> str:
        found = re.search(r'"sesskey":"([^"]+)"', self.get("/my/"))
        if found is None:
            raise MoodleError("the page tells no sesskey")
        return found[1]

    def ajax(self, name: str, **arguments: Any) -> Any:
        """A call of Moodle's own pages to its web services."""
        answer = self.session.post(
            f"{self.moodle.url}/lib/ajax/service.php",
            params={"sesskey": self.sesskey()},
            json=[{"index": 0, "methodname": name, "args": arguments}],
            timeout=120,
        ).json()
        if not isinstance(answer, list) or answer[0].get("error"):
            raise MoodleError(f"{name}: {answer}")
        return answer[0]["data"]


def _attribute(element: str, name: str) -> str:
    found = re.search(rf'\b{name}="([^"]*)"', element)
    return html.unescape(found[1]) if found else ""

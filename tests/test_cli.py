"""The command: help with an example everywhere, refusals with an honest exit code, and output fit for a pipe."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import click
import openpyxl
import pytest
from builders import Shell

from lrs_bridge import cli, serving
from lrs_bridge.cli import main
from lrs_bridge.flows.imports import KINDS
from lrs_bridge.mapping_files import FOLDERS
from lrs_bridge.settings import SHIPPED_MAPPINGS, TABLE
from lrs_bridge.store import timetable
from lrs_bridge.store.database import Database

NOTHING_LISTENS = "postgresql://nobody@127.0.0.1:1/none"


@pytest.fixture
def unmigrated(sqlite_url) -> Shell:
    return Shell(sqlite_url)


@pytest.fixture
def shell(sqlite_url) -> Shell:
    shell = Shell(sqlite_url)
    shell.well("migrate")
    return shell


@pytest.fixture
def people(tmp_path) -> str:
    path = tmp_path / "people.csv"
    path.write_text(
        "person,identifiers,organisation,area,role,required_tier\n"
        "Asha Rao,asha.rao@example.org,Colne Primary School,essex,teacher,T3\n"
        "Ben Hale,ben@example.org,Harwich Cabs,essex,driver,T2\n"
    )
    return str(path)


@cache
def bad_mappings() -> dict[str, str]:
    files = {
        path.relative_to(SHIPPED_MAPPINGS).as_posix(): path.read_text(encoding="utf-8")
        for path in SHIPPED_MAPPINGS.rglob("*.yaml")
    }
    escb = files["frameworks/escb.yaml"]
    escb = escb.replace("inherits: T1", "inherits: T0").replace("national: true", "national: perhaps")
    files["frameworks/escb.yaml"] = escb
    files["sources/nwg.yaml"] = files["sources/nwg.yaml"].replace("course: nwg_basic", "course: ngw_basic", 1)
    return files


@pytest.fixture
def bad_folder(tmp_path) -> str:
    for name, text in bad_mappings().items():
        path = tmp_path / "bad" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return str(tmp_path / "bad")


def commands() -> list[str]:
    return sorted(cli.main.commands)


class TestHelp:
    def test_the_commands_that_others_rely_on(self):
        named = "init migrate add-client serve worker check-mappings unmapped import recompute explain status demo"
        assert set(named.split()) <= set(commands())

    @pytest.mark.parametrize("command", commands())
    @pytest.mark.parametrize("flag", ["--help", "-h"])
    def test_every_command_has_help_with_an_example_of_itself(self, unmigrated, command, flag):
        said = unmigrated.well(command, flag)
        example = re.search(r"\n  Example:\n    (lrs-bridge .*)\n", said)
        assert example is not None
        assert example[1].split()[1] == command
        assert len(said.splitlines()[2].strip()) > 20

    @pytest.mark.parametrize("command", commands())
    def test_every_option_says_what_it_does(self, command):
        for parameter in cli.main.commands[command].params:
            if isinstance(parameter, click.Option) and not parameter.hidden:
                assert parameter.help, parameter.name

    def test_the_group_has_one_too(self, unmigrated):
        said = unmigrated.well("--help")
        assert "Example:\n    lrs-bridge demo --once" in said
        for command in commands():
            assert f"\n  {command} " in said

    def test_the_group_lists_each_command_once_by_what_it_is_for(self, unmigrated):
        listed = [name for names in main.sections.values() for name in names]
        assert sorted(listed) == sorted(main.commands)
        said = unmigrated.well("--help")
        assert all(f"\n{title}:\n" in said for title in main.sections)
        assert all(f"\n  {name} " in said for name in listed)

    def test_help_needs_no_settings_and_no_database(self, unmigrated):
        unmigrated.well("status", "--help", LRS_BRIDGE_NONSENSE="1", LRS_BRIDGE_DATABASE_URL="nowhere")

    def test_the_version(self, unmigrated):
        assert re.fullmatch(r"lrs-bridge, version \d+\.\d+\.\d+\n", unmigrated.well("--version"))


class TestExitCodes:
    @pytest.mark.parametrize(
        "command",
        [
            ["status"],
            ["unmapped"],
            ["mappings"],
            ["recompute"],
            ["explain", "a@example.org"],
            ["add-client", "x"],
            ["worker"],
            ["serve"],
        ],
    )
    def test_78_before_the_database_is_migrated(self, unmigrated, command, tmp_path):
        said = unmigrated.refused(78, *command)
        assert said.startswith("There is no database /")
        assert "bridge.sqlite" in said
        assert not list(tmp_path.glob("*.sqlite")), "asking must not make an empty database"

    def test_78_for_a_database_without_schema(self, unmigrated, tmp_path):
        (tmp_path / "bridge.sqlite").touch()
        assert (
            unmigrated.refused(78, "status")
            == "The database has no schema yet. Run `lrs-bridge migrate` first.\n"
        )

    def test_78_before_the_database_is_migrated_for_imports(self, unmigrated, people):
        unmigrated.refused(78, "import", "people", people)

    @pytest.mark.parametrize(
        "command", [["status"], ["migrate"], ["check-mappings"], ["settings"], ["recompute"]]
    )
    def test_78_for_settings_that_there_are_not(self, unmigrated, command):
        said = unmigrated.refused(78, *command, LRS_BRIDGE_DATBASE_URL="x", LRS_BRIDGE_SMTP_PORT="x")
        assert said.splitlines() == [
            "The service can't start as configured:",
            "  LRS_BRIDGE_DATBASE_URL: there is no such setting; did you mean database_url?",
            "  LRS_BRIDGE_SMTP_PORT: must be a whole number from 1 to 65535",
        ]

    @pytest.mark.parametrize(
        "command", [["status"], ["migrate"], ["recompute"], ["explain", "a@example.org"]]
    )
    def test_75_when_postgresql_is_out_of_reach(self, unmigrated, command):
        said = unmigrated.refused(75, *command, LRS_BRIDGE_DATABASE_URL=NOTHING_LISTENS)
        assert said.startswith("The database can't be reached: ")

    def test_75_when_the_file_can_not_be_opened(self, unmigrated, tmp_path):
        url = f"sqlite:///{tmp_path}/nowhere/x.sqlite"
        assert "can't be reached" in unmigrated.refused(75, "migrate", LRS_BRIDGE_DATABASE_URL=url)

    @pytest.mark.parametrize("command", [["check-mappings"], ["recompute"], ["serve"], ["add-client", "x"]])
    def test_2_for_bad_mappings(self, shell, bad_folder, command):
        said = shell.refused(2, *command, LRS_BRIDGE_MAPPINGS=bad_folder)
        assert said.startswith("The mapping files have 3 mistakes; nothing was put in force.\n")

    @pytest.mark.parametrize(
        ("command", "said"),
        [
            (
                ["import", "persons", "x.csv"],
                f"there is no import “persons” → one of {', '.join(KINDS)}",
            ),
            (["import", "people"], "FILE: is missing → lrs-bridge import people FILE.csv"),
            (
                ["import", "people", "nowhere.csv"],
                "The file can't be read.\n  nowhere.csv: No such file or directory\n",
            ),
            (["explain", "Asha Rao"], '"Asha Rao" is no identifier'),
            (["add-client", "x", "--source", "mooodle"], "no mapping file describes “mooodle” → one of "),
            (["add-client", "x", "--source", "bridge"], "“bridge” is this service itself"),
            (["add-client", "x", "--scope", "statements"], "there is no scope “statements”"),
            (["add-client", " "], "NAME: is empty"),
            (
                ["add-client", "x", "--scope", "standings/read"],
                "--home-page: is missing, and standings/read is for",
            ),
            (["check-mappings", "nowhere"], "nowhere: is no folder"),
            (
                ["schema", "standards"],
                "there are no mapping files of the kind “standards” → one of sources, frameworks, champions",
            ),
            (["nonsense"], "No such command 'nonsense'"),
            (["explain"], "Missing argument 'IDENTIFIER'"),
        ],
    )
    def test_2_for_wrong_input(self, shell, command, said):
        assert said in shell.refused(2, *command)

    def test_1_for_nobody(self, shell):
        said = shell.refused(1, "explain", "nobody@example.org")
        assert (
            said
            == "Nobody is known by mailto:nobody@example.org: no mapped statement names them, and no import.\n"
        )

    def test_0_for_a_status_however_bad_it_is(self, shell):
        """It did what was asked; for monitoring there is GET /health."""
        assert "! the timetable has not run for five minutes" in shell.well("status")

    @pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7"])
    def test_78_for_serving_others_in_the_clear(self, shell, host):
        said = shell.refused(78, "serve", "--host", host)
        assert "--insecure" in said
        assert "config/nginx.conf" in said
        serving.refuse_in_the_clear(host, "https://bridge.example.org", insecure=False)
        serving.refuse_in_the_clear(host, "http://bridge.example.org", insecure=True)
        serving.refuse_in_the_clear("127.0.0.1", "http://127.0.0.1:8040", insecure=False)

    def test_78_for_a_demonstration_open_to_all(self, shell):
        said = shell.refused(78, "serve", "--demonstration", "--insecure", "--host", "0.0.0.0")
        assert "loopback address only" in said
        assert not serving.is_loopback("0.0.0.0")


class TestInit:
    def test_it_copies_what_may_be_edited_and_says_what_next(self, unmigrated, tmp_path):
        said = unmigrated.well("init", str(tmp_path / "new"))
        assert "files copied to" in said
        folder = tmp_path / "new"
        assert f"LRS_BRIDGE_MAPPINGS={folder / 'mappings'} LRS_BRIDGE_CONFIG={folder / 'config'}" in said
        given = {"LRS_BRIDGE_MAPPINGS": str(folder / "mappings"), "LRS_BRIDGE_CONFIG": str(folder / "config")}
        assert "no mistakes" in unmigrated.well("check-mappings", **given)

    def test_it_never_overwrites(self, unmigrated, tmp_path):
        unmigrated.well("init", str(tmp_path))
        edited = tmp_path / "mappings/sources/nwg.yaml"
        edited.write_text("# mine\n")
        (tmp_path / "mappings/sources/moodle.yaml").unlink()
        said = unmigrated.well("init", str(tmp_path))
        assert said.startswith("1 files copied")
        assert f"left as it is: {edited}" in said
        assert edited.read_text() == "# mine\n"

    def test_where_it_may_not_write(self, unmigrated, tmp_path):
        (tmp_path / "mappings").write_text("a file")
        said = unmigrated.refused(2, "init", str(tmp_path))
        assert "can't be written" in said


class TestAddClient:
    def test_json_for_whoever_scripts_it(self, shell):
        body = json.loads(shell.well("add-client", "Council", "--source", "moodle", "--json"))
        assert set(body) >= {"name", "key", "secret", "endpoint", "source", "scopes", "test"}
        assert (body["source"], body["test"]) == ("moodle", False)
        assert body["scopes"] == ["statements/write", "statements/read/mine"]
        assert body["endpoint"].endswith("/xapi")
        other = json.loads(
            shell.well("add-client", "T", "--test", "--scope", "all", "--scope", "state", "--json")
        )
        assert (other["test"], other["source"], other["scopes"]) == (True, None, ["all", "state"])
        assert other["key"] != body["key"]
        assert other["secret"] != body["secret"]

    def test_words_for_whoever_reads_it(self, shell):
        done = shell("add-client", "Council", "--source", "moodle")
        assert re.search(r"(?m)^key +\w{32}$", done.stdout)
        assert "can't be shown again" in done.stdout
        assert "read API" not in done.stdout
        assert done.stderr == ""
        site = ["--home-page", "https://moodle.example.org", "--scope", "standings/read"]
        read = shell.well("add-client", "Council", "--source", "moodle", *site)
        assert re.search(r"(?m)^read API +http\S+/api/v1$", read)
        assert "no rule will match it" in shell("add-client", "x").stderr


class TestCheckMappings:
    def test_good_files(self, unmigrated):
        said = unmigrated.well("check-mappings")
        assert "3 sources, 1 frameworks, 1 champions files, no mistakes. Digest " in said
        assert said.count("note: ") == 5

    def test_all_mistakes_of_all_files(self, unmigrated, bad_folder):
        said = unmigrated.refused(2, "check-mappings", bad_folder)
        assert [line.strip().split(" ")[0] for line in said.splitlines()[1:]] == [
            "frameworks/escb.yaml:25",
            "frameworks/escb.yaml:112",
            "sources/nwg.yaml:24",
        ]


class TestSchema:
    """Needs neither a database nor settings."""

    @pytest.fixture
    def bare(self) -> Shell:
        return Shell(NOTHING_LISTENS)

    @pytest.mark.parametrize("kind", FOLDERS)
    def test_it_prints_one(self, bare, kind):
        said = json.loads(bare.well("schema", kind, LRS_BRIDGE_NONSENSE="1"))
        assert said["$schema"].endswith("2020-12/schema")
        assert kind in said["title"]

    def test_without_a_kind_it_says_which_there_are_and_how_to_use_them(self, bare):
        said = bare.well("schema")
        for kind in FOLDERS:
            assert f"\n{kind} " in f"\n{said}"
            assert f"# yaml-language-server: $schema=DIR/{kind}.schema.json" in said
        assert '"yaml.schemas": {' in said

    def test_it_writes_all_into_a_folder_and_touches_nothing_else_there(self, bare, tmp_path):
        folder = tmp_path / "new/schemas"
        said = bare.well("schema", "--write", str(folder))
        (folder / "mine.txt").write_text("mine")
        (folder / "sources.schema.json").write_text("of an earlier version")
        assert bare.well("schema", "--write", str(folder)) == said
        assert sorted(path.name for path in folder.iterdir()) == [
            "champions.schema.json",
            "frameworks.schema.json",
            "mine.txt",
            "sources.schema.json",
        ]
        for kind in FOLDERS:
            path = folder / f"{kind}.schema.json"
            assert f"written: {path}\n" in said
            assert f"$schema={path}" in said
            assert json.loads(path.read_text(encoding="utf-8")) == json.loads(bare.well("schema", kind))

    def test_with_a_kind_it_writes_that_one(self, bare, tmp_path):
        bare.well("schema", "champions", "--write", str(tmp_path))
        assert [path.name for path in tmp_path.iterdir()] == ["champions.schema.json"]

    def test_where_it_may_not_write(self, bare, tmp_path):
        (tmp_path / "file").write_text("a file")
        assert "can't be written" in bare.refused(2, "schema", "--write", str(tmp_path / "file/inside"))
        assert bare("schema", "standards", "--write", str(tmp_path / "new")).exit_code == 2
        assert not (tmp_path / "new").exists()


class TestImport:
    @pytest.mark.parametrize("kind", KINDS)
    def test_a_template_is_a_file_to_begin_with(self, shell, tmp_path, kind):
        done = shell("import", kind, "--template")
        assert done.exit_code == 0
        heading = done.stdout.splitlines()[0].split(",")
        assert [
            line.split(":")[0].removesuffix(" (required)") for line in done.stderr.splitlines()
        ] == heading
        path = tmp_path / "template.csv"
        path.write_text(done.stdout)
        new = 2 if kind == "sessions" else 1  # it has two attendees
        assert f"1 row read as UTF-8: {new} new." in shell.well("import", kind, str(path))

    def test_first_it_shows_then_it_does_then_there_is_nothing_to_do(self, shell, people):
        rows = (
            "line 2     new  Asha Rao (asha.rao@example.org): teacher at Colne Primary School, essex, requires T3,"
            " manager not recorded\n"
            "line 3     new  Ben Hale (ben@example.org): driver at Harwich Cabs, essex, requires T2, manager not recorded\n"
            "2 rows read as UTF-8: 2 new.\n"
        )
        assert (
            shell.well("import", "people", people)
            == rows + "Nothing was changed yet. Add --apply to do it.\n"
        )
        shell.refused(1, "explain", "asha.rao@example.org")
        assert (
            shell.well("import", "people", people, "--apply")
            == rows + "Done; standings follow within seconds.\n"
        )
        done = "2 rows read as UTF-8: 2 same.\n"
        assert shell.well("import", "people", people, "--apply") == done + "Nothing had to be changed.\n"
        assert shell.well("import", "people", people) == done + "Nothing would be changed.\n"

    def test_a_dry_run_does_not_put_mappings_in_force(self, shell, people):
        shell.well("import", "people", people)
        assert json.loads(shell("status", "--json").stdout)["mappings"] is None

    def test_mistakes_and_nothing_taken_in(self, shell, people):
        path = Path(people)
        path.write_text(
            path.read_text().replace("ben@example.org,Harwich Cabs,essex", "ben,Harwich Cabs,kent")
        )
        said = shell.refused(2, "import", "people", people, "--apply")
        assert said.splitlines()[0] == "The file has mistakes; nothing was taken in."
        assert [line.strip().split(":")[0] for line in said.splitlines()[1:]] == [
            "line 3, identifiers",
            "line 3, area",
        ]
        shell.refused(1, "explain", "asha.rao@example.org")

    def test_windows_1252_is_said_and_utf16_refused(self, shell, people):
        path = Path(people)
        text = path.read_text().replace("Asha", "Zoë")
        path.write_bytes(text.encode("cp1252"))
        assert "2 rows read as Windows-1252: 2 new." in shell.well("import", "people", people)
        path.write_bytes(text.encode("utf-16"))
        assert "save it as “CSV UTF-8" in shell.refused(2, "import", "people", people)

    def test_a_workbook_with_own_headings(self, shell, tmp_path):
        book = openpyxl.Workbook()
        book.active.title = "Completed"
        book.active.append(["Work e-mail", "Basic awareness", "Payroll no"])
        book.active.append(["asha.rao@example.org", datetime(2026, 4, 3, 23, 30), 4711])  # noqa: DTZ001  # a workbook has no zones
        book.active.append(["ben@example.org", "13/04/2026", None])
        book.create_sheet("Notes").append(["anything"])
        path = str(tmp_path / "training.xlsx")
        book.save(path)
        assert "there is text in “Completed”, “Notes” → say which" in shell.refused(
            2, "import", "completions", path
        )
        said = shell.refused(2, "import", "completions", path, "--sheet", "completed")
        assert "--column 'Work e-mail=COLUMN'; or, to pass it over, --column 'Work e-mail='" in said
        told = ("Work e-mail=person", "Basic awareness=course:escb_basic", "Payroll no=")
        options = [word for one in told for word in ("--column", one)]
        unknown = "nobody is known by this identifier yet; is it mistyped?"
        shown = (
            "line 2     new  mailto:asha.rao@example.org: ESCB basic awareness package on 3 Apr 2026\n"
            "line 3     new  mailto:ben@example.org: ESCB basic awareness package on 13 Apr 2026\n"
            f"! line 2, mailto:asha.rao@example.org: ESCB basic awareness package on 3 Apr 2026: {unknown}\n"
            f"! line 3, mailto:ben@example.org: ESCB basic awareness package on 13 Apr 2026: {unknown}\n"
            "2 rows read as XLSX, sheet “Completed”: 2 new.\n"
        )
        sheet = ["--sheet", "completed"]
        reminder = "What --column says is remembered with --apply; until then, say it again.\n"
        assert shell.well("import", "completions", path, *sheet, *options).endswith(f"do it.\n{reminder}")
        assert shell.well("import", "completions", path, *sheet, *options, "--apply").startswith(shown)
        # remembered
        assert "2 same" in shell.well("import", "completions", path, *sheet)
        assert reminder not in shell.well("import", "completions", path, *sheet, *options)

    def test_what_is_corrected_and_what_stands_twice(self, shell, tmp_path):
        path = tmp_path / "members.csv"
        row = "asha.rao@example.org,01/03/2026,list,{number},\n"
        path.write_text("person,checked,source,number,until\n" + row.format(number=1))
        nwg = ["--set", "membership=nwg"]
        shell.well("import", "memberships", str(path), *nwg, "--apply")
        path.write_text(path.read_text().replace(",1,", ",2,") + row.format(number=2))
        assert shell.well("import", "memberships", str(path), *nwg) == (
            "line 2     corrected  mailto:asha.rao@example.org: NWG membership, checked 1 Mar 2026; number 1 → 2\n"
            "line 3 repeats line 2\n"
            "2 rows read as UTF-8: 1 corrected, 1 same.\n"
            "Nothing was changed yet. Add --apply to do it.\n"
        )

    def test_the_first_changes_or_all_of_them(self, shell, tmp_path):
        path = tmp_path / "members.csv"
        rows = (f"p{number}@example.org,nwg,01/03/2026,list\n" for number in range(205))
        path.write_text("person,membership,checked,source\n" + "".join(rows))
        said = shell.well("import", "memberships", str(path)).splitlines()
        words = "mailto:p199@example.org: NWG membership, checked 1 Mar 2026"
        assert said[199:201] == [f"line 201   new  {words}", "and 5 more; --all shows every one"]
        assert said[400:403] == [
            f"! line 201, {words}: nobody is known by this identifier yet; is it mistyped?",
            "! and 5 more like these",
            "205 rows read as UTF-8: 205 new.",
        ]
        every = shell.well("import", "memberships", str(path), "--all").splitlines()
        assert len(every) == 205 + 205 + 2

    @pytest.mark.parametrize("option", ["--column", "--set"])
    def test_a_pair_without_its_mark(self, shell, people, option):
        said = shell.refused(2, "import", "people", people, option, "area")
        assert f"{option}: “area” has no “=” between two names" in said

    def test_progress_is_shown_on_a_terminal_alone(self, shell, people):
        """Standard error of a terminal moves; of a pipe it stays empty."""
        shell.well("import", "people", people)
        command = [sys.executable, "-m", "lrs_bridge", "import", "people", people]
        environ = {**os.environ, **shell.environ, "TERM": "xterm"}
        pipe = subprocess.run(command, env=environ, capture_output=True, check=True, timeout=60)
        assert pipe.stderr == b""
        leader, follower = pty.openpty()
        with os.fdopen(leader, "rb", buffering=0) as terminal:
            subprocess.run(
                command, env=environ, stdout=subprocess.DEVNULL, stderr=follower, check=True, timeout=60
            )
            shown = terminal.read(65536)
        os.close(follower)
        assert b"people" in shown


class TestReading:
    def test_explain_in_words_and_as_json(self, shell, people):
        shell.well("import", "people", people, "--apply")
        assert "Not computed yet." in shell.well("explain", "asha.rao@example.org")
        shell.well("recompute")
        said = shell.well("explain", "ASHA.RAO@example.org")
        assert said.startswith("Asha Rao\n  known as   asha.rao@example.org\n")
        assert "reached no whole tier yet, required T3 (escb)" in said
        assert "does not prove who sat at the screen" in said
        body = json.loads(shell.well("explain", "mailto:asha.rao@example.org", "--json"))
        assert set(body) >= {"learner", "tier", "eligibility", "evidence"}
        assert body["tier"]["progress"]["T5"] == [0, 35]

    def test_unmapped_with_nothing_to_show(self, shell):
        assert shell.well("unmapped").startswith("Nothing: ")
        assert json.loads(shell.well("unmapped", "--json")) == []

    def test_recompute_verifies(self, shell, people):
        shell.well("import", "people", people, "--apply")
        assert "2 learners computed" in shell.well("recompute")
        assert shell.well("recompute", "--all", "--verify")

    def test_status_as_json_says_the_same_trouble(self, shell):
        trouble = json.loads(shell.well("status", "--json"))["trouble"]
        assert trouble
        for said in trouble:
            assert f"! {said}\n" in shell.well("status")

    def test_settings_are_listed_and_secrets_are_not(self, unmigrated):
        said = unmigrated.well("settings", LRS_BRIDGE_SMTP_PASSWORD="hush", LRS_BRIDGE_SMTP_PORT="25")
        for setting in TABLE:
            assert f"{setting.name} = " in said
        assert "smtp_port = 25   default 587" in said
        assert "hush" not in said

    def test_migrating_again_is_harmless(self, unmigrated):
        assert unmigrated.well("migrate").startswith("The database went from empty to ")
        assert "already" in unmigrated.well("migrate")


class TestAsAProcess:
    """As a shell sees it: exit code, and what goes where."""

    def run(self, url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        environ = {key: text for key, text in os.environ.items() if not key.startswith("LRS_BRIDGE_")}
        return subprocess.run(
            [sys.executable, "-m", "lrs_bridge", *arguments],
            env=environ | {"LRS_BRIDGE_DATABASE_URL": url},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def test_no_progress_bar_where_nobody_watches(self, sqlite_url, people):
        assert self.run(sqlite_url, "migrate").returncode == 0
        for arguments in (["import", "people", people, "--apply"], ["recompute", "--all", "--verify"]):
            done = self.run(sqlite_url, *arguments)
            assert (done.returncode, done.stderr) == (0, "")
            assert "\x1b" not in done.stdout

    def test_refusals_go_to_standard_error_alone(self, sqlite_url):
        done = self.run(sqlite_url, "status")
        assert (done.returncode, done.stdout) == (78, "")
        assert done.stderr.startswith("There is no database /")


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_the_same_on_both_databases(request, kind, people):
    shell = Shell(request.getfixturevalue(f"{kind}_url"))
    assert "went from empty" in shell.well("migrate")
    shell.well("import", "people", people, "--apply")
    assert "2 learners computed" in shell.well("recompute")
    assert "Ben Hale" in shell.well("explain", "ben@example.org")
    body = json.loads(shell("status", "--json").stdout)
    assert body["learners"] == 2
    assert datetime.fromisoformat(body["now"]).tzinfo == UTC


class TestWhoseMappings:
    """A command in a shell without the service's settings never puts other files in the place of the service's."""

    @pytest.fixture
    def own(self, shell, tmp_path) -> str:
        shell.well("init", str(tmp_path / "own"))
        nwg = tmp_path / "own/mappings/sources/nwg.yaml"
        nwg.write_text(nwg.read_text().replace("https://nwg-elearning.example", "https://nwg.example.org"))
        folder = str(tmp_path / "own/mappings")
        shell.well("recompute", LRS_BRIDGE_MAPPINGS=folder)
        return folder

    def digest(self, shell) -> str:
        return json.loads(shell.well("status", "--json"))["mappings"]["digest"]

    def test_the_shipped_examples_never_replace_the_operators_own(self, shell, own):
        before = self.digest(shell)
        for command in (["recompute"], ["recompute", "--all", "--verify"]):
            shell.well(*command)
            assert self.digest(shell) == before

    def test_changed_files_are_taken_up_where_no_service_runs(self, shell, own):
        before = self.digest(shell)
        with (Path(own) / "frameworks/escb.yaml").open("a") as file:
            file.write("# changed\n")
        shell.well("recompute", LRS_BRIDGE_MAPPINGS=own)
        assert self.digest(shell) != before

    def test_they_are_left_to_a_service_that_runs(self, shell, own):
        database = Database(shell.environ["LRS_BRIDGE_DATABASE_URL"])
        database.write(lambda session: timetable.hold_lease(session, "timetable", "a service", 30))
        before = self.digest(shell)
        with (Path(own) / "frameworks/escb.yaml").open("a") as file:
            file.write("# changed\n")
        shell.well("recompute", LRS_BRIDGE_MAPPINGS=own)
        assert self.digest(shell) == before
        database.close()

    def test_bad_files_leave_those_in_force_at_work(self, shell, own, bad_folder):
        before = self.digest(shell)
        done = shell("recompute", LRS_BRIDGE_MAPPINGS=bad_folder)
        assert done.exit_code == 0
        assert "stay in force" in done.stderr
        assert self.digest(shell) == before


def test_an_import_says_whom_it_renames_and_joins(shell, tmp_path):
    heading = "person,identifiers,organisation,area\n"
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    first.write_text(
        heading + "Asha Rao,asha@example.org,School,essex\nBen Hale,ben@example.org,School,essex\n"
    )
    second.write_text(heading + "Somebody Else,asha@example.org; ben@example.org,Other,essex\n")
    shell.well("import", "people", str(first), "--apply")
    said = shell.well("import", "people", str(second))
    assert "known so far as “Asha Rao” and “Ben Hale”; joins records that were apart until now" in said


class TestMappings:
    """Which were in force, on either database."""

    @pytest.fixture(params=["sqlite", "postgres"])
    def database(self, request) -> Database:
        self.shell = Shell(request.getfixturevalue(f"{request.param}_url"))
        self.shell.well("migrate")
        database = Database(self.shell.environ["LRS_BRIDGE_DATABASE_URL"])
        yield database
        database.close()

    def put(self, database: Database, digest: str, day: int, rematch_to: int = 0) -> None:
        database.write(
            lambda session: timetable.put_in_force(
                session,
                digest,
                {},
                rematch_to=rematch_to,
                now=datetime(2026, 3, day, 9, tzinfo=UTC),
                who=f"worker {day}",
            )
        )

    def test_before_the_first(self, database):
        assert self.shell.well("mappings") == "No mappings have been in force yet.\n"
        assert json.loads(self.shell.well("mappings", "--json")) == []

    def test_the_newest_first_and_how_far_it_is(self, database):
        self.put(database, "a" * 16, 1, rematch_to=7)
        self.put(database, "b" * 16, 2, rematch_to=2000)
        assert self.shell.well("mappings").splitlines() == [
            "bbbbbbbbbbbbbbbb  since 2026-03-02T09:00:00  in force                   by worker 2",
            "  statements are still matched anew: 0 of 2000 (0 %)",
            "aaaaaaaaaaaaaaaa  since 2026-03-01T09:00:00  until 2026-03-02T09:00:00  by worker 1",
        ]
        newest = database.read(timetable.in_force)
        database.write(lambda session: timetable.rematched(session, newest.id, 1999))
        now, before = json.loads(self.shell.well("mappings", "--json"))
        assert now["matched_anew"] == {"done": 1999, "of": 2000, "percent": 99}
        assert (now["until"], before["until"]) == (None, now["since"])
        assert (before["digest"], before["put_by"], before["matched_anew"]) == ("a" * 16, "worker 1", None)
        database.write(lambda session: timetable.rematched(session, newest.id, 2000))
        assert "still" not in self.shell.well("mappings")

    def test_at_most_twenty(self, database):
        for day in range(1, 26):
            self.put(database, f"{day:016}", day)
        said = json.loads(self.shell.well("mappings", "--json"))
        assert [one["digest"] for one in said] == [f"{day:016}" for day in range(25, 5, -1)]

    def test_what_a_command_puts_in_force(self, database):
        self.shell.well("recompute")
        (only,) = json.loads(self.shell.well("mappings", "--json"))
        assert only["put_by"].endswith("the command line")
        assert only["matched_anew"] is None
        assert f"Digest {only['digest']}." in self.shell.well("check-mappings")


class TestWhatIf:
    @pytest.fixture
    def edited(self, shell, people, tmp_path) -> str:
        """Other files than those in force: in them Thurrock has adopted the tiers, and Essex has not."""
        shell.well("import", "people", people, "--apply")
        shell.well("recompute")
        shell.well("init", str(tmp_path / "own"))
        escb = tmp_path / "own/mappings/frameworks/escb.yaml"
        escb.write_text(escb.read_text().replace("areas: [essex]", "areas: [thurrock]"))
        return str(tmp_path / "own/mappings")

    def test_0_with_differences_and_nothing_is_put_in_force(self, shell, edited):
        before = shell.well("status", "--json")
        said = shell.well("what-if", edited)
        assert "Asha Rao (Colne Primary School)   required T3 → none (escb)" in said.splitlines()
        assert said.endswith("2 people would stand elsewhere.\n")
        digest = json.loads(before)["mappings"]["digest"]
        assert f"compared with what is in force ({digest}); nothing was changed." in said
        assert json.loads(shell.well("status", "--json"))["mappings"]["digest"] == digest

    def test_the_limit(self, shell, edited):
        said = shell.well("what-if", edited, "--limit", "1")
        assert said.splitlines()[-2:] == [
            "and 1 more people; --limit shows more",
            "2 people would stand elsewhere.",
        ]

    def test_nothing_would_change(self, shell, edited):
        assert shell.well("what-if", str(SHIPPED_MAPPINGS)).endswith("Nobody would stand elsewhere.\n")

    def test_2_for_bad_files_all_mistakes_at_once(self, shell, bad_folder):
        said = shell.refused(2, "what-if", bad_folder)
        assert said.count(".yaml:") >= 3

    def test_75_before_any_mappings_are_in_force(self, shell):
        assert "No mappings are in force yet" in shell.refused(75, "what-if", str(SHIPPED_MAPPINGS))

"""Settings: one table, two places they come from, and no start with a wrong one."""

from __future__ import annotations

import re
import tomllib
from dataclasses import asdict
from pathlib import Path

import pytest

from lrs_bridge.errors import BadSettings
from lrs_bridge.settings import (
    CONFIG_FILE,
    SHIPPED_CONFIG,
    SHIPPED_MAPPINGS,
    TABLE,
    copy_shipped,
    load,
)

DEFAULTS = {setting.name: setting.convert(setting.default) for setting in TABLE}


def refused(environ: dict[str, str]) -> list[str]:
    with pytest.raises(BadSettings) as wrong:
        load(environ)
    title, *lines = str(wrong.value).splitlines()
    assert title == "The service can't start as configured:"
    return [line.strip() for line in lines]


def config(tmp_path: Path, text: str | bytes) -> dict[str, str]:
    (tmp_path / CONFIG_FILE).write_bytes(text if isinstance(text, bytes) else text.encode())
    return {"LRS_BRIDGE_CONFIG": str(tmp_path)}


def test_without_anything_the_defaults_hold():
    assert vars(load({})) == DEFAULTS
    assert vars(load({"LRS_BRIDGE_CONFIG": ""})) == DEFAULTS
    assert Path(load({}).mappings).is_dir()


def test_the_environment_outranks_the_file(tmp_path):
    environ = config(tmp_path, 'smtp_port = 25\nsmtp_host = "mail.example.org"\n')
    assert (load(environ).smtp_port, load(environ).smtp_host) == (25, "mail.example.org")
    both = load(environ | {"LRS_BRIDGE_SMTP_PORT": "2525"})
    assert (both.smtp_port, both.smtp_host) == (2525, "mail.example.org")


def test_a_byte_order_mark_in_the_file_is_passed_over(tmp_path):
    assert load(config(tmp_path, b"\xef\xbb\xbfsmtp_port = 25\n")).smtp_port == 25


def test_everything_wrong_is_told_at_once_with_its_place(tmp_path):
    environ = config(
        tmp_path, 'smtp_port = "x"\nmail_form = "a@example.org"\nweb_processes = true\nmail_folder = 3\n'
    )
    file = tmp_path / CONFIG_FILE
    found = refused(
        environ
        | {"LRS_BRIDGE_DATBASE_URL": "sqlite:///x", "LRS_BRIDGE_TIME_ZONE": "Essex", "LRS_BRIDGE_X": ""}
    )
    assert found == [
        f"{file}: mail_form: there is no such setting; did you mean mail_from?",
        "LRS_BRIDGE_DATBASE_URL: there is no such setting; did you mean database_url?",
        "LRS_BRIDGE_X: there is no such setting; `lrs-bridge settings` lists all",
        "LRS_BRIDGE_TIME_ZONE: must be a time zone such as Europe/London",
        f"{file}: web_processes: must be a whole number from 1 to 64",
        f"{file}: mail_folder: must be text, in quotes",
        f"{file}: smtp_port: must be a whole number from 1 to 65535",
    ]


@pytest.mark.parametrize("text", ["smtp_port 25", b'mail_from = "Zo\xeb"\n'])
def test_a_file_that_is_no_toml(tmp_path, text):
    (said,) = refused(config(tmp_path, text))
    assert said.startswith(f"{tmp_path / CONFIG_FILE}: not TOML: ")


def test_a_config_folder_without_the_file(tmp_path):
    assert refused({"LRS_BRIDGE_CONFIG": str(tmp_path)}) == [
        f"LRS_BRIDGE_CONFIG: there is no lrs_bridge.toml in {tmp_path}"
    ]


def test_a_file_that_can_not_be_read(tmp_path):
    (tmp_path / CONFIG_FILE).mkdir()
    assert refused({"LRS_BRIDGE_CONFIG": str(tmp_path)}) == [
        f"{tmp_path / CONFIG_FILE}: can't be read: Is a directory"
    ]


def test_secrets_of_webhooks_are_no_settings():
    assert load({"LRS_BRIDGE_SECRET_ESSEX": "s"}) == load({})
    assert refused({"LRS_BRIDGE_SECRETS": "s"})


def test_other_programs_variables_are_none_of_ours():
    assert load({"PATH": "/bin", "lrs_bridge_x": "y", "XLRS_BRIDGE_Y": "z"}) == load({})


WRONG = {
    "database_url": ["", "mysql://x/y", "sqlite://", "sqlite:///", "sqlite:///:memory:", "sqlite:///?mode=ro", "lrs.sqlite", "postgresql://u@h:port/n", "postgresql://u:p/w@h:5432x/n"],
    "mappings": ["", "  "],
    "public_url": ["", "bridge.example.org", "ftp://bridge.example.org", "http://", "http://:80", "https://x.example/?a=1", "https://x.example/#a", "http://x.example:port", "http://[x", "https://x.example/xapi", "https://x.example/me/lrs"],
    "time_zone": ["", "Essex", "Europe", "../etc/passwd", "/etc/localtime", "UTC+1"],
    "web_processes": ["0", "65", "", "two", "1.5", "-1"],
    "max_body_bytes": ["999", "1000000001"],
    "max_attachment_bytes": ["999", "100000000001"],
    "max_statements": ["0", "5001"],
    "smtp_port": ["0", "65536", ""],
    "smtp_security": ["", "ssl", "STARTTLS"],
    "delivery_tries": ["0", "51"],
    "digest_hour": ["-1", "24", "7:00"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in WRONG.items() for value in values]
)
def test_a_wrong_value_is_refused_under_its_name(name, value):
    (said,) = refused({f"LRS_BRIDGE_{name.upper()}": value})
    assert re.match(rf"LRS_BRIDGE_{name.upper()}: must (be|begin|name|look like) ", said)


def test_a_fraction_in_the_file_is_not_cut_off(tmp_path):
    assert refused(config(tmp_path, "digest_hour = 7.5\n")) == [
        f"{tmp_path / CONFIG_FILE}: digest_hour: must be a whole number from 0 to 23"
    ]


@pytest.mark.parametrize(
    ("name", "value", "taken"),
    [
        ("database_url", "postgresql://u:p%40w@db.internal:5432/n", "postgresql+psycopg://u:p%40w@db.internal:5432/n"),
        ("database_url", "postgres:///n?host=/run/postgresql", "postgresql+psycopg:///n?host=/run/postgresql"),
        ("database_url", "postgresql+psycopg://u@h/n", "postgresql+psycopg://u@h/n"),
        ("database_url", "sqlite:////var/lib/x.sqlite", "sqlite:////var/lib/x.sqlite"),
        ("public_url", "https://bridge.example.org/lrs/", "https://bridge.example.org/lrs"),
        ("public_url", "HTTPS://bridge.example.org/", "https://bridge.example.org"),
        ("public_url", "http://[::1]:8040", "http://[::1]:8040"),
        ("time_zone", "Europe/Paris", "Europe/Paris"),
        ("smtp_port", "465", 465),
        ("smtp_password", "", ""),
    ],
)  # fmt: skip
def test_a_right_value_is_taken(name, value, taken):
    assert getattr(load({f"LRS_BRIDGE_{name.upper()}": value}), name) == taken


def test_the_sender_follows_the_public_address():
    assert (
        load({"LRS_BRIDGE_PUBLIC_URL": "https://bridge.example.org:8443/lrs"}).mailer
        == "lrs-bridge@bridge.example.org"
    )
    assert load({"LRS_BRIDGE_MAIL_FROM": "cse@example.org"}).mailer == "cse@example.org"


class TestShipped:
    def test_the_shipped_file_shows_every_setting_with_its_default(self, tmp_path):
        text = (SHIPPED_CONFIG / CONFIG_FILE).read_text(encoding="utf-8")
        assert tomllib.loads(text) == {}
        shown = tomllib.loads("\n".join(re.findall(r"(?m)^# (\w+ = .*)$", text)))
        assert set(shown) == {setting.name for setting in TABLE} - {"smtp_password", "sign_in"}
        provider = tomllib.loads("\n".join(re.findall(r"(?m)^#   (.+)$", text)))
        (folder := tmp_path / "config").mkdir()
        (folder / CONFIG_FILE).write_text("\n".join(re.findall(r"(?m)^#   (.+)$", text)), encoding="utf-8")
        [read] = load({"LRS_BRIDGE_CONFIG": str(folder)}).sign_in
        assert {"colne": {**asdict(read), "mail_domains": list(read.mail_domains)}} == {
            "colne": {"key": "colne", **provider["sign_in"]["colne"]}
        }
        for setting in TABLE:
            if setting.name in shown and setting.name != "mappings":
                assert shown[setting.name] == setting.default, setting.name

    def test_the_shipped_environment_names_settings_that_there_are(self):
        lines = (SHIPPED_CONFIG / "environment.example").read_text(encoding="utf-8").splitlines()
        given = dict(
            line.removeprefix("# ").split("=", 1) for line in lines if re.match(r"(# )?LRS_BRIDGE_\w+=", line)
        )
        assert given.pop("LRS_BRIDGE_CONFIG") == "/etc/lrs_bridge/config"
        assert load(given).smtp_host == "mail.example.org"

    def test_copying_never_overwrites(self, tmp_path):
        mine = tmp_path / "config" / CONFIG_FILE
        mine.parent.mkdir()
        mine.write_text("# mine\n")
        dangling = tmp_path / "config" / "environment.example"
        dangling.symlink_to(tmp_path / "elsewhere")
        copied, kept = copy_shipped(tmp_path)
        assert sorted(kept) == sorted([mine, dangling])
        assert mine.read_text() == "# mine\n"
        assert not (tmp_path / "elsewhere").exists()
        everything = [
            path
            for folder in (SHIPPED_MAPPINGS, SHIPPED_CONFIG)
            for path in folder.rglob("*")
            if path.is_file()
        ]
        assert copied == len(everything) - 2
        assert copy_shipped(tmp_path)[0] == 0
        for path in SHIPPED_MAPPINGS.rglob("*.yaml"):
            assert (
                tmp_path / "mappings" / path.relative_to(SHIPPED_MAPPINGS)
            ).read_bytes() == path.read_bytes()

    def test_each_setting_says_what_it_is(self):
        assert all(len(setting.help) > 8 for setting in TABLE)

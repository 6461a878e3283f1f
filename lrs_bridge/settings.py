"""Every setting: name, default, help. Read from the config folder and the environment, checked, then frozen.

`lrs_bridge.toml` in the config folder may set any of them; the environment variable LRS_BRIDGE_<NAME> outranks it.
Secrets (smtp_password, webhook secrets) belong in the environment. A wrong or unknown setting stops the start.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from lrs_bridge.errors import BadSettings
from lrs_bridge.moments import Calendar

PREFIX = "LRS_BRIDGE_"
CONFIG_FILE = "lrs_bridge.toml"


def _shipped(folder: str) -> Path:
    """The folder as the wheel carries it, or beside the package in a checkout."""
    here = Path(__file__).parent
    packed = here / "shipped" / folder
    return packed if packed.is_dir() else here.parent / folder


SHIPPED_MAPPINGS = _shipped("mappings")
SHIPPED_CONFIG = _shipped("config")


def _text(value: Any) -> str:
    return str(value)


def _whole(least: int, most: int) -> Callable[[Any], int]:
    def convert(value: Any) -> int:
        number = int(value)
        if not least <= number <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return number

    return convert


def _one_of(*choices: str) -> Callable[[Any], str]:
    def convert(value: Any) -> str:
        if value not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return str(value)

    return convert


def _public_url(value: Any) -> str:
    url = urlsplit(str(value))
    if url.scheme not in ("http", "https") or not url.netloc or url.query or url.fragment:
        raise ValueError("must be an http(s) address such as https://bridge.example.org/lrs")
    return str(value).rstrip("/")


def _database_url(value: Any) -> str:
    url = str(value)
    if url.startswith(("postgresql://", "postgres://")):
        return "postgresql+psycopg://" + url.split("://", 1)[1]
    if not url.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise ValueError("must begin with sqlite:/// or postgresql://")
    return url


def _zone(value: Any) -> str:
    try:
        ZoneInfo(str(value))
    except (ZoneInfoNotFoundError, ValueError) as wrong:
        raise ValueError("must be a time zone such as Europe/London") from wrong
    return str(value)


@dataclass(frozen=True, slots=True)
class Setting:
    name: str
    default: Any
    convert: Callable[[Any], Any]
    help: str


TABLE = (
    Setting("database_url", "sqlite:///lrs_bridge.sqlite", _database_url, "where everything is kept: sqlite:///FILE or postgresql://USER@HOST/NAME"),
    Setting("mappings", str(SHIPPED_MAPPINGS), _text, "folder of the mapping files; changes are taken up while running"),
    Setting("public_url", "http://127.0.0.1:8040", _public_url, "the address by which others reach this service; links and the bridge's own authority use it"),
    Setting("time_zone", "Europe/London", _zone, "the Board's time zone: everything that is a day is a day there"),
    Setting("web_processes", 1, _whole(1, 64), "how many processes answer HTTP"),
    Setting("max_body_bytes", 20_000_000, _whole(1_000, 1_000_000_000), "larger request bodies are refused with 413"),
    Setting("max_statements", 500, _whole(1, 5_000), "at most so many statements in one answer; the rest follows by “more”"),
    Setting("mail_from", "", _text, "sender of e-mails; empty: lrs-bridge@ and the host of public_url"),
    Setting("mail_folder", "", _text, "write e-mails into this folder instead of sending them"),
    Setting("smtp_host", "", _text, "mail server; with neither this nor mail_folder, e-mails wait and status says so"),
    Setting("smtp_port", 587, _whole(1, 65_535), "its port"),
    Setting("smtp_security", "starttls", _one_of("starttls", "tls", "none"), "starttls, tls, or none (a server on this machine only)"),
    Setting("smtp_user", "", _text, "user name, if the server asks for one"),
    Setting("smtp_password", "", _text, "password; set it by the environment"),
    Setting("delivery_tries", 8, _whole(1, 50), "an alert that failed so often is left, visible, as failed"),
    Setting("digest_hour", 7, _whole(0, 23), "daily digests go out from this hour, in the Board's time zone"),
)  # fmt: skip


@dataclass(frozen=True)
class Settings:
    """The settings in use. Each field is a row of TABLE."""

    database_url: str
    mappings: str
    public_url: str
    time_zone: str
    web_processes: int
    max_body_bytes: int
    max_statements: int
    mail_from: str
    mail_folder: str
    smtp_host: str
    smtp_port: int
    smtp_security: str
    smtp_user: str
    smtp_password: str
    delivery_tries: int
    digest_hour: int

    @property
    def calendar(self) -> Calendar:
        return Calendar(ZoneInfo(self.time_zone))

    @property
    def mailer(self) -> str:
        """The address that e-mails come from."""
        return self.mail_from or f"lrs-bridge@{urlsplit(self.public_url).hostname}"


def load(environ: Mapping[str, str]) -> Settings:
    """Settings from config folder (LRS_BRIDGE_CONFIG) and environment. Raises BadSettings naming all that is wrong."""
    given: dict[str, tuple[Any, str]] = {}
    problems: list[str] = []
    config = Path(environ.get(PREFIX + "CONFIG", SHIPPED_CONFIG))
    file = config / CONFIG_FILE
    if file.is_file():
        try:
            for name, value in tomllib.loads(file.read_text(encoding="utf-8")).items():
                given[name] = (value, f"{file}: {name}")
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
            problems.append(f"{file}: not TOML: {wrong}")
    elif PREFIX + "CONFIG" in environ:
        problems.append(f"{PREFIX}CONFIG: there is no {CONFIG_FILE} in {config}")
    for variable, value in environ.items():
        if variable.startswith(PREFIX) and variable != PREFIX + "CONFIG":
            given[variable.removeprefix(PREFIX).lower()] = (value, variable)
    known = {setting.name for setting in TABLE}
    problems += [
        f"{where}: there is no such setting" for name, (_, where) in given.items() if name not in known
    ]
    values = {}
    for setting in TABLE:
        value, where = given.get(setting.name, (setting.default, setting.name))
        try:
            values[setting.name] = setting.convert(value)
        except (ValueError, TypeError) as wrong:
            problems.append(f"{where}: {wrong}")
    if problems:
        raise BadSettings("The service can't start as configured:\n  " + "\n  ".join(problems))
    return Settings(**values)


assert {field.name for field in fields(Settings)} == {setting.name for setting in TABLE}  # noqa: S101  # one table, checked at import

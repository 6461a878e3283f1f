"""Every setting: name, default, help. Read from the config folder and the environment, checked, then frozen.

`lrs_bridge.toml` in the config folder may set any of them; the environment variable LRS_BRIDGE_<NAME> outranks it.
Secrets belong in the environment: smtp_password, and those of webhooks as LRS_BRIDGE_SECRET_<ANYTHING>. A wrong or unknown setting stops the start.
"""

from __future__ import annotations

import difflib
import json
import re
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
SECRETS = PREFIX + "SECRET_"
"""Environment variables that begin so are no settings: webhooks' secrets, as `secret_variable` in champions/ names them."""


def _shipped(folder: str) -> Path:
    """The folder as the wheel carries it, or beside the package in a checkout."""
    here = Path(__file__).parent
    packed = here / "shipped" / folder
    return packed if packed.is_dir() else here.parent / folder


SHIPPED_MAPPINGS = _shipped("mappings")
SHIPPED_CONFIG = _shipped("config")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("must be text, in quotes")
    return value


def _folder(value: Any) -> str:
    if not _text(value).strip():
        raise ValueError("must be a folder")
    return _text(value)


def _whole(least: int, most: int) -> Callable[[Any], int]:
    def convert(value: Any) -> int:
        said = f"must be a whole number from {least} to {most}"
        if isinstance(value, bool | float):
            raise TypeError(said)
        try:
            number = int(value)
        except (ValueError, TypeError) as wrong:
            raise ValueError(said) from wrong
        if not least <= number <= most:
            raise ValueError(said)
        return number

    return convert


def _one_of(*choices: str) -> Callable[[Any], str]:
    def convert(value: Any) -> str:
        if value not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return str(value)

    return convert


def _public_url(value: Any) -> str:
    wanted = "must be an http(s) address such as https://bridge.example.org/lrs"
    try:
        url = urlsplit(_text(value))
        _ = url.port
    except ValueError as wrong:
        raise ValueError(wanted) from wrong
    if url.scheme not in ("http", "https") or not url.hostname or url.query or url.fragment:
        raise ValueError(wanted)
    path = url.path.rstrip("/")
    if path.partition("/")[2].partition("/")[0] in OWN_PATHS:
        raise ValueError(f"must be an address whose path is none of the service's own, as {path} is")
    return f"{url.scheme}://{url.netloc}{path}"


OWN_PATHS = frozenset(
    [
        "api",
        "boards",
        "bootstrap",
        "certificates",
        "check-in",
        "from-site",
        "health",
        "manager",
        "me",
        "operator",
        "organisations",
        "sign-in",
        "static",
        "xapi",
    ]
)
"""What the service's own addresses begin with."""


def _database_url(value: Any) -> str:
    url = _text(value)
    for short in ("postgresql://", "postgres://"):
        if url.startswith(short):
            url = "postgresql+psycopg://" + url.removeprefix(short)
    if url.startswith("sqlite:///"):
        if url.removeprefix("sqlite:///").partition("?")[0] in ("", ":memory:"):
            raise ValueError("must name a file after sqlite:///")
        return url
    if not url.startswith("postgresql+psycopg://"):
        raise ValueError("must begin with sqlite:/// or postgresql://")
    try:
        _ = urlsplit(url).port
    except ValueError as wrong:
        raise ValueError(
            "must look like postgresql://USER:PASSWORD@HOST:PORT/NAME; write @ / : in a password as %40 %2F %3A"
        ) from wrong
    return url


def _zone(value: Any) -> str:
    try:
        return ZoneInfo(_text(value)).key
    except (ZoneInfoNotFoundError, ValueError, OSError) as wrong:
        raise ValueError("must be a time zone such as Europe/London") from wrong


@dataclass(frozen=True, slots=True)
class Provider:
    """An organisation's single sign-on (OpenID Connect). `issuer`: its address as its own tokens name it; `mail_domains`: those of
    which it is believed whose address is whose; `secret_variable`: the environment variable with the client's secret."""

    key: str
    name: str
    issuer: str
    client_id: str
    secret_variable: str
    mail_domains: tuple[str, ...]


_PROVIDER_SAYS = {"name", "issuer", "client_id", "secret_variable", "mail_domains"}
_PROVIDER_KEY = re.compile(r"[a-z0-9][a-z0-9_-]*")


def _providers(value: Any) -> tuple[Provider, ...]:
    """From a table of tables, or the same as JSON in the environment."""
    if isinstance(value, str):
        try:
            value = json.loads(value or "{}")
        except json.JSONDecodeError as wrong:
            raise ValueError(f"must be a table of providers as JSON: {wrong}") from wrong
    if not isinstance(value, dict) or not all(isinstance(one, dict) for one in value.values()):
        raise TypeError("must be a table of providers: [sign_in.KEY]")
    return tuple(_provider(key, said) for key, said in value.items())


def _provider(key: str, said: dict[str, Any]) -> Provider:
    where = f"must be right in [sign_in.{key}]"
    if not _PROVIDER_KEY.fullmatch(key):
        raise ValueError(f"{where}: the key is of a–z, 0–9, _ and -")
    if said.keys() != _PROVIDER_SAYS:
        odd = ", ".join(sorted(said.keys() ^ _PROVIDER_SAYS))
        raise ValueError(
            f"{where}: it says {', '.join(sorted(_PROVIDER_SAYS))}, and there too much or too little is {odd}"
        )
    domains = said["mail_domains"]
    if (
        not isinstance(domains, list)
        or not domains
        or not all(isinstance(one, str) and "." in one and "@" not in one for one in domains)
    ):
        raise ValueError(
            f'{where}: mail_domains is a list such as ["colne.example"], of those whose addresses it vouches for'
        )
    texts = {name: said[name] for name in _PROVIDER_SAYS - {"mail_domains"}}
    if not all(isinstance(text, str) and text.strip() for text in texts.values()):
        raise ValueError(f"{where}: name, issuer, client_id and secret_variable are texts")
    issuer = urlsplit(texts["issuer"])
    is_here = issuer.hostname in ("localhost", "127.0.0.1", "::1")
    if (
        not issuer.hostname
        or issuer.scheme not in ("https", "http")
        or (issuer.scheme == "http" and not is_here)
    ):
        raise ValueError(f"{where}: issuer is an https address")
    if not texts["secret_variable"].startswith(SECRETS):
        raise ValueError(f"{where}: secret_variable begins with {SECRETS}")
    return Provider(key=key, mail_domains=tuple(one.casefold() for one in domains), **texts)


@dataclass(frozen=True, slots=True)
class Setting:
    name: str
    default: Any
    convert: Callable[[Any], Any]
    help: str


TABLE = (
    Setting("database_url", "sqlite:///lrs_bridge.sqlite", _database_url, "where everything is kept: sqlite:///FILE or postgresql://USER@HOST/NAME"),
    Setting("mappings", str(SHIPPED_MAPPINGS), _folder, "folder of the mapping files; changes are taken up while running"),
    Setting("public_url", "http://127.0.0.1:8040", _public_url, "the address by which others reach this service; links and the bridge's own authority use it"),
    Setting("time_zone", "Europe/London", _zone, "the Board's time zone: everything that is a day is a day there"),
    Setting("web_processes", 1, _whole(1, 64), "how many processes answer HTTP"),
    Setting("max_body_bytes", 20_000_000, _whole(1_000, 1_000_000_000), "larger request bodies are refused with 413"),
    Setting("max_attachment_bytes", 100_000_000, _whole(1_000, 100_000_000_000), "larger requests with attachments are refused with 413; of their statements, max_body_bytes"),
    Setting("max_statements", 500, _whole(1, 5_000), "at most so many statements in one answer; the rest follows by “more”"),
    Setting("refused_kept", 2_000, _whole(1, 1_000_000), "of refused requests so many are kept to be looked at, the newest, each for 30 days"),
    Setting("mail_from", "", _text, "sender of e-mails; empty: lrs-bridge@ and the host of public_url"),
    Setting("mail_folder", "", _text, "write e-mails into this folder instead of sending them"),
    Setting("smtp_host", "", _text, "mail server; with neither this nor mail_folder, e-mails wait and status says so"),
    Setting("smtp_port", 587, _whole(1, 65_535), "the mail server's port"),
    Setting("smtp_security", "starttls", _one_of("starttls", "tls", "none"), "starttls, tls, or none (a server on this machine only)"),
    Setting("smtp_user", "", _text, "user name, if the server asks for one"),
    Setting("smtp_password", "", _text, "password; set it by the environment"),
    Setting("fonts", "/usr/share/fonts", _folder, "folder of TrueType fonts (.ttf), by which certificates show names in any script"),
    Setting("delivery_tries", 8, _whole(1, 50), "an alert that failed so often is left, visible, as failed"),
    Setting("alert_settling_minutes", 10, _whole(0, 1_440), "a Board is told what has stood so long; what is taken back sooner is never told"),
    Setting("alerts_held_above", 20, _whole(0, 1_000_000), "if one change of mappings, import, backfill or mass void would send more alerts to an area, they are held until somebody decides"),
    Setting("sign_in", {}, _providers, "organisations' single sign-on (OpenID Connect), a table [sign_in.KEY] for each; empty: by e-mail alone"),
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
    max_attachment_bytes: int
    max_statements: int
    refused_kept: int
    mail_from: str
    mail_folder: str
    smtp_host: str
    smtp_port: int
    smtp_security: str
    smtp_user: str
    smtp_password: str
    fonts: str
    delivery_tries: int
    alert_settling_minutes: int
    alerts_held_above: int
    sign_in: tuple[Provider, ...]
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
    given, problems = _from_file(environ.get(PREFIX + "CONFIG", ""))
    for variable, value in environ.items():
        if variable.startswith(PREFIX) and variable != PREFIX + "CONFIG" and not variable.startswith(SECRETS):
            given[variable.removeprefix(PREFIX).lower()] = (value, variable)
    known = [setting.name for setting in TABLE]
    for name, (_, where) in given.items():
        if name not in known:
            alike = difflib.get_close_matches(name, known, 1)
            meant = f"; did you mean {alike[0]}?" if alike else "; `lrs-bridge settings` lists all"
            problems.append(f"{where}: there is no such setting{meant}")
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


def _from_file(folder: str) -> tuple[dict[str, tuple[Any, str]], list[str]]:
    """Setting → value and where it stands; and what is wrong with the file."""
    file = Path(folder or SHIPPED_CONFIG) / CONFIG_FILE
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        missing = f"{PREFIX}CONFIG: there is no {CONFIG_FILE} in {folder}"
        return {}, [missing] if folder else []
    except OSError as wrong:
        return {}, [f"{file}: can't be read: {wrong.strerror}"]
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        return {}, [f"{file}: not TOML: {wrong}"]
    return {name: (value, f"{file}: {name}") for name, value in table.items()}, []


def copy_shipped(directory: Path) -> tuple[int, list[Path]]:
    """Copies the shipped mappings and config to edit. Returns how many files, and those that were there and stay as they
    are. Raises OSError where it may not write."""
    copied, kept = 0, []
    for origin, target in (
        (SHIPPED_MAPPINGS, directory / "mappings"),
        (SHIPPED_CONFIG, directory / "config"),
    ):
        for file in sorted(path for path in origin.rglob("*") if path.is_file()):
            to = target / file.relative_to(origin)
            to.parent.mkdir(parents=True, exist_ok=True)
            try:
                with to.open("xb") as made:
                    made.write(file.read_bytes())
                copied += 1
            except FileExistsError:
                kept.append(to)
    return copied, kept


assert {field.name for field in fields(Settings)} == {setting.name for setting in TABLE}  # noqa: S101  # one table, checked at import

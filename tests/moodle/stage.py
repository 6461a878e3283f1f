"""What a trial stands on: a Moodle of its own in a database of its own, and a bridge behind the proxy."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import databases
from builders import Served, free_port
from faulty_proxy import FaultyProxy
from missing import NotHereError
from moodle_site import PLUGIN, Moodle
from postgres_cluster import NoPostgres, PostgresCluster
from trial import Trial, check

from lrs_bridge.settings import SHIPPED_MAPPINGS

SLOW_SECONDS = 65.0


@contextmanager
def bridge_database(kind: str, folder: Path, *, durable: bool) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'bridge.sqlite'}"
        return
    try:
        cluster = PostgresCluster(durable=durable)
    except NoPostgres as missing:
        raise NotHereError(f"{missing}; or ask for --bridge sqlite") from missing
    try:
        yield cluster.url(cluster.create_database())
    finally:
        cluster.remove()


@contextmanager
def trial_of(source: Path, kind: str, bridge_kind: str, *, as_in_use: bool = False) -> Iterator[Trial]:
    """`as_in_use`: the databases wait for the disk, and Moodle tells developers nothing; a test wants it the other way."""
    with ExitStack() as made:
        folder = Path(made.enter_context(tempfile.TemporaryDirectory(prefix="lrsb-moodle-")))
        (folder / "bridge").mkdir()
        database = made.enter_context(databases.database(kind, durable=as_in_use))
        moodle = Moodle(source, folder, database, free_port(), is_debugging=not as_in_use)
        made.callback(moodle.stop)
        proxy_port = free_port()
        url = made.enter_context(bridge_database(bridge_kind, folder / "bridge", durable=as_in_use))
        mappings = shutil.copytree(SHIPPED_MAPPINGS, folder / "mappings")
        reached = f"http://127.0.0.1:{proxy_port}"
        bridge = Served(url, folder / "bridge", public_url=reached, mappings=mappings)
        made.callback(bridge.kill)
        proxy = FaultyProxy(f"127.0.0.1:{bridge.port}", proxy_port, slow_seconds=SLOW_SECONDS)
        made.callback(proxy.close)
        yield Trial(moodle, bridge, proxy)


def source_folder(asked: str | None) -> Path:
    if not asked:
        raise NotHereError(
            "no Moodle is given: MOODLE_DIR names the folder of a Moodle's source, such as a release unpacked"
        )
    source = Path(asked).resolve()
    if not any((source / inside / "version.php").is_file() for inside in ("public", ".")):
        raise NotHereError(f"{source} holds no Moodle: there is no version.php, nor public/version.php")
    if not (source / "admin" / "cli" / "install_database.php").is_file():
        raise NotHereError(f"{source} holds no whole Moodle: admin/cli/install_database.php is missing")
    if (source / "public" / "version.php").is_file() and not (source / "public" / "config.php").is_file():
        raise NotHereError(
            f"{source} holds no whole Moodle: public/config.php, which is Moodle's own, is missing"
        )
    return source


def install(trial: Trial, archive: Path) -> None:
    moodle = trial.moodle
    moodle.install()
    trial.say(f"Moodle {moodle.release()} is installed on {moodle.database.kind}")
    moodle.install_plugin(archive)
    said = moodle.drive("config", component=PLUGIN)
    check("version" in said, "the plugin is not installed")
    trial.say(f"{archive.name} is installed")


def paste_credential(trial: Trial) -> None:
    """The three values that add-client prints for this Moodle."""
    made = json.loads(trial.bridge_does("add-client", "--for-moodle", trial.moodle.url, "--json"))
    trial.pasted = {name: made[name] for name in ("endpoint", "key", "secret")}
    check(
        trial.moodle.drive("paste", **trial.pasted),
        "endpoint, key and secret are pasted, and the plugin isn't ready",
    )

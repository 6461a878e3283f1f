"""What `make moodle-test` is made of: the proxy fails as it says, and what can't run is said aloud."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from builders import completion, day, free_port, wait_until

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def faulty_proxy():
    spec = importlib.util.spec_from_file_location("faulty_proxy", HERE / "faulty_proxy.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def line(faulty_proxy, serve, sqlite_url):
    """A bridge behind a proxy, and a sender with little patience."""
    bridge = serve(sqlite_url)
    proxy = faulty_proxy.FaultyProxy(f"127.0.0.1:{bridge.port}", free_port(), slow_seconds=1.0)
    proxy.open()
    sender = bridge.sender(bridge.credential("moodle"))
    yield bridge, proxy, sender
    proxy.close()


def held(bridge):
    with bridge.database() as database:
        return database.read(
            lambda session: session.exec_driver_sql("SELECT count(*) FROM statements").scalar_one()
        )


def post(proxy, sender, number):
    statement = completion(f"https://moodle.example.org|{number}", "induction", day(number))
    return sender.post(f"{proxy.url}/xapi/statements", json=statement, timeout=0.5)


def test_each_fault_is_what_it_says(faulty_proxy, line):
    bridge, proxy, sender = line
    stored = 0
    for number, fault in enumerate(faulty_proxy.FAULTS):
        proxy.fault = fault
        if fault in ("slow", "lost"):
            with pytest.raises((requests.ConnectionError, requests.Timeout)):
                post(proxy, sender, number)
        else:
            answer = post(proxy, sender, number)
            assert answer.status_code == {"none": 200, "stored, 500": 500}.get(fault) or int(fault)
            assert answer.headers.get("Retry-After") == ("1" if fault == "429" else None)
        if fault == "slow":
            wait_until(lambda: held(bridge) == stored + 1, "what came late is stored")  # noqa: B023  # runs at once
        stored += fault in ("none", "stored, 500", "lost", "slow")
        assert held(bridge) == stored, fault
        assert proxy.met[fault] == 1
        assert sender.get(f"{proxy.url}/xapi/about", timeout=5).status_code == 200, "others go through"
        proxy.met.clear()


def test_a_closed_proxy_answers_nobody_until_it_is_open_again(line):
    _, proxy, sender = line
    proxy.close()
    with pytest.raises(requests.ConnectionError):
        post(proxy, sender, 1)
    proxy.open()
    assert post(proxy, sender, 1).status_code == 200


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "no Moodle is given: MOODLE_DIR names the folder"),
        (["--moodle", "nowhere"], "holds no Moodle: there is no version.php"),
        (["--moodle", "half"], "holds no whole Moodle: admin/cli/install_database.php is missing"),
        (["--moodle", "unloaded"], "holds no whole Moodle: public/config.php"),
    ],
)
def test_what_can_not_run_is_said_aloud(tmp_path, arguments, said):
    for name in (
        "half/version.php",
        "unloaded/public/version.php",
        "unloaded/admin/cli/install_database.php",
    ):
        file = tmp_path / name
        file.parent.mkdir(parents=True)
        file.touch()
    done = subprocess.run(
        [sys.executable, str(HERE / "run.py"), *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 69
    assert done.stderr.startswith("THE PLUGIN IS NOT TRIED IN A REAL MOODLE: ")
    assert said in done.stderr


@pytest.mark.parametrize(
    "fault",
    [
        "<b>Warning</b>:  Undefined variable $course",
        '<div class="notifytiny debuggingmessage">',
        "Exception - Call to a member function",
        "[[nosuchstring]]",
    ],
)
def test_a_fault_on_a_page_is_found_out(monkeypatch, fault):
    monkeypatch.syspath_prepend(HERE)
    import plugin_pages
    from trial import WrongError

    page = "<h2>Status</h2><script>throw new Exception('[[x]]')</script><span class='badge'>Warning</span>"
    plugin_pages.is_fine(page, "the page", "Status")
    with pytest.raises(WrongError, match="shows a fault"):
        plugin_pages.is_fine(f"{page}{fault}", "the page", "Status")
    with pytest.raises(WrongError, match="doesn't show “Settings”"):
        plugin_pages.is_fine(page, "the page", "Settings")

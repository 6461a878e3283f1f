"""Pictures of every page, as on a phone and as on a desk, of the people of the demonstration.

    python tests/screenshots.py [FOLDER]

FOLDER is `dist/screenshots` unless said otherwise. Needs Chromium.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from journeys.walks import EVERYBODY, demonstration, sign_in, walk
from playwright.sync_api import sync_playwright

SCREENS = {
    "phone": {"viewport": {"width": 360, "height": 740}, "device_scale_factor": 2},
    "desk": {"viewport": {"width": 1280, "height": 800}},
}


def main() -> int:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "dist/screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    chromium = shutil.which("chromium")
    if chromium is None:
        print("There is no chromium command (package: chromium).", file=sys.stderr)
        return 1
    with (
        tempfile.TemporaryDirectory() as made,
        demonstration(Path(made)) as town,
        sync_playwright() as driver,
    ):
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for screen, size in SCREENS.items():
            taken: dict[str, int] = {}
            for who in EVERYBODY:
                page = browser.new_context(**size).new_page()
                if who:
                    sign_in(page, town, who)

                def take(kind: str, page=page, screen=screen, taken=taken) -> None:
                    taken[kind] = taken.get(kind, 0) + 1
                    name = f"{kind.replace('.', '-')}-{taken[kind]}-{screen}.png"
                    page.screenshot(path=folder / name, full_page=True)

                walk(page, town, page.url if who else f"{town.url}/sign-in", take)
                page.context.close()
            print(
                f"{screen}: {sum(taken.values())} pictures of {len(taken)} kinds of pages in {folder}",
                flush=True,
            )
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""How long from a statement to the tier that it changes.

python benchmarks/receive.py [DATABASE_URL]     SQLite in a temporary folder, or an empty PostgreSQL database
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from service import Service, statement


def freshness(service: Service) -> None:
    """Seconds from the answer to the tier that `explain` shows."""
    waits = []
    for number in range(5):
        learner = f"fresh{number}"
        service.post({name: value for name, value in statement(learner).items() if name != "id"})
        sent = time.monotonic()
        while True:
            found = subprocess.run(
                [
                    sys.executable,
                    "-m",
                    "lrs_bridge",
                    "explain",
                    f"https://moodle.example.org|{learner}",
                    "--json",
                ],
                env=service.environment,
                capture_output=True,
                text=True,
                check=False,
            )
            if found.returncode == 0 and json.loads(found.stdout)["tier"]["attained"] == "T1":
                break
        waits.append(time.monotonic() - sent)
    print(
        f"  from POST to updated tier: {statistics.median(waits):.1f} s ({min(waits):.1f} to {max(waits):.1f}, asking included)"
    )


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="lrs-bridge-bench-") as name:
        folder = Path(name)
        url = sys.argv[1] if len(sys.argv) > 1 else f"sqlite:///{folder / 'bench.sqlite'}"
        print(url.split("://", 1)[0])
        service = Service(folder, url, timetable=True)
        try:
            freshness(service)
        finally:
            service.stop()


if __name__ == "__main__":
    main()

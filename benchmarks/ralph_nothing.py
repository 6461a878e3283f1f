"""Ralph (openfun/ralph) with its storage replaced by nothing, as a pace to keep: it checks, answers and forgets.

    RALPH_PYTHON=/path/to/python/with/ralph python benchmarks/limits.py …

Run by the Python that Ralph is installed for: ralph_nothing.py PORT PROCESSES FOLDER"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path


def main() -> None:
    port, processes, folder = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    import bcrypt

    user = {
        "username": "bench",
        "hash": bcrypt.hashpw(b"bench", bcrypt.gensalt(4)).decode(),
        "scopes": ["all"],
        "agent": {"mbox": "mailto:bench@example.org"},
    }
    (folder / "auth.json").write_text(json.dumps([user]))
    os.environ |= {
        "RALPH_APP_DIR": str(folder),
        "RALPH_AUTH_FILE": str(folder / "auth.json"),
        "RALPH_RUNSERVER_BACKEND": "fs",
        "RALPH_BACKENDS__LRS__FS__DEFAULT_DIRECTORY_PATH": str(folder),
    }
    import uvicorn

    sys.path.insert(0, str(Path(__file__).parent))
    uvicorn.run("ralph_nothing:application", factory=True, port=port, workers=processes, log_level="error")


def application():
    from ralph.api import app
    from ralph.api.routers import statements

    class Nothing(type(statements.BACKEND_CLIENT)):
        def write(self, data, *_arguments, **_more):
            return len(list(data))

        def query_statements_by_ids(self, *_arguments, **_more):
            return iter(())

    statements.BACKEND_CLIENT = Nothing()
    return app


if __name__ == "__main__":
    main()

"""The least that a Flask service does: it reads JSON and answers. What a real one can't outrun, under the same server."""

from __future__ import annotations

import json
import os
import sys

from flask import Flask, Response, request
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

app = Flask(__name__)
_PAGE = os.environ.get("BARE_PAGE", "{}")


@app.post("/statements")
def take() -> Response:
    said = json.loads(request.get_data(cache=False))
    ids = [one["id"] for one in (said if isinstance(said, list) else [said])]
    return Response(json.dumps(ids), mimetype="application/json")


@app.get("/statements")
def give() -> Response:
    return Response(_PAGE, mimetype="application/json")


if __name__ == "__main__":
    port, processes, threads = map(int, sys.argv[1:])
    Granian(
        "bare:app",
        address="127.0.0.1",
        port=port,
        interface=Interfaces.WSGI,
        workers=processes,
        blocking_threads=threads,
        websockets=False,
        log_level=LogLevels.warning,
    ).serve()

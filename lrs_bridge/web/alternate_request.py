"""Turns requests in the alternate syntax (Communication 1.3) into those that they stand for, before anything is routed."""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wsgi import get_input_stream

from lrs_bridge.web.xapi import PREFIX, REFUSAL
from lrs_bridge.xapi import alternate_syntax, versions

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_VARIABLES: Final = {"Content-Type": "CONTENT_TYPE"}


def _variable(header: str) -> str:
    return _VARIABLES.get(header) or f"HTTP_{header.upper().replace('-', '_')}"


class AlternateRequests:
    """WSGI around WSGI. What is refused is left in the environment for the resource to raise, once it knows who asks."""

    def __init__(self, app: WSGIApplication, largest: int) -> None:
        self._app = app
        self._largest = largest

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        query_string = environ.get("QUERY_STRING", "").encode("latin-1")
        if environ.get("PATH_INFO", "").startswith(f"{PREFIX}/") and alternate_syntax.is_alternate(
            query_string
        ):
            try:
                self._turn(environ, query_string)
            except RequestEntityTooLarge as refusal:
                environ[REFUSAL] = refusal
        return self._app(environ, start_response)

    def _turn(self, environ: WSGIEnvironment, query_string: bytes) -> None:
        meant = alternate_syntax.read(
            environ["REQUEST_METHOD"],
            query_string,
            environ.get("CONTENT_TYPE", ""),
            environ.get(_variable(versions.HEADER)),
            self._form(environ),
        )
        content = meant.content or b""
        for name, value in meant.headers.items():
            # WSGI hands over a header's bytes as Latin-1
            environ[_variable(name)] = value.encode().decode("latin-1")
        environ |= {
            "REQUEST_METHOD": meant.method,
            "QUERY_STRING": urlencode(meant.parameters),
            "CONTENT_LENGTH": str(len(content)),
            "wsgi.input": BytesIO(content),
        }
        if "Content-Type" not in meant.headers:
            environ.pop("CONTENT_TYPE", None)
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        environ[REFUSAL] = meant.refusal

    def _form(self, environ: WSGIEnvironment) -> bytes:
        """Raises RequestEntityTooLarge."""
        form = get_input_stream(environ, max_content_length=self._largest).read()
        # a body sent in chunks says no length before; Werkzeug stops reading at the limit without a word
        if not environ.get("CONTENT_LENGTH") and len(form) >= self._largest:
            raise RequestEntityTooLarge
        return form

"""Alerts held and messages: what was sent, what waits, what failed, and sending it again. Whom they tell of is the Boards' to see."""

from __future__ import annotations

import uuid
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lrs_bridge.errors import Conflict
from lrs_bridge.flows import alerts
from lrs_bridge.flows import notices as notice_flow
from lrs_bridge.store import notices, outbox
from lrs_bridge.store.database import Session
from lrs_bridge.web.here import database, now, settings, visitor
from lrs_bridge.web.operator.blueprint import blueprint

_ON_A_PAGE = 25
_REASONS_SHOWN = 5
_STATES = (("failed", "Failed for good"), ("waiting", "Waiting"), ("sent", "Sent"))


@blueprint.get("/messages")
def show_messages() -> str:
    return _page("")


@blueprint.post("/messages/<uuid:message>/again")
def send_message_again(message: uuid.UUID) -> ResponseReturnValue:
    try:
        database().write(
            lambda session: alerts.resend(session, message, reason="", who=visitor().address, now=now())
        )
    except Conflict as refused:
        return _page(refused.title), 409
    return redirect(url_for("operator.show_messages", state="waiting"), 303)


@blueprint.post("/messages/again")
def send_failed_messages_again() -> ResponseReturnValue:
    database().write(
        lambda session: alerts.resend(session, None, reason="", who=visitor().address, now=now())
    )
    return redirect(url_for("operator.show_messages", state="waiting"), 303)


@blueprint.post("/messages/people/again")
def send_failed_notices_again() -> ResponseReturnValue:
    database().write(lambda session: notice_flow.again(session, who=visitor().address, now=now()))
    return redirect(url_for("operator.show_messages"), 303)


def _page(wrong: str) -> str:
    chosen = request.args.get("state", "failed")
    state = chosen if chosen in dict(_STATES) else "failed"
    after = request.args.get("after", type=uuid.UUID)

    def journey(session: Session) -> dict[str, Any]:
        return {
            "found": outbox.messages_page(session, state=state, after=after, limit=_ON_A_PAGE + 1),
            "counts": outbox.counts(session),
            "alerts": alerts.held(session, settings()),
            "notices": notices.counts(session),
            "reasons": notice_flow.reasons(session, _REASONS_SHOWN),
        }

    seen = database().read(journey)
    found = seen.pop("found")
    more = found[_ON_A_PAGE - 1] if len(found) > _ON_A_PAGE else None
    return render_template(
        "operator/messages.html",
        found=found[:_ON_A_PAGE],
        state=state,
        states=_STATES,
        more=more.id if more else "",
        wrong=wrong,
        **seen,
    )

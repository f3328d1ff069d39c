"""Signing in with the token, and out again."""

from urllib.parse import urlsplit

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from menagerie.web.attempts import Attempts
from menagerie.web.security import SIGNED_IN, check_token, open_to_all


def signing_in(attempts: Attempts) -> Blueprint:
    """Return the views that give and take the cookie."""
    views = Blueprint("signing_in", __name__)

    @views.get("/sign-in")
    @open_to_all
    def sign_in() -> ResponseReturnValue:
        return render_template("sign_in.html", next=request.args.get("next", ""), wrong=False)

    @views.post("/sign-in")
    @open_to_all
    def enter() -> ResponseReturnValue:
        target = request.form.get("next", "")
        if not check_token(attempts, request.form.get("token", "").strip()):
            return render_template("sign_in.html", next=target, wrong=True), 403
        session.clear()
        session[SIGNED_IN] = True
        session.permanent = True
        return redirect(target if is_own_path(target) else url_for("home.overview"))

    @views.post("/sign-out")
    def leave() -> ResponseReturnValue:
        session.clear()
        return redirect(url_for("signing_in.sign_in"))

    return views


def is_own_path(target: str) -> bool:
    """Tell whether an address is a path of this server, and leads nowhere else."""
    parts = urlsplit(target)
    is_path = target.startswith("/") and target[1:2] not in {"/", "\\"}
    return is_path and not parts.scheme and not parts.netloc and target.isprintable()

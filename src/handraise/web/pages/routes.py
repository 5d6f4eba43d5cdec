"""Which page stands where."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from handraise.web.pages import (
    app_files,
    audits,
    drills,
    escalations,
    figures,
    going_live,
    inbox,
    keys,
    me,
    openid,
    passkeys,
    people,
    plots,
    push,
    rehearsal,
    rehearsals,
    sessions,
    sign_in,
    situations,
    system,
    tables,
    thresholds,
    verify,
    versions,
    walls,
    watch,
)
from handraise.web.pages.visitor import (
    fetched_by_pages,
    read_and_fetched,
    read_by_people,
    sent_by_people,
)


def routes() -> list[Route]:
    """Return the routes of all pages."""
    return [
        Route("/sign-in", sign_in.show, methods=["GET"]),
        Route("/sign-in", sign_in.ask, methods=["POST"]),
        Route("/sign-in/openid", openid.begin, methods=["GET"]),
        Route("/sign-in/openid/callback", openid.finish, methods=["GET"]),
        Route("/sign-in/passkey/options", passkeys.begin_sign_in, methods=["POST"]),
        Route("/sign-in/passkey", passkeys.sign_in, methods=["POST"]),
        Route("/enter/{token}", sign_in.show_door, methods=["GET"]),
        Route("/enter/{token}", sign_in.enter, methods=["POST"]),
        Route("/verify/{code}", verify.show, methods=["GET"]),
        Route("/verify/{code}", verify.use, methods=["POST"]),
        Route("/manifest.webmanifest", app_files.manifest, methods=["GET"]),
        Route("/service-worker.js", app_files.service_worker, methods=["GET"]),
        Route("/offline", app_files.offline, methods=["GET"]),
        Route("/sign-out", sent_by_people(sign_in.leave), methods=["POST"]),
        Route("/", read_by_people(inbox.show), methods=["GET"]),
        Route("/inbox/list", fetched_by_pages(inbox.show_list), methods=["GET"]),
        Route("/inbox/badge", fetched_by_pages(inbox.show_badge), methods=["GET"]),
        Route("/inbox/live", fetched_by_pages(inbox.live), methods=["GET"]),
        Route("/escalations/{id}", read_by_people(escalations.show), methods=["GET"]),
        Route(
            "/escalations/{id}/others",
            fetched_by_pages(escalations.others, is_typed_in=True),
            methods=["GET"],
        ),
        Route(
            "/escalations/{id}/decision.json", read_by_people(escalations.decision), methods=["GET"]
        ),
        Route("/asks/{id}/preview", sent_by_people(escalations.preview), methods=["POST"]),
        Route("/asks/{id}/edit", sent_by_people(escalations.edit), methods=["POST"]),
        Route("/asks/{id}/acknowledge", sent_by_people(escalations.acknowledge), methods=["POST"]),
        Route("/asks/{id}/answer", sent_by_people(escalations.answer), methods=["POST"]),
        Route("/asks/{id}/confirm", sent_by_people(passkeys.begin_confirmation), methods=["POST"]),
        Route("/asks/{id}/release", sent_by_people(escalations.release), methods=["POST"]),
        Route("/asks/{id}/reassign", sent_by_people(escalations.reassign), methods=["POST"]),
        Route("/asks/{id}/delegate", sent_by_people(escalations.delegate), methods=["POST"]),
        Route("/asks/{id}/take-back", sent_by_people(escalations.take_back), methods=["POST"]),
        Route("/rehearsals", read_by_people(rehearsals.show), methods=["GET"]),
        Route("/rehearsals/{id}", read_and_fetched(rehearsal.show), methods=["GET"]),
        Route("/rehearsals/{id}/protocol", read_by_people(rehearsal.protocol), methods=["GET"]),
        Route("/rehearsals/{id}/end", sent_by_people(rehearsal.end), methods=["POST"]),
        Route(
            "/rehearsals/{id}/{number}", read_by_people(rehearsal.show_question), methods=["GET"]
        ),
        Route("/rehearsals/{id}/{number}", sent_by_people(rehearsal.answer), methods=["POST"]),
        *_of_audits(),
        Route("/table", read_by_people(tables.show), methods=["GET"]),
        Route("/table/{agent}", read_by_people(tables.show), methods=["GET"]),
        Route("/table/{agent}/{version}", read_by_people(tables.show_version), methods=["GET"]),
        Route("/versions", read_by_people(versions.show), methods=["GET"]),
        Route("/live", _to_going_live, methods=["GET"]),
        Route("/going-live", read_by_people(going_live.show), methods=["GET"]),
        Route("/advice", read_by_people(thresholds.lead_to_advice), methods=["GET"]),
        Route("/advice/{id}", sent_by_people(thresholds.settle), methods=["POST"]),
        Route("/situations", read_by_people(situations.show), methods=["GET"]),
        Route("/situations", sent_by_people(situations.say), methods=["POST"]),
        Route("/situations/{name}.svg", read_by_people(plots.plot), methods=["GET"]),
        Route("/situations/{name}.csv", read_by_people(plots.rows), methods=["GET"]),
        Route("/figures", read_by_people(figures.show), methods=["GET"]),
        Route("/figures/{name}.svg", read_by_people(figures.plot), methods=["GET"]),
        Route("/figures/{name}.csv", read_by_people(figures.rows), methods=["GET"]),
        Route("/thresholds", read_by_people(thresholds.show), methods=["GET"]),
        Route("/thresholds/{name}.svg", read_by_people(thresholds.plot), methods=["GET"]),
        Route("/thresholds/{name}.csv", read_by_people(thresholds.rows), methods=["GET"]),
        Route("/watch", read_by_people(watch.show), methods=["GET"]),
        Route("/watch/rates.svg", read_by_people(watch.plot), methods=["GET"]),
        Route("/watch/rates.csv", read_by_people(watch.rows), methods=["GET"]),
        Route("/watch/{id}/acknowledge", sent_by_people(watch.acknowledge), methods=["POST"]),
        Route("/watch/{id}/snooze", sent_by_people(watch.snooze), methods=["POST"]),
        *_of_people(),
        *_of_owners(),
    ]


async def _to_going_live(_request: Request) -> Response:
    """Lead on from the name of the page to its address."""
    return RedirectResponse("/going-live")


def _of_audits() -> list[Route]:
    """Return the routes of the pages about decisions that were taken alone."""
    sent = {
        "choose": audits.choose,
        "answer": audits.answer,
        "take-over": audits.take_over,
        "settle": audits.settle,
    }
    return [
        Route("/audits", read_by_people(audits.show), methods=["GET"]),
        Route("/audits/{id}", read_by_people(audits.show_one), methods=["GET"]),
        *(
            Route(f"/audits/{{id}}/{name}", sent_by_people(verb), methods=["POST"])
            for name, verb in sent.items()
        ),
    ]


def _of_people() -> list[Route]:
    """Return the routes of the pages about people."""
    sent = {
        "/me/duty": me.answer_duty,
        "/me/away": me.go_away,
        "/me/back": me.come_back,
        "/me/codes": me.send_codes,
        "/me/verify": me.verify,
        "/me/plan": me.set_plan,
        "/me/passkeys": passkeys.register,
        "/me/passkeys/options": passkeys.begin_registration,
        "/me/passkeys/rename": passkeys.rename,
        "/me/passkeys/remove": passkeys.remove,
        "/me/sessions/end": sessions.end,
        "/me/sessions/end-others": sessions.end_others,
        "/me/push": push.turn_on,
        "/me/push/{id}/test": push.test,
        "/me/push/{id}/stop": push.stop,
        "/people/{id}/away": people.send_away,
        "/people/{id}/back": people.bring_back,
        "/people/{id}/deactivate": people.deactivate,
        "/people/{id}/activate": people.activate,
        "/people/{id}/invite": people.invite,
        "/people/{id}/sign-out": sessions.sign_out,
    }
    return [
        Route("/me", read_by_people(me.show), methods=["GET"]),
        Route("/people", read_by_people(people.show), methods=["GET"]),
        Route("/people/{id}", read_by_people(people.show_one), methods=["GET"]),
        *(Route(path, sent_by_people(verb), methods=["POST"]) for path, verb in sent.items()),
    ]


def _of_owners() -> list[Route]:
    """Return the routes of what an owner sees to, and of the walls, which need no sign-in."""
    return [
        Route("/drills", read_by_people(drills.show), methods=["GET"]),
        Route("/drills", sent_by_people(drills.start), methods=["POST"]),
        Route("/keys", read_by_people(keys.show), methods=["GET"]),
        Route("/keys", sent_by_people(keys.make), methods=["POST"]),
        Route("/keys/{id}/revoke", sent_by_people(keys.revoke), methods=["POST"]),
        Route("/walls", sent_by_people(keys.make_wall), methods=["POST"]),
        Route("/walls/{id}/end", sent_by_people(keys.end_wall), methods=["POST"]),
        Route("/wall/{secret}", walls.show, methods=["GET"]),
        Route("/system", read_by_people(system.show), methods=["GET"]),
    ]

"""Which page stands where."""

from __future__ import annotations

from starlette.routing import Route

from handraise.web.pages import escalations, inbox, sign_in, tables
from handraise.web.pages.visitor import read_by_people, sent_by_people


def routes() -> list[Route]:
    """Return the routes of all pages."""
    return [
        Route("/sign-in", sign_in.show, methods=["GET"]),
        Route("/sign-in", sign_in.ask, methods=["POST"]),
        Route("/enter/{token}", sign_in.show_door, methods=["GET"]),
        Route("/enter/{token}", sign_in.enter, methods=["POST"]),
        Route("/sign-out", sent_by_people(sign_in.leave), methods=["POST"]),
        Route("/", read_by_people(inbox.show), methods=["GET"]),
        Route("/escalations/{id}", read_by_people(escalations.show), methods=["GET"]),
        Route("/asks/{id}/acknowledge", sent_by_people(escalations.acknowledge), methods=["POST"]),
        Route("/asks/{id}/answer", sent_by_people(escalations.answer), methods=["POST"]),
        Route("/asks/{id}/release", sent_by_people(escalations.release), methods=["POST"]),
        Route("/asks/{id}/reassign", sent_by_people(escalations.reassign), methods=["POST"]),
        Route("/asks/{id}/delegate", sent_by_people(escalations.delegate), methods=["POST"]),
        Route("/asks/{id}/take-back", sent_by_people(escalations.take_back), methods=["POST"]),
        Route("/table", read_by_people(tables.show), methods=["GET"]),
        Route("/table/{agent}", read_by_people(tables.show), methods=["GET"]),
    ]

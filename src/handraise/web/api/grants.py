"""Grants over HTTP: given for what goes ahead, used once; and the keys that check them."""

from __future__ import annotations

from functools import partial

import msgspec
from starlette.responses import Response

from handraise.service.deciding.incoming import sent
from handraise.service.granting.grants import Grant
from handraise.web.api.agents import gate_of
from handraise.web.api.endpoint import Call
from handraise.web.api.records import GrantIn, GrantOut, GrantUseIn
from handraise.web.site import in_thread

KEYS_LAST_S = 300
"""How long the public keys may be kept by whoever reads them."""


async def give(call: Call) -> GrantOut:
    """Give the grant of a decision that goes ahead; what stops has none, and says why."""
    body: GrantIn = call.body
    return GrantOut(grant=await in_thread(gate_of(call).granted, *sent(body.decision)))


async def use(call: Call) -> Grant:
    """Use a grant up: to one caller only, and for exactly this."""
    body: GrantUseIn = call.body
    using = partial(
        gate_of(call).use_grant,
        body.grant,
        action=body.action,
        proposal=body.proposal,
        by=body.by,
    )
    return await in_thread(using)


async def keys(call: Call) -> Response:
    """Return the public keys as a JSON Web Key Set, the one that signs now first."""
    jwks = await in_thread(call.site.operation.signer.jwks)
    headers = {"Cache-Control": f"public, max-age={KEYS_LAST_S}"}
    return Response(msgspec.json.encode(jwks), headers=headers, media_type="application/json")

"""Grants: they allow exactly what was decided, once, for a day; and nothing else is ever one."""

import base64
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import OctKey

import handraise
from handraise.clock import ManualClock
from handraise.core.gate.digest import proposal_digest
from handraise.errors import GrantError, InputError, StoreUnavailableError
from handraise.model import Verdict
from handraise.service.deciding.aio import AsyncGate
from handraise.service.deciding.gate import EmbeddedGate
from handraise.service.deciding.remote import RemoteGate
from handraise.service.granting.grants import GRANT_LASTS, GRANT_TYPE, Grant
from handraise.service.granting.verifying import Keys, once, verify_grant
from handraise.service.secrets import Signer
from handraise.service.wiring import Operation
from tests.support.operation import AGENT, BIG, SECRET, SURE, answered, gate_of, opened, sign
from tests.support.server import Server

Gate = EmbeddedGate | RemoteGate
SIX_THOUSAND = {"refund": 6200}
FORTY = {"refund": 40}
SIGNER = Signer(SECRET)


@pytest.fixture(params=["embedded", "remote"])
def face(request: pytest.FixtureRequest, operation: Operation) -> Iterator[Gate]:
    if request.param == "embedded":
        yield gate_of(operation)
        return
    server = Server.of(operation)
    _, key = operation.door.make_key(AGENT, "test")
    with handraise.connect(server.url, key) as gate:
        yield gate
    server.close()


def granted(operation: Operation, kind: str = "approve", **more: Any) -> str:
    """Return the grant of a big refund that a person has answered."""
    verdict = gate_of(operation).decide(**BIG, case="ticket-1")
    answered(operation, verdict.escalation_id or "", kind, **more)
    resolution = gate_of(operation).resolution(verdict.escalation_id)
    assert resolution is not None
    assert resolution.grant is not None
    return resolution.grant


def claims_of(grant: str) -> dict[str, Any]:
    part = grant.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


def checked(grant: str | None, clock: ManualClock, keys: Keys | None = None, **more: Any) -> Grant:
    """Return what a tool finds that is about to refund 6200, unless said otherwise."""
    given = {"action": "refund", "proposal": SIX_THOUSAND, "use": once(), "at": clock.now(), **more}
    return verify_grant(grant, keys=keys or SIGNER.jwks(), **given)


def test_an_approval_carries_its_grant(operation: Operation, clock: ManualClock) -> None:
    grant = granted(operation)
    found = checked(grant, clock, agent=AGENT)
    assert (found.agent, found.action, found.outcome) == (AGENT, "refund", "approved")
    assert (found.case, found.version) == ("ticket-1", gate_of(operation).table.version)
    assert [(one.route, one.by) for one in found.approved_by] == [("finance_lead", "ines")]
    assert found.id == found.escalation_id
    assert found.digest == proposal_digest("refund", SIX_THOUSAND)
    assert found.expires_at - found.issued_at == GRANT_LASTS
    header = json.loads(base64.urlsafe_b64decode(grant.split(".")[0] + "=="))
    assert header == {"alg": "Ed25519", "kid": SIGNER.kid, "typ": GRANT_TYPE}
    assert claims_of(grant)["iss"] == "handraise"


def test_it_says_whom_a_delegate_stood_in_for(operation: Operation) -> None:
    verdict = gate_of(operation).decide(**BIG)
    ended = answered(operation, verdict.escalation_id or "", "approve")
    answer = msgspec.structs.replace(ended.asks[0].answer, by="dana", on_behalf_of="ines")
    ended = msgspec.structs.replace(
        ended, asks=(msgspec.structs.replace(ended.asks[0], answer=answer),)
    )
    grant = gate_of(operation).with_grant(ended)
    assert grant is not None
    assert claims_of(grant.grant or "")["approved_by"] == [
        {"route": "finance_lead", "by": "dana", "on_behalf_of": "ines"}
    ]


def test_a_change_is_granted_as_changed(face: Gate, operation: Operation) -> None:
    change = {"proposal": {"refund": 620}, "reason": "a typing error"}
    verdict = face.decide(**BIG)
    answered(operation, verdict.escalation_id or "", "change", **change)
    resolution = verdict.wait(5)
    with pytest.raises(GrantError, match="another proposal"):
        face.use_grant(resolution.grant, action="refund", proposal=SIX_THOUSAND)
    used = face.use_grant(resolution.grant, action="refund", proposal=resolution.proposal)
    assert (used.outcome, used.escalation_id) == ("changed", verdict.escalation_id)


def test_a_grant_of_900_does_not_fit_90_000(face: Gate, operation: Operation) -> None:
    verdict = face.decide(**{**BIG, "confidence": 0.1, "proposal": {"refund": 900}})
    answered(operation, verdict.escalation_id or "", "approve")
    grant = verdict.wait(5).grant
    for proposal in ({"refund": 90_000}, {"refund": "900"}, {"refund": 900, "note": "x"}, [900]):
        with pytest.raises(GrantError, match="another proposal"):
            face.use_grant(grant, action="refund", proposal=proposal)
    assert face.use_grant(grant, action="refund", proposal={"refund": 900.0}).outcome == "approved"


def test_reading_twice_gives_the_same_grant(face: Gate, operation: Operation) -> None:
    verdict = face.decide(**BIG, key="k")
    answered(operation, verdict.escalation_id or "", "approve")
    first = verdict.wait(5)
    assert first == face.resolution(verdict.escalation_id) == face.resolution(key="k")
    assert first.grant is not None


@pytest.mark.parametrize("kind", ["reject", "instruct", "take_over"])
def test_what_allows_nothing_has_no_grant(kind: str, face: Gate, operation: Operation) -> None:
    verdict = face.decide(**BIG)
    words = {"instruction": "wait"} if kind == "instruct" else {"reason": "no"}
    answered(operation, verdict.escalation_id or "", kind, **words)
    assert verdict.wait(5).grant is None
    withdrawn = face.withdraw(face.decide(**SURE, case="new", facts={"x": 1}).escalation_id or "")
    assert withdrawn.grant is None


def test_it_is_used_once_and_the_second_is_told_by_whom(
    face: Gate, operation: Operation, clock: ManualClock
) -> None:
    grant = granted(operation)
    face.use_grant(grant, action="refund", proposal=SIX_THOUSAND, by="pay\nout")
    clock.advance(minutes=1)
    with pytest.raises(GrantError, match=r"used already at 2026-11-22 19:50:10 UTC by pay out"):
        face.use_grant(grant, action="refund", proposal=SIX_THOUSAND)
    event = operation.store.events(claims_of(grant)["escalation_id"])[-1]
    assert (event.kind, event.who) == ("grant_used", f"agent:{AGENT}")
    assert event.detail == {"grant": claims_of(grant)["jti"], "by": "pay out"}


def test_of_many_who_use_it_at_once_one_does(face: Gate, operation: Operation) -> None:
    grant = granted(operation)
    start = threading.Barrier(8)

    def use(_: int) -> str:
        start.wait(20)
        try:
            face.use_grant(grant, action="refund", proposal=SIX_THOUSAND)
        except GrantError as error:
            return error.message.partition(" at ")[0]
        return "done"

    with ThreadPoolExecutor(8) as pool:
        found = sorted(pool.map(use, range(8)))
    assert found == ["done", *["this grant was used already"] * 7]


def forged(claims: dict[str, Any], signer: Signer = SIGNER, kind: str = GRANT_TYPE) -> str:
    return signer.sign(claims, kind)


def unsigned(claims: dict[str, Any]) -> str:
    header = {"alg": "none", "kid": SIGNER.kid, "typ": GRANT_TYPE}
    parts = [json.dumps(header).encode(), json.dumps(claims).encode(), b""]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def by_hmac_with_the_public_key(claims: dict[str, Any]) -> str:
    public = OctKey.import_key(SIGNER.jwks()["keys"][0]["x"])
    header = {"alg": "HS256", "kid": SIGNER.kid, "typ": GRANT_TYPE}
    return jws.serialize_compact(header, json.dumps(claims), public, algorithms=["HS256"])


def with_other_claims(grant: str, **changed: Any) -> str:
    first, _, last = grant.split(".")
    claims = json.dumps({**claims_of(grant), **changed}).encode()
    return f"{first}.{base64.urlsafe_b64encode(claims).rstrip(b'=').decode()}.{last}"


@pytest.mark.parametrize("what", [None, "", "junk", "a.b.c", "é.é.é", 7, b"a.b", "x" * 200_000])
def test_what_is_no_grant_is_refused(what: Any, clock: ManualClock) -> None:
    with pytest.raises(GrantError, match="no grant"):
        checked(what, clock)


def test_what_was_not_signed_as_a_grant_is_refused(
    operation: Operation, clock: ManualClock
) -> None:
    claims = claims_of(granted(operation))
    for made in (
        unsigned(claims),
        by_hmac_with_the_public_key(claims),
        SIGNER.sign(claims),  # a statement of another kind, e.g. a go-live record
        forged(claims, kind="JWT"),
    ):
        with pytest.raises(GrantError, match="this is no grant"):
            checked(made, clock)
    assert SIGNER.verified(granted(operation)) is None


def test_another_key_is_refused_under_its_own_name_and_under_ours(
    operation: Operation, clock: ManualClock
) -> None:
    claims = claims_of(granted(operation))
    other = Signer("another secret of at least 32 chars")
    with pytest.raises(GrantError, match="key that does not count"):
        checked(forged(claims, other), clock)
    keys = {"keys": [{**other.jwks()["keys"][0], "kid": SIGNER.kid}]}
    with pytest.raises(GrantError, match="signature"):
        checked(forged(claims), clock, keys)
    with pytest.raises(GrantError, match="signature"):
        checked(with_other_claims(forged(claims), digest="0" * 64), clock)


def test_other_claims_than_ours_are_refused(operation: Operation, clock: ManualClock) -> None:
    claims = claims_of(granted(operation))
    assert checked(forged(claims), clock).id == claims["jti"]
    for changed in (
        {"iss": "somebody"},
        {"aud": "another tool"},
        {"outcome": "rejected"},
        {"exp": "tomorrow"},
        {"exp": 10**18},
    ):
        with pytest.raises(GrantError, match="not understood"):
            checked(forged({**claims, **changed}), clock)
    without = {name: value for name, value in claims.items() if name != "digest"}
    with pytest.raises(GrantError, match="not understood"):
        checked(forged(without), clock)
    with pytest.raises(GrantError, match="not understood"):
        checked(SIGNER.sign([], GRANT_TYPE), clock)  # type: ignore[arg-type]


def test_it_is_for_one_action_one_agent_and_a_day(operation: Operation, clock: ManualClock) -> None:
    grant = granted(operation)
    with pytest.raises(GrantError, match="for the action 'refund', not for 'send_reply'"):
        checked(grant, clock, action="send_reply")
    with pytest.raises(GrantError, match="for 'support-agent', not for 'order-agent'"):
        checked(grant, clock, agent="order-agent")
    end = clock.now() + GRANT_LASTS
    assert checked(grant, clock, at=end + timedelta(seconds=58)).action == "refund"
    with pytest.raises(GrantError, match="expired at 2026-11-23 19:50:10 UTC"):
        checked(grant, clock, at=end + timedelta(seconds=61))
    with pytest.raises(GrantError, match="from the future"):
        checked(grant, clock, at=clock.now() - timedelta(seconds=62))
    with pytest.raises(InputError, match="at:"):
        checked(grant, clock, at=datetime(2026, 11, 22))  # noqa: DTZ001 - that is what is refused


def test_no_grant_lasts_longer_than_a_day_whoever_signed_it(
    operation: Operation, clock: ManualClock
) -> None:
    claims = claims_of(granted(operation))
    long = forged({**claims, "exp": claims["exp"] + 1_000_000})
    clock.advance(hours=25)
    with pytest.raises(GrantError, match="expired"):
        checked(long, clock)


def test_an_expired_grant_is_refused_by_the_store_as_well(
    face: Gate, operation: Operation, clock: ManualClock
) -> None:
    grant = granted(operation)
    clock.advance(hours=24, minutes=2)
    with pytest.raises(GrantError, match="expired"):
        face.use_grant(grant, action="refund", proposal=SIX_THOUSAND)


def test_another_agents_grant_is_refused(face: Gate, operation: Operation) -> None:
    claims = {**claims_of(granted(operation)), "agent": "order-agent"}
    with pytest.raises(GrantError, match="order-agent"):
        face.use_grant(forged(claims), action="refund", proposal=SIX_THOUSAND)


def test_what_the_store_does_not_know_is_refused_in_spite_of_its_signature(
    face: Gate, operation: Operation
) -> None:
    claims = claims_of(granted(operation))
    rejected = face.decide(**BIG, case="another")
    answered(operation, rejected.escalation_id or "", "reject", reason="no")
    stopped = face.decide(**BIG, key="k").escalation_id
    for changed in (
        {"escalation_id": "of another store"},
        {"escalation_id": rejected.escalation_id},
        {"escalation_id": stopped},
        {"escalation_id": None, "jti": "of another store"},
    ):
        with pytest.raises(GrantError, match="not known here"):
            face.use_grant(forged({**claims, **changed}), action="refund", proposal=SIX_THOUSAND)


@pytest.mark.parametrize(
    "changed",
    [
        {"digest": proposal_digest("refund", {"refund": 4_999_999})},
        {"digest": proposal_digest("send_reply", {"refund": 4_999_999}), "action": "send_reply"},
        {"outcome": "changed"},
        {"version": "another"},
        {"approved_by": [{"route": "finance_lead", "by": "priya"}]},
        {"case": "another"},
        {"jti": "another, to use it twice"},
        {"later": True},
    ],
    ids=lambda changed: " ".join(changed),
)
@pytest.mark.parametrize("went_ahead", [False, True])
def test_a_leaked_key_alone_allows_nothing_but_what_was_decided(
    went_ahead: bool, changed: dict[str, Any], operation: Operation, clock: ManualClock
) -> None:
    face = gate_of(operation)
    grant = face.grant(face.decide(**SURE, key="k")) if went_ahead else granted(operation)
    claims = claims_of(grant)
    honest = FORTY if went_ahead else SIX_THOUSAND
    clock.advance(hours=1)
    if "later" in changed:
        changed = {"iat": claims["iat"] + 3600, "exp": claims["exp"] + 3600}
    proposal = {"refund": 4_999_999} if "digest" in changed else honest
    with pytest.raises(GrantError, match=r"something else than was decided|not known here"):
        face.use_grant(
            forged({**claims, **changed}),
            action=changed.get("action", "refund"),
            proposal=proposal,
        )
    face.use_grant(grant, action="refund", proposal=honest)


def test_what_went_ahead_and_was_erased_is_not_done_any_more(
    face: Gate, operation: Operation
) -> None:
    verdict = face.decide(**SURE, key="k", case="c")
    bare = face.decide(
        type="refund_request", action="send_reply", confidence=0.9, key="b", case="c"
    )
    grant, bare_grant = face.grant(verdict), face.grant(bare)
    operation.record.tick()
    operation.record.redact(case="c", by="operator:x", reason="asked for")
    for held, action, proposal in ((grant, "refund", FORTY), (bare_grant, "send_reply", None)):
        with pytest.raises(GrantError, match="not known here"):
            face.use_grant(held, action=action, proposal=proposal)
    for one in (verdict, bare):
        with pytest.raises(GrantError, match="not recorded as one that went ahead"):
            face.grant(one)


def test_what_goes_ahead_has_a_grant_too(face: Gate, clock: ManualClock) -> None:
    verdict = face.decide(**SURE, key="ticket/1", case="c")
    assert verdict.may_act
    grant = face.grant(verdict)
    assert grant == face.grant(verdict)
    found = checked(grant, clock, proposal=FORTY)
    assert (found.outcome, found.escalation_id, found.approved_by) == ("proceed", None, ())
    assert face.use_grant(grant, action="refund", proposal=FORTY).case == "c"
    with pytest.raises(GrantError, match="used already"):
        face.use_grant(face.grant(verdict), action="refund", proposal=FORTY)


def test_a_forged_verdict_yields_nothing(face: Gate, operation: Operation) -> None:
    honest = face.decide(**SURE, key="k")
    for decision, why in (
        (handraise.Decision(**BIG, key="new"), "revenue_usd is 6,?200"),
        (handraise.Decision(**{**SURE, "proposal": {"refund": 4000}}, key="k"), "already used"),
        (handraise.Decision(**SURE, key="n", case=7), "the case is 7"),
        (handraise.Decision(**SURE), "without a key"),
        (None, "without a key"),
        ("proceed", "without a key"),
    ):
        forged = Verdict(decision, (), (), honest.version)
        with pytest.raises(GrantError, match=why):
            face.grant(forged)
    assert [one.decision.key for one in operation.store.escalations()] == ["n", "new"]


def test_a_grant_of_what_went_ahead_long_ago_is_refused(face: Gate, clock: ManualClock) -> None:
    verdict = face.decide(**SURE, key="k")
    clock.advance(hours=25)
    with pytest.raises(GrantError, match="expired at"):
        face.grant(verdict)


def test_after_the_table_was_withdrawn_nothing_is_done_on_the_agents_own(
    operation: Operation, clock: ManualClock
) -> None:
    gate = gate_of(operation)
    grant = gate.grant(gate.decide(**SURE, key="k"))
    approved = granted(operation)
    operation.readiness.withdraw(gate.table, "priya")
    gate._ready_checked_at = float("-inf")
    with pytest.raises(GrantError, match="on its own just now"):
        gate.use_grant(grant, action="refund", proposal=FORTY)
    with pytest.raises(GrantError, match="not ready"):
        gate.grant(Verdict(handraise.Decision(**SURE, key="k2")))
    assert gate.use_grant(approved, action="refund", proposal=SIX_THOUSAND).outcome == "approved"


def test_a_rehearsal_gives_no_grant_and_takes_none(tmp_path: Path, clock: ManualClock) -> None:
    operation = opened(tmp_path, clock=clock, rehearsal=True, is_ready=False)
    gate = gate_of(operation)
    verdict = gate.decide(**BIG)
    answered(operation, verdict.escalation_id or "", "approve")
    assert verdict.wait(5).grant is None
    with pytest.raises(GrantError, match="rehearsal"):
        gate.grant(gate.decide(**SURE, key="k"))
    ended = operation.store.escalation(verdict.escalation_id or "")
    assert ended is not None
    live = msgspec.structs.replace(ended, rehearsal=False)
    grant = operation.granting.of_escalation(live)
    with pytest.raises(GrantError, match="rehearsal"):
        gate.use_grant(grant, action="refund", proposal=SIX_THOUSAND)
    operation.close()


def test_a_drill_in_the_live_store_has_no_grant(operation: Operation) -> None:
    verdict = gate_of(operation).decide(**BIG)
    ended = answered(operation, verdict.escalation_id or "", "approve")
    drill = msgspec.structs.replace(ended, rehearsal=True)
    assert operation.granting.of_escalation(drill) is None


def test_a_gate_checks_and_uses_for_the_tool(
    face: Gate, operation: Operation, clock: ManualClock
) -> None:
    grant = granted(operation)
    with pytest.raises(GrantError, match="another proposal"):
        checked(grant, clock, face, use=None, proposal=FORTY)
    assert checked(grant, clock, AsyncGate(face), use=None).action == "refund"
    with pytest.raises(GrantError, match="used already"):
        checked(grant, clock, face, use=AsyncGate(face))
    assert checked(grant, clock, face, use=once()).action == "refund"


def test_a_server_says_its_keys_by_its_address(operation: Operation, clock: ManualClock) -> None:
    grant = granted(operation)
    server = Server.of(operation)
    for url in (server.url, f"{server.url}/", f"{server.url}/api/v1/keys.json"):
        assert checked(grant, clock, url).agent == AGENT
    server.close()
    assert checked(grant, clock, server.url).agent == AGENT  # kept for a while
    with pytest.raises(StoreUnavailableError, match="keys cannot be fetched"):
        checked(grant, clock, f"{server.url}/elsewhere")


@pytest.mark.parametrize("keys", [None, 7, "", "handraise.yaml", "ftp://x", {}, {"keys": 1}])
def test_keys_that_are_none_are_refused(keys: Any, clock: ManualClock) -> None:
    with pytest.raises(InputError, match="keys:"):
        verify_grant("a.b.c", action="a", proposal=None, keys=keys, use=once())


def test_keys_of_other_kinds_are_passed_over(operation: Operation, clock: ManualClock) -> None:
    grant = granted(operation)
    (ours,) = SIGNER.jwks()["keys"]
    others = [7, {"kty": "RSA", "kid": ours["kid"]}, {**ours, "kid": None}, {**ours, "x": 7}]
    assert checked(grant, clock, {"keys": [*others, ours]}).agent == AGENT
    with pytest.raises(InputError, match="no public key"):
        checked(grant, clock, {"keys": [{**ours, "x": "junk"}]})


def test_without_a_way_to_use_it_once_nothing_is_verified(
    operation: Operation, clock: ManualClock
) -> None:
    grant = granted(operation)
    with pytest.raises(InputError, match="used only once"):
        checked(grant, clock, use=None)
    with pytest.raises(InputError, match="used only once"):
        checked(grant, clock, use=True)


def test_a_way_of_your_own_is_asked_last_and_must_answer_clearly(
    operation: Operation, clock: ManualClock
) -> None:
    grant = granted(operation)
    asked: list[tuple[str, datetime]] = []

    def use(id: str, expires_at: datetime) -> Any:
        asked.append((id, expires_at))
        return [True, False, None, 1][len(asked) - 1]

    with pytest.raises(GrantError):
        checked(grant, clock, use=use, proposal=FORTY)
    assert asked == []
    assert checked(grant, clock, use=use).id == asked[0][0]
    with pytest.raises(GrantError, match="used already"):
        checked(grant, clock, use=use)
    for _ in range(2):
        with pytest.raises(InputError, match="neither True nor False"):
            checked(grant, clock, use=use)


def test_once_remembers_for_as_long_as_a_grant_lasts(clock: ManualClock) -> None:
    use = once()
    end = clock.now() + GRANT_LASTS
    assert use("a", end)
    assert use("b", end + GRANT_LASTS)
    assert not use("a", end)
    assert use("c", end + GRANT_LASTS + timedelta(minutes=3))
    assert len(use._used) == 2  # what expired is not kept for ever
    assert not use("b", end + GRANT_LASTS)


def test_once_lets_one_of_many_threads(clock: ManualClock) -> None:
    use = once()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: use("a", clock.now()), range(200)))
    assert found.count(True) == 1


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False, width=32)
    | st.text(max_size=8)
)
PROPOSALS = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


def spelled(value: Any) -> str:
    """Return a JSON value so that what is equal as JSON is equal, and no more."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return json.dumps(value)
    if isinstance(value, int | float):
        return repr(int(value)) if value == int(value) else repr(value)
    if isinstance(value, list):
        return f"[{','.join(map(spelled, value))}]"
    pairs = sorted((json.dumps(name), spelled(inner)) for name, inner in value.items())
    return f"{{{','.join(f'{name}:{inner}' for name, inner in pairs)}}}"


NOW = datetime.fromisoformat("2026-11-22T19:50:10+00:00")


def made_for(proposal: Any) -> str:
    """Return a grant for doing this."""
    second = int(NOW.timestamp())
    return SIGNER.sign(
        {
            "iss": "handraise",
            "jti": "e",
            "agent": AGENT,
            "escalation_id": "e",
            "version": "v",
            "action": "a",
            "digest": proposal_digest("a", proposal),
            "approved_by": [],
            "outcome": "approved",
            "case": None,
            "iat": second,
            "exp": second + 60,
        },
        GRANT_TYPE,
    )


@given(PROPOSALS, PROPOSALS)
def test_a_grant_fits_exactly_its_proposal(one: Any, other: Any) -> None:
    grant = made_for(one)
    again = json.loads(json.dumps(one))
    keys = SIGNER.jwks()
    verify_grant(grant, action="a", proposal=again, keys=keys, at=NOW, use=once())
    assume(spelled(one) != spelled(other))
    with pytest.raises(GrantError, match="another proposal"):
        verify_grant(grant, action="a", proposal=other, keys=keys, at=NOW, use=once())


@pytest.mark.parametrize("value", [True, "1", 1.5, [1], None, {"refund": 1}, 2])
def test_what_looks_alike_is_not_the_same(value: Any) -> None:
    grant = made_for({"refund": 1})
    for ours in (1, 1.0):
        verify_grant(
            grant, action="a", proposal={"refund": ours}, keys=SIGNER.jwks(), at=NOW, use=once()
        )
    with pytest.raises(GrantError):
        verify_grant(
            grant, action="a", proposal={"refund": value}, keys=SIGNER.jwks(), at=NOW, use=once()
        )


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), 10**20, object(), b"1", {1: 2}, {3}, "\ud800"]
)
def test_what_is_no_plain_json_is_never_fitted(value: Any) -> None:
    with pytest.raises(GrantError, match="no plain JSON") as refused:
        verify_grant(
            made_for({"refund": 1}),
            action="a",
            proposal={"refund": value},
            keys=SIGNER.jwks(),
            at=NOW,
            use=once(),
        )
    assert "nan" not in str(refused.value)  # values are not quoted


def test_a_grant_outlives_the_rotation_of_its_key(folder: Path, clock: ManualClock) -> None:
    operation = opened(folder, clock=clock)
    grant = granted(operation)
    operation.close()
    fresh = "a fresh secret that is long enough for it"
    operation = opened(folder, clock=clock, secret=f"{fresh}\n{SECRET}", is_ready=False)
    gate = gate_of(operation)
    assert gate.ready  # the go-live record was signed with the older key
    assert len(operation.signer.jwks()["keys"]) == 2
    again = gate.resolution(claims_of(grant)["escalation_id"])
    assert again is not None
    assert again.grant != grant  # signed by the new key, and still the same one
    gate.use_grant(grant, action="refund", proposal=SIX_THOUSAND)
    with pytest.raises(GrantError, match="used already"):
        gate.use_grant(again.grant, action="refund", proposal=SIX_THOUSAND)
    operation.close()
    operation = opened(folder, clock=clock, secret=fresh, is_ready=False)
    assert not gate_of(operation).ready
    sign(operation, folder / "handraise.yaml")
    with pytest.raises(GrantError, match="key that does not count"):
        gate_of(operation).use_grant(grant, action="refund", proposal=SIX_THOUSAND)
    operation.close()

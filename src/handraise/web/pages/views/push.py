"""The devices on which a person is told, as their own page shows them."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from handraise.model import PushSubscription
from handraise.service.wiring import Operation
from handraise.web.pages.views.words import Moment, Reader


class Device(Struct, frozen=True, kw_only=True):
    """One device.

    Attributes:
        id: names it in forms.
        label: what it is.
        is_this: whether the page is looked at on it.
        is_ended: whether it is told no more.
        made_at: since when it is told.
        told_at: when it last was.
        failed_at: since when it takes nothing.
        error: why.
    """

    id: str
    label: str
    is_this: bool
    is_ended: bool
    made_at: Moment
    told_at: Moment | None
    failed_at: Moment | None
    error: str


class PushView(Struct, frozen=True, kw_only=True):
    """A person's devices.

    Attributes:
        is_offered: whether devices can be told here.
        has_this: whether the one that is looked at is told.
        key: what a browser is given to be told.
        devices: the newest first, those that are ended last.
    """

    is_offered: bool
    has_this: bool = False
    key: str = ""
    devices: tuple[Device, ...] = ()


def push_view(operation: Operation, reader: Reader, person: str, this: str) -> PushView:
    """Return a person's devices.

    Args:
        operation: whose they are told by.
        reader: in whose words and zone.
        person: whose they are.
        this: which one the page is looked at on, by its own cookie; may be empty.
    """
    pushing = operation.pushing
    if not pushing.is_offered:
        return PushView(is_offered=False)
    found = [_device(one, this, reader) for one in reversed(pushing.devices(person))]
    return PushView(
        is_offered=True,
        has_this=any(one.is_this and not one.is_ended for one in found),
        key=pushing.public_key,
        devices=tuple(sorted(found, key=lambda one: one.is_ended)),
    )


def _device(one: PushSubscription, this: str, reader: Reader) -> Device:
    def shown(at: datetime | None) -> Moment | None:
        return None if at is None else reader.moment(at)

    return Device(
        id=one.id,
        label=one.label,
        is_this=one.id == this,
        is_ended=one.ended_at is not None,
        made_at=reader.moment(one.made_at),
        told_at=shown(one.told_at),
        failed_at=shown(one.failed_at),
        error=one.error or "",
    )

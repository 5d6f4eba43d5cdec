"""Asks an outside address: within ten seconds in all, and no further than its status.

INVARIANT: an address that drips or floods costs neither time nor memory: its connection is cut when
the time is over, whatever it is about to say, and no body is read.
"""

from __future__ import annotations

from handraise.channels.cutting import Cut
from handraise.errors import FailedError

TIMEOUT_S = 10.0


def ask(url: str, timeout_s: float = TIMEOUT_S) -> int:
    """Return the status of what an address answers; where it leads elsewhere is not followed.

    Args:
        url: the address.
        timeout_s: how long all of it may take, from connecting to the status.

    Raises:
        FailedError: it did not answer in time; says of what kind the failure was.
    """
    import httpx  # few processes have an outside address, and all of them begin

    with Cut(timeout_s) as cut:
        try:
            with (
                httpx.Client(timeout=timeout_s, follow_redirects=False) as client,
                client.stream("GET", url, extensions={"trace": cut.trace}) as answer,
            ):
                return answer.status_code
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            what = "it took too long" if cut.is_over else type(error).__name__
            raise FailedError(what) from None

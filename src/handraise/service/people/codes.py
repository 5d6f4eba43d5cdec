"""One-time codes that verify a contact: typed by hand, or in the link of the message.

INVARIANT: a code stands nowhere but in the message as it goes out. It is worked out from the
operation's secret and the message's id when the message is sent; the store has only its hash.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from handraise.model import Message
from handraise.service.secrets import Signer, secret_hash

CODE_PLACE = "[code filled in when sent]"
"""What stands for the code in a message that waits."""

PURPOSE = "contact code"
LENGTH = 12
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's: no letter of it is taken for a digit."""

_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1"})


def contact_code(signer: Signer, message_id: str) -> str:
    """Return the code that a message carries: 60 bits, as `K7QF-2MXD-9TRW`."""
    return _spelled(signer.token(PURPOSE, message_id))


def _spelled(token: str) -> str:
    number = int(token, 16)
    letters = "".join(ALPHABET[number >> 5 * place & 31] for place in range(LENGTH))
    return "-".join(letters[place : place + 4] for place in range(0, LENGTH, 4))


def code_hash(code: str) -> str:
    """Return what is kept of a code as somebody typed it, in capitals or not, with any spaces."""
    return secret_hash("".join(one for one in code.upper().translate(_READ_AS) if one in ALPHABET))


def with_code(message: Message, signer: Signer, is_kept: Callable[[str], bool]) -> Message:
    """Return a message as it goes out: with its code, where it has a place for one.

    Args:
        message: any message.
        signer: of the operation.
        is_kept: whether a hash is that of a code somebody may use: it tells which of the
            operation's secrets the code was made with, where there are several.
    """
    if CODE_PLACE not in message.body:
        return message
    made = [_spelled(token) for token in signer.tokens(PURPOSE, message.id)]
    code = next((one for one in made if is_kept(code_hash(one))), made[0])
    return msgspec.structs.replace(message, body=message.body.replace(CODE_PLACE, code))

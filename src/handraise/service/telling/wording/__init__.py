"""What people are told: notices, bundles and alarms as subject and body, in plain words.

A message carries the reasons and the proposal, which the person needs, and where to decide; the
customer's own words and the agent's context stay on the page behind sign-in.
INVARIANT: no text of an agent or a customer begins a line or a header of its own, hides or turns
round what stands beside it.

    texts.py    lines, names, instants           questions.py  what is asked, in one line
    notices.py  what a move means for a person   standing.py   who else is asked, until when
    bundles.py  several messages in one          alarms.py     what is wrong with the operation
"""

from handraise.service.telling.wording.alarms import alarm
from handraise.service.telling.wording.notices import messages_for
from handraise.service.telling.wording.questions import question
from handraise.service.telling.wording.texts import MAX_SUBJECT, fresh_id, local, one_line, visible

__all__ = [
    "MAX_SUBJECT",
    "alarm",
    "fresh_id",
    "local",
    "messages_for",
    "one_line",
    "question",
    "visible",
]

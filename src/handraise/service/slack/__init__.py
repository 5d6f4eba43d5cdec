"""Slack: questions as messages with buttons, answers as forms, and what became of them.

Everything that is answered goes through the desk, as on the pages. INVARIANT: no text of an agent,
a customer or a person is ever read by Slack as a link, a name or a call to all.

    blocks.py   what a message is made of, in Slack's limits   sending.py   takes messages there
    asking.py   the message for a question                     settling.py  takes its buttons away
    forms.py    the forms behind its buttons                   pressing.py  what somebody pressed
    payloads.py what Slack sends                               app.py       all of it together
"""

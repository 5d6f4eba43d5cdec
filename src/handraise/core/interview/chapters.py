"""The chapters of the workbook, in the order in which a team talks about them.

Only words stand here. What follows from an answer is worked out in `plan`, `points` and `writing`.
"""

from __future__ import annotations

from handraise.core.interview.questions import YES_NO, Chapter, Group, Question

AGENT = Chapter(
    id="agent",
    title="The agent",
    lead="What it is there for. These words stand at the head of the table.",
    before=(
        Question(
            key="name",
            ask="What do you call the agent?",
            why="The name stands on every message that a person gets from it.",
            example="invoice assistant",
            is_needed=True,
            is_short=True,
        ),
        Question(
            key="purpose",
            ask="What does it do, in one sentence?",
            why="Whoever is asked in its name should see at once what it is about.",
            example="approves suppliers' invoices that match an order",
            is_short=True,
        ),
        Question(
            key="whom",
            ask="For whom does it do that?",
            why="Who is hurt by a mistake decides how much care it needs.",
            example="our 40 branches, and the suppliers who wait for their money",
        ),
    ),
)

REQUESTS = Chapter(
    id="requests",
    title="What reaches it",
    lead="The kinds of request that it was made for. Everything else is new to it.",
    before=(
        Question(
            key="types",
            ask="Which kinds of request does it know?",
            why="Whatever is none of these is new to the agent, and a person looks at it first. Use"
            " the names that the agent itself uses.",
            example="invoice with order, invoice without order, credit note",
            kind="lines",
            unknown="every request is new, and goes to a person",
            is_short=True,
        ),
    ),
)

ACTIONS = Chapter(
    id="actions",
    title="What it may do",
    lead="Everything it may do, what can go wrong, and how bad that would be.",
    before=(
        Question(
            key="levels",
            ask="How bad can a mistake be? Name your own levels, the least bad one first.",
            why="Your own words for it are those that your people read when they are asked.",
            example="a nuisance, costs money, costs a supplier",
            kind="lines",
            unknown="the levels are low, high and critical",
        ),
        Question(
            key="unit",
            ask="In which currency do you count the money that moves?",
            why="So that an amount is never read as another one.",
            example="EUR",
            unknown="amounts are numbers without a unit",
        ),
    ),
    group=Group(
        one="action",
        more="Is there anything else that it may do?",
        questions=(
            Question(
                key="name",
                ask="What may it do?",
                why="What stands on no list it may not do alone: it always stops.",
                example="approve an invoice",
                is_short=True,
            ),
            Question(
                key="wrong",
                ask="What happens if it does that wrongly?",
                why="Your reason stands beside the rule, for whoever wants to change it later.",
                example="we pay for goods that never came, and hardly get the money back",
                kind="long",
            ),
            Question(
                key="severity",
                ask="How bad is that?",
                why="From a certain level on a human decides, whatever the amount.",
                kind="level",
                unknown="it counts as the worst level",
                is_short=True,
            ),
            Question(
                key="undo",
                ask="Can it be undone?",
                why="What cannot be undone needs a human before, not after.",
                kind="choice",
                choices=(
                    ("yes", "yes, easily"),
                    ("with effort", "with effort"),
                    ("no", "no"),
                ),
            ),
            Question(
                key="money",
                ask="Does money move when it does that, or is it given up (a fee, a credit, a"
                " discount)?",
                why="Then an amount can be named from which on a human decides. What is not charged"
                " is lost like what is paid.",
                example="yes: it waives a fee of 40",
                kind="choice",
                choices=YES_NO,
                unknown="a human decides about each",
                is_short=True,
            ),
            Question(
                key="field",
                ask="What is the amount called in what the agent fills in?",
                why="The amount is read from what would really be done, not from what the agent"
                " says about it. Whoever builds the agent knows the name.",
                example="amount",
                kind="field",
                unknown="a human decides about each",
                unless=("money", "no"),
                is_short=True,
            ),
            Question(
                key="limit",
                ask="Up to which amount may it do that alone?",
                why="Above it a human decides, however sure the agent is.",
                example="1500",
                kind="amount",
                unknown="a human decides about every amount",
                unless=("money", "no"),
                is_short=True,
            ),
        ),
    ),
)

PEOPLE = Chapter(
    id="people",
    title="The people",
    lead="Everybody who decides when the agent stops, the last resort too. By name: nothing is ever"
    " sent to a department.",
    group=Group(
        one="person",
        more="Is there anybody else?",
        questions=(
            Question(
                key="name",
                ask="Who is it (full name)?",
                why="Every stop ends with a named human.",
                example="Dana Reyes",
                is_needed=True,
                is_short=True,
            ),
            Question(
                key="contact",
                ask="How are they reached?",
                why="A mail address. For a chat or a phone an engineer sets a variable of the"
                " server, and ${ITS_NAME} stands here.",
                example="dana@example.com",
                kind="contact",
                unknown="nothing goes live",
                is_short=True,
            ),
            Question(
                key="hours",
                ask="When are they there to decide?",
                why="Outside these hours the next one is asked at once, instead of waiting.",
                example="Mon-Fri 09:00-17:00",
                kind="hours",
                unknown="they count as always there, and time is lost when they are not",
            ),
            Question(
                key="zone",
                ask="In which time zone is that?",
                why="Nine o'clock is not the same moment everywhere.",
                example="Europe/Lisbon",
                kind="zone",
                unknown="hours are read as UTC",
                unless=("hours", "always"),
            ),
            Question(
                key="capacity",
                ask="How many such decisions can they take a day, beside their work?",
                why="Past it the next one is asked. Who is asked too often nods everything"
                " through.",
                example="15",
                kind="count",
                unknown="they have no limit",
            ),
            Question(
                key="knows",
                ask="Do they know that they are on this list?",
                why="Nothing goes live before each of them has accepted.",
                kind="choice",
                choices=YES_NO,
            ),
            Question(
                key="time",
                ask="Do they have the time for it?",
                why="A duty that nobody made room for is not kept.",
                kind="choice",
                choices=YES_NO,
            ),
        ),
    ),
)

ROLES = Chapter(
    id="roles",
    title="Who decides",
    lead="The roles that a stop can go to, with their people in the order in which they are asked.",
    group=Group(
        one="role",
        more="Is there another role that decides?",
        questions=(
            Question(
                key="name",
                ask="What is the role called?",
                why="A rule leads to a role; who fills it may change.",
                example="finance lead",
                is_short=True,
            ),
            Question(
                key="people",
                ask="Who fills it, first to last?",
                why="The next one is asked when the first one is away, full, or does not answer.",
                example="Ines Duarte, Marc Oyelaran",
                kind="persons",
                unknown="the last resort is asked",
                is_short=True,
            ),
            Question(
                key="acknowledge",
                ask="How soon must somebody have taken it?",
                why='When nobody says "I have it" by then, the next one is asked.',
                example="30m",
                kind="duration",
                unknown="it is 30 minutes",
            ),
            Question(
                key="decide",
                ask="How soon must it be decided?",
                why="How long can whoever waits for it wait?",
                example="4h",
                kind="duration",
                unknown="it is 8 hours",
            ),
            Question(
                key="needs",
                ask="Is one of them enough, or must two agree?",
                why="Four eyes: two people agree, each for themselves.",
                kind="choice",
                choices=(("1", "one is enough"), ("2", "two must agree")),
                unknown="one is enough",
            ),
            Question(
                key="context",
                ask="What must they see to be able to decide?",
                why="Whoever builds the agent has it sent along. Who must look it up first is slow,"
                " or guesses.",
                example="the invoice, the order, the supplier's last six invoices",
                kind="long",
            ),
            Question(
                key="expected",
                ask="How many of these do you expect a day?",
                why="So that it can be held against what your people can take.",
                example="12",
                kind="count",
            ),
        ),
    ),
)

STOPS = Chapter(
    id="stops",
    title="When it stops",
    lead="There are three reasons to stop: it is not sure enough, too much is at stake, or it has"
    " never seen such a thing.",
    before=(
        Question(
            key="threshold",
            ask="How sure must it be to go on alone?",
            why="Below it a human decides. A guess is a weak answer here: handraise calibrate finds"
            " it from decisions of the past.",
            example="85%",
            kind="share",
            unknown="it does nothing alone; handraise calibrate can find it",
            is_short=True,
        ),
        Question(
            key="unsure",
            ask="Who decides when it is not sure enough?",
            why="Somebody who knows the daily business.",
            kind="role",
            unknown="the last resort is asked",
            is_short=True,
        ),
        Question(
            key="money",
            ask="Who decides when more money moves than it may move alone?",
            why="Somebody who may sign for that much.",
            kind="role",
            unknown="the last resort is asked",
            is_short=True,
        ),
        Question(
            key="severe_from",
            ask="From which level on does a human always decide?",
            why="Whatever is rated so badly is never done alone, however small and sure.",
            kind="level",
            unknown="a human always decides",
        ),
        Question(
            key="severe",
            ask="Who decides that?",
            why="Somebody who bears the consequences.",
            kind="role",
            unknown="the last resort is asked",
        ),
        Question(
            key="new",
            ask="Who decides what it has never seen before?",
            why="Somebody who can tell whether it should learn it.",
            kind="role",
            unknown="the last resort is asked",
            is_short=True,
        ),
    ),
)

SILENCE = Chapter(
    id="silence",
    title="When nobody answers",
    lead="What happens when people are away or the agent itself falls silent.",
    before=(
        Question(
            key="owner",
            ask="Who is the last resort?",
            why="Whatever nobody else takes ends here, and so does every alarm. Best somebody who"
            " has no other part in this.",
            kind="person",
            is_needed=True,
            is_short=True,
        ),
        Question(
            key="unanswered",
            ask="And if even they do not answer?",
            why="Going ahead is not among the choices.",
            kind="choice",
            choices=(
                ("hold", "it stays stopped, and they are reminded"),
                ("reject", "it counts as refused"),
            ),
            unknown="it stays stopped, and they are reminded",
        ),
        Question(
            key="silent_after",
            ask="After how long without a sign of life is the agent stuck?",
            why="A matter that it has begun and never ends must come to somebody.",
            example="10m",
            kind="duration",
            unknown="it is 10 minutes",
        ),
        Question(
            key="checks",
            ask="Who looks at a sample of what it has done alone?",
            why="What it does wrongly and surely never stops; only a sample shows it.",
            kind="person",
        ),
        Question(
            key="one_in",
            ask="One in how many?",
            why="Often at first; more rarely once it has proved itself.",
            example="50",
            kind="count",
        ),
    ),
)

CHAPTERS = (AGENT, REQUESTS, ACTIONS, PEOPLE, ROLES, STOPS, SILENCE)
BY_ID = {chapter.id: chapter for chapter in CHAPTERS}

"""`Store`: every verb on one object.

The verbs are functions of the modules beside this one, by noun, which take the opened store first;
here they become its methods. Each is one transaction, or one read, and safe from any thread.

    tables      registry.py       decisions    decisions.py     escalations  escalations.py
    inbox       inbox.py          events       journal.py       messages     outbox.py
    lines       lines.py          search       search.py         concerned    concerned.py
    access      access.py         work         works.py         leases       leases.py
    people      people.py         contacts     contacts.py      drills       drills.py
    calendars   calendars.py      record       proof.py, sealing.py, erasing.py
    rehearsals  rehearsals.py
    situations  situations.py     promises     promises.py      audits       audits.py, looks.py
    tallies     tallies.py        monitors     monitors.py      figures      figures.py
    identities  identities.py     attempts     attempts.py
    readings    readings.py       totals       totals.py        waiting      undelivered.py
    spans       spans.py
    push        push.py          walls        walls.py
    lookers     lookers.py        alike        similar.py        slack        slack.py
"""

from __future__ import annotations

from handraise.store import (
    access,
    alarms,
    attempts,
    batches,
    calendars,
    concerned,
    contacts,
    decisions,
    drills,
    erasing,
    figures,
    inbox,
    journal,
    leases,
    lines,
    lookers,
    looks,
    monitors,
    outbox,
    outcomes,
    passkeys,
    people,
    presences,
    promises,
    push,
    readings,
    registry,
    sealing,
    silences,
    similar,
    situations,
    slack,
    spans,
    tallies,
    totals,
    undelivered,
    upkeep,
    works,
)
from handraise.store import advice as advising
from handraise.store import audits as auditing
from handraise.store import escalations as escalating
from handraise.store import identities as identifying
from handraise.store import proof as proofs
from handraise.store import rehearsals as rehearsing
from handraise.store import search as searching
from handraise.store import walls as walling
from handraise.store.database import Database, place_of


class Store(Database):
    """An opened store; `open_store` makes one."""

    register_table = registry.register_table
    table_version = registry.table_version
    newest_table = registry.newest_table
    newest_tables = registry.newest_tables
    save_ready = registry.save_ready
    sign_ready = registry.sign_ready
    end_ready = registry.end_ready
    ready_and_said = registry.ready_and_said
    ready_record = registry.ready_record
    newest_ready = registry.newest_ready
    newest_ready_records = registry.newest_ready_records
    ready_versions = registry.ready_versions
    ready_is_damaged = registry.ready_is_damaged
    signed_versions = registry.signed_versions
    table_versions_of = registry.table_versions_of
    save_promise = promises.save_promise
    promise_of = promises.promise_of
    take_up = tallies.take_up
    tallies_between = tallies.tallies_between
    by_hour = tallies.by_hour
    tallied = tallies.tallied
    first_hour = tallies.first_hour
    forget_tallies = tallies.forget_tallies
    monitored_versions = monitors.monitored_versions
    monitors = monitors.monitors

    record_decisions = decisions.record_decisions
    decision_by_key = decisions.decision_by_key
    decision_by_id = decisions.decision_by_id
    recent_decisions = decisions.recent_decisions
    stated = decisions.stated
    counts = decisions.counts

    audits = auditing.audits
    audit = auditing.audit
    ask_audit = auditing.ask_audit
    leave_out_audits = auditing.leave_out_audits
    choose = auditing.choose
    answer_audit = auditing.answer_audit
    settle_audit = auditing.settle_audit
    audited = auditing.audited
    alone = auditing.alone
    audits_in_hand = looks.audits_in_hand
    audits_waiting = looks.audits_waiting
    audits_put = looks.audits_put
    draws = looks.draws
    left_out = looks.left_out
    first_draw = looks.first_draw
    carried_audits = looks.carried_audits
    carry_audits = looks.carry_audits
    audits_mark = looks.audits_mark
    choosers = looks.choosers
    deciders = looks.deciders

    create_escalation = escalating.create_escalation
    escalation = escalating.escalation
    escalations = escalating.escalations
    held_before = escalating.held_before
    open_identical = escalating.open_identical
    change = escalating.change
    change_many = batches.change_many
    kinds_of = batches.kinds_of
    holdings = batches.holdings
    due_escalations = escalating.due_escalations

    waiting_lines = lines.waiting_lines
    ended_lines = lines.ended_lines
    count_waiting = lines.count_waiting
    marks_waiting = lines.marks_waiting
    lines_of_escalations = lines.lines_of_escalations
    search = searching.search
    concerned_since = concerned.concerned_since
    asks = inbox.asks
    open_load = inbox.open_load

    events = journal.events
    add_event = journal.add_event
    latest_event_seq = journal.latest_event_seq
    latest_event_at = journal.latest_event_at
    seal_decisions = sealing.seal_decisions
    seal_is_broken = sealing.seal_is_broken
    is_erased = sealing.is_erased
    proof = proofs.proof
    changed_outside = proofs.changed_outside
    show_events = proofs.show
    kept_details = proofs.kept_details
    last_checkpoint = proofs.last_checkpoint
    ends_of_days = proofs.ends_of_days
    add_checkpoint = proofs.add_checkpoint
    to_erase = erasing.to_erase
    erase = erasing.erase

    add_wall = walling.add_wall
    walls = walling.walls
    live_wall = walling.live_wall
    end_wall = walling.end_wall

    add_messages = outbox.add_messages
    claim_messages = outbox.claim_messages
    message_sent = outbox.message_sent
    message_failed = outbox.message_failed
    give_back = outbox.give_back
    renew_claim = outbox.renew_claim
    free_claims = outbox.free_claims
    hasten = outbox.hasten
    steps_of = outbox.steps_of
    messages = outbox.messages
    given_up = undelivered.given_up
    oldest_pending = undelivered.oldest_pending
    unheard_alarm = undelivered.unheard_alarm

    add_slack_post = slack.add_slack_post
    slack_posts = slack.slack_posts
    slack_posts_to_settle = slack.slack_posts_to_settle
    settle_slack_posts = slack.settle_slack_posts

    add_agent_key = access.add_agent_key
    agent_key = access.agent_key
    agent_keys = access.agent_keys
    revoke_agent_key = access.revoke_agent_key
    agent_key_used = access.agent_key_used
    add_sign_in_token = access.add_sign_in_token
    peek_sign_in_token = access.peek_sign_in_token
    use_sign_in_token = access.use_sign_in_token
    recent_sign_in_tokens = access.recent_sign_in_tokens
    add_session = access.add_session
    session = access.session
    end_session = access.end_session
    session_seen = access.session_seen
    sessions_of = access.sessions_of
    end_sessions = access.end_sessions
    end_other_sessions = access.end_other_sessions
    sign_out = access.sign_out
    identity = identifying.identity
    identities = identifying.identities
    pin_identity = identifying.pin_identity
    identity_used = identifying.identity_used
    end_identities = identifying.end_identities
    count_attempt = attempts.count_attempt
    count_attempts = attempts.count_attempts
    forget_attempts = attempts.forget_attempts
    add_passkey = passkeys.add_passkey
    passkey = passkeys.passkey
    rename_passkey = passkeys.rename_passkey
    end_passkey = passkeys.end_passkey
    add_challenge = passkeys.add_challenge
    is_live = passkeys.is_live
    take_signed = passkeys.take_signed
    forget_challenges = passkeys.forget_challenges
    passkeys = passkeys.passkeys
    use_grant = access.use_grant
    used_grant = access.used_grant

    set_absence = people.set_absence
    end_absences = people.end_absences
    absences = people.absences
    deactivate = people.deactivate
    activate = people.activate
    departures = people.departures
    ask_duty = people.ask_duty
    ask_duties = people.ask_duties
    answer_duty = people.answer_duty
    duties = people.duties
    standings = people.standings

    contact_records = contacts.contact_records
    contact_asked = contacts.contact_asked
    times_asked = contacts.times_asked
    contact_of_code = contacts.contact_of_code
    verify_contact = contacts.verify_contact
    contact_failed = contacts.contact_failed
    contact_works = contacts.contact_works
    save_contact_plan = contacts.save_contact_plan
    drop_contact_plan = contacts.drop_contact_plan
    contact_plans = contacts.contact_plans

    add_push = push.add_push
    pushes = push.pushes
    one_push = push.one_push
    push_took = push.push_took
    push_failed = push.push_failed
    end_push = push.end_push
    people_with_push = push.people_with_push

    save_calendar = calendars.save_calendar
    calendar_records = calendars.calendar_records
    add_drill = drills.add_drill
    change_drill = drills.change_drill
    drills = drills.drills

    begin_rehearsal = rehearsing.begin_rehearsal
    rehearsal = rehearsing.rehearsal
    rehearsals = rehearsing.rehearsals
    rehearsal_asks = rehearsing.rehearsal_asks
    see_rehearsal_ask = rehearsing.see_rehearsal_ask
    answer_rehearsal_ask = rehearsing.answer_rehearsal_ask
    remind_rehearsal = rehearsing.remind_rehearsal
    end_rehearsal = rehearsing.end_rehearsal

    new_situations = situations.new_situations
    named_situations = situations.named_situations
    said_situations = situations.said_situations
    situations_of = situations.situations_of
    say_situation = situations.say_situation
    familiarity_over_time = situations.familiarity_over_time
    unusual_stops = situations.unusual_stops

    note_looker = lookers.note_looker
    lookers = lookers.lookers
    decided_alike = similar.decided_alike

    note_reading = readings.note_reading
    readings_of = readings.readings_of
    answers_since = figures.answers_since
    answer_counts = figures.answer_counts
    words_to_read = figures.words_to_read
    open_by_route = figures.open_by_route
    oldest_open = figures.oldest_open
    drained = figures.drained
    missed_deadlines = figures.missed_deadlines

    flow = spans.flow
    flow_and_standing = spans.flow_and_standing
    first_asked = spans.first_asked
    tallied_by_hour = tallies.tallied_by_hour

    decided = totals.decided
    waits = totals.waits
    happened = totals.happened
    ended = totals.ended
    unsent = totals.unsent

    tell_outcomes = outcomes.tell_outcomes
    outcome_of = outcomes.outcome_of
    outcomes_of = outcomes.outcomes_of
    decisions_by_id = outcomes.decisions_by_id
    decisions_by_key = outcomes.decisions_by_key
    outcomes_alone = outcomes.outcomes_alone

    advice = advising.advice
    one_advice = advising.one_advice
    keep_advice = advising.keep_advice
    settle_advice = advising.settle_advice
    lone_stops = advising.lone_stops

    start_work = works.start_work
    work = works.work
    beat_work = works.beat_work
    end_work = works.end_work
    overdue_work = works.overdue_work
    stall_work = works.stall_work
    fail_work = works.fail_work

    change_alarms = alarms.change_alarms
    mend_alarms = alarms.mend_alarms
    alarm = alarms.alarm
    alarms = alarms.alarms

    acquire_lease = leases.acquire_lease
    release_lease = leases.release_lease
    is_leased = leases.is_leased
    heartbeat = leases.heartbeat
    end_heartbeat = leases.end_heartbeat
    last_heartbeat = leases.last_heartbeat
    tell_address = leases.tell_address
    told_address = leases.told_address
    note_presence = presences.note_presence
    presence = presences.presence
    repetitions = silences.repetitions
    waiting_queues = silences.waiting_queues
    is_drained_since = silences.is_drained_since
    told_since = silences.told_since
    alarms_told_since = silences.alarms_told_since
    pulse_of = silences.pulse_of
    keep_pulse = silences.keep_pulse
    forget_presences = presences.forget_presences
    presences = presences.presences
    size_bytes = upkeep.size_bytes
    ping = upkeep.ping
    schema_revision = upkeep.schema_revision


def open_store(url: str, *, migrate: bool = False) -> Store:
    """Open the store at `sqlite:///path` or `postgresql://…`, whose schema must be this release's.

    Args:
        url: where.
        migrate: bring the schema up to date first, and make the SQLite file if there is none.

    Raises:
        SettingsError: the URL is of neither kind, or PostgreSQL's driver is not installed.
        SchemaError: the schema is older or newer than this release: migrate, or update.
        StoreUnavailableError: the database cannot be reached; try again.
    """
    if migrate:
        upkeep.migrate(url)
    store = Store(place_of(url))
    try:
        upkeep.check_schema(store)
    except BaseException:
        store.close()
        raise
    return store

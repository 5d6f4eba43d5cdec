"""Two operations that answer every question, and what several tests of the workbook need."""

from collections.abc import Mapping

from handraise.core.interview.taking import taken
from handraise.core.interview.workbook import Workbook, answered, steps, with_item
from handraise.core.interview.writing import table_of
from handraise.core.table.read import read
from handraise.core.table.types import Table

WHOLESALER = {
    "agent.name": "invoice assistant",
    "agent.purpose": "approves suppliers' invoices that match an order",
    "agent.whom": "our 40 branches",
    "requests.types": "invoice with order\ninvoice without order\ncredit note",
    "actions.levels": "a nuisance\ncosts money\ncosts a supplier",
    "actions.unit": "EUR",
    "actions.1.name": "approve an invoice",
    "actions.1.wrong": "we pay for goods that never came",
    "actions.1.severity": "costs money",
    "actions.1.undo": "with effort",
    "actions.1.money": "yes",
    "actions.1.field": "amount",
    "actions.1.limit": "1500",
    "actions.2.name": "send a question back",
    "actions.2.wrong": "the supplier is annoyed",
    "actions.2.severity": "a nuisance",
    "actions.2.undo": "yes",
    "actions.2.money": "no",
    "actions.3.name": "block a supplier",
    "actions.3.wrong": "the branches run out of milk",
    "actions.3.severity": "costs a supplier",
    "actions.3.undo": "with effort",
    "actions.3.money": "no",
    "people.1.name": "Jörg Weiß",
    "people.1.contact": "joerg@example.com",
    "people.1.hours": "always",
    "people.1.capacity": "40",
    "people.1.knows": "yes",
    "people.1.time": "yes",
    "people.2.name": "Ana Silva",
    "people.2.contact": "ana@example.com",
    "people.2.hours": "Mon-Fri 08:00-17:00",
    "people.2.zone": "Europe/Lisbon",
    "people.2.capacity": "10",
    "people.2.knows": "yes",
    "people.2.time": "yes",
    "people.3.name": "Priya Raman",
    "people.3.contact": "priya@example.com",
    "people.3.hours": "always",
    "people.3.capacity": "5",
    "people.3.knows": "yes",
    "people.3.time": "yes",
    "roles.1.name": "accounts payable",
    "roles.1.people": "Jörg Weiß\nAna Silva",
    "roles.1.acknowledge": "30m",
    "roles.1.decide": "4h",
    "roles.1.needs": "1",
    "roles.1.context": "the invoice and the order",
    "roles.1.expected": "12",
    "stops.threshold": "85%",
    "stops.unsure": "accounts payable",
    "stops.money": "accounts payable",
    "stops.severe_from": "costs a supplier",
    "stops.severe": "accounts payable",
    "stops.new": "accounts payable",
    "silence.owner": "Priya Raman",
    "silence.unanswered": "hold",
    "silence.silent_after": "10m",
    "silence.checks": "Priya Raman",
    "silence.one_in": "50",
}
"""A wholesaler that has thought of everything: nothing is open, nothing contradicts itself."""


def workbook(answers: Mapping[str, str]) -> Workbook:
    """Return the workbook of somebody who gave these answers, in this order."""
    book = Workbook()
    for path, text in answers.items():
        group, _, rest = path.partition(".")
        if rest.endswith(".name") and int(rest.split(".")[0]) > book.count(group):
            book = with_item(book, group)
        question = next(step.question for step in steps(book) if step.path == path)
        book = answered(book, path, taken(question, text, book, path))
    return book


def wholesaler(**changes: str) -> Workbook:
    """Return the wholesaler's workbook with some answers changed; `_` stands for the dots."""
    book = workbook(WHOLESALER)
    for name, text in changes.items():
        book = answered(book, name.replace("__", "."), text)
    return book


def table(book: Workbook) -> Table:
    """Return the table of a workbook, which must read without an error."""
    reading = read(table_of(book))
    assert [one.line_text() for one in reading.errors] == []
    assert reading.table is not None
    return reading.table

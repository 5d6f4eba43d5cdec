"""The small expression language of `when` and `from`, in one place to import from.

`nodes` is the tree, `parsing` reads it from text, `wording` writes it as text; `core.gate`
compiles it to Python.
"""

from handraise.core.table.nodes import (
    MAX_MAGNITUDE,
    AnyNode,
    Arithmetic,
    Call,
    Comparison,
    Field,
    Logic,
    Membership,
    Name,
    Negative,
    Node,
    Not,
    Number,
    Rank,
    Text,
    Truth,
    ValueType,
    children,
    fields_read,
    names_read,
)
from handraise.core.table.parsing import (
    BUILT_IN,
    MAX_DEPTH,
    MAX_LENGTH,
    MAX_NODES,
    ExpressionProblem,
    Scope,
    nearest,
    parse,
)
from handraise.core.table.wording import as_sentence, as_source, number_text

__all__ = [
    "BUILT_IN",
    "MAX_DEPTH",
    "MAX_LENGTH",
    "MAX_MAGNITUDE",
    "MAX_NODES",
    "AnyNode",
    "Arithmetic",
    "Call",
    "Comparison",
    "ExpressionProblem",
    "Field",
    "Logic",
    "Membership",
    "Name",
    "Negative",
    "Node",
    "Not",
    "Number",
    "Rank",
    "Scope",
    "Text",
    "Truth",
    "ValueType",
    "as_sentence",
    "as_source",
    "children",
    "fields_read",
    "names_read",
    "nearest",
    "number_text",
    "parse",
]

"""What of an expression is worth working out once, and what may fail, before it is compiled."""

from __future__ import annotations

from collections.abc import Iterator

from handraise.core.table.expression import Arithmetic, Call, Comparison, Name, Node, children


def has_arithmetic(node: Node) -> bool:
    """Whether an expression works something out, which may leave the real line."""
    return isinstance(node, Arithmetic) or any(has_arithmetic(child) for child in children(node))


def size_of(node: Node) -> str:
    """Return the name of which a node is the size, `abs(revenue_usd)`; empty for other nodes."""
    match node:
        case Call("abs", (Name(id, _),)):
            return id
        case _:
            return ""


def sizes_compared(node: Node | None) -> Iterator[str]:
    """Yield a name each time an expression holds its size against something."""
    if isinstance(node, Comparison):
        yield from filter(None, map(size_of, node.operands))
    for child in children(node) if node is not None else ():
        yield from sizes_compared(child)

"""What each field means, read off the docstrings that stand below the attributes."""

import ast
import inspect
import sys
from functools import cache

from pydantic import BaseModel


def meaning(model: type[BaseModel], field: str) -> str:
    """The docstring below a field; empty where there is none.

    >>> from wholetrial.protocol.design import Arm
    >>> meaning(Arm, "n")
    'How many participants are planned.'
    """
    return _meanings(model.__module__).get((model.__name__, field), "")


@cache
def _meanings(module: str) -> dict[tuple[str, str], str]:
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    found = {}
    for one in classes:
        for before, after in zip(one.body, one.body[1:], strict=False):
            text = _text(after)
            if text and isinstance(before, ast.AnnAssign) and isinstance(before.target, ast.Name):
                found[one.name, before.target.id] = inspect.cleandoc(text)
    return found


def _text(node: ast.stmt) -> str | None:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return node.value.value if isinstance(node.value.value, str) else None
    return None

"""Larger and smaller of several columns, row by row: each engine has its own name for it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class _Larger(FunctionElement[Any]):
    inherit_cache = True


class _Smaller(FunctionElement[Any]):
    inherit_cache = True


@compiles(_Larger)
def _larger(element: _Larger, compiler: SQLCompiler, **told: Any) -> str:
    name = "max" if compiler.dialect.name == "sqlite" else "greatest"
    return f"{name}({compiler.process(element.clauses, **told)})"


@compiles(_Smaller)
def _smaller(element: _Smaller, compiler: SQLCompiler, **told: Any) -> str:
    name = "min" if compiler.dialect.name == "sqlite" else "least"
    return f"{name}({compiler.process(element.clauses, **told)})"


def larger(first: ColumnElement[Any], *others: Any) -> ColumnElement[Any]:
    """Make the largest of some values that are not empty; of the first one's type."""
    made = _Larger(first, *others)
    made.type = first.type
    return made


def smaller(first: ColumnElement[Any], *others: Any) -> ColumnElement[Any]:
    """Make the smallest of some values that are not empty; of the first one's type."""
    made = _Smaller(first, *others)
    made.type = first.type
    return made

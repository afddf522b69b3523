"""Ids as their sixteen bytes, on both databases.

They sort as the ids do. To make a `UUID` of each row that a page passes over, and to
compare these, would be half of what the page costs.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction


class packed(GenericFunction[bytes]):  # noqa: N801 - as SQL functions are written
    """The bytes of an id, as the driver gives them."""

    type = sa.types.NullType()  # type: ignore[assignment]  # it converts nothing
    inherit_cache = True


@compiles(packed, "sqlite")
def _on_sqlite(element: packed, compiler: SQLCompiler, **options: Any) -> str:
    # There an id is kept as its bytes.
    return compiler.process(element.clauses, **options)


@compiles(packed, "postgresql")
def _on_postgresql(element: packed, compiler: SQLCompiler, **options: Any) -> str:
    return f"uuid_send({compiler.process(element.clauses, **options)})"

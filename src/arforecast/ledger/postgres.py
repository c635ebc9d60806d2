"""A ledger in PostgreSQL is read there and never written, whatever its views do and whatever the role may do."""

from __future__ import annotations

import re
from typing import Any

import ibis
from psycopg import Cursor

from arforecast.errors import SourceError
from arforecast.ledger.tables import BY_NAME

# What Ibis says to make or to drop the temporary tables in which it keeps what is asked more than once.
_MAKES = re.compile(r'CREATE TEMPORARY TABLE "\w+" \(')
_DROPS = re.compile(r'DROP TABLE (IF EXISTS )?(?="\w+"$)')
_HIDDEN = """
SELECT relname FROM pg_class
WHERE relnamespace = current_schema()::regnamespace AND relname = ANY(%s) AND relkind IN ('r', 'v', 'm', 'p', 'f')
AND NOT has_any_column_privilege(oid, 'SELECT') ORDER BY relname
"""


class Reading(Cursor):  # type: ignore[misc]  # the driver is an extra, and may not be there
    """A cursor of transactions that read. They write for the moment in which a temporary table is made or dropped: so
    much PostgreSQL asks for it, and no row is read meanwhile, so that nothing of the ledger runs."""

    def execute(self, query: Any, *args: Any, **options: Any) -> Reading:
        if not isinstance(query, str) or not (_MAKES.match(query) or _DROPS.match(query)):
            return super().execute(query, *args, **options)
        super().execute("SET TRANSACTION READ WRITE")
        super().execute(_DROPS.sub(r"DROP TABLE \1pg_temp.", query), *args, **options)
        return super().execute("SET TRANSACTION READ ONLY")


def only_read(con: ibis.BaseBackend) -> ibis.BaseBackend:
    """The connection, which refuses every write but to temporary tables of its own. Raises SourceError where a table of
    the ledger is there that the role may not read: without it the figures would be others."""
    con.con.read_only = True
    con.con.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
    con.con.cursor_factory = Reading
    # Of a temporary table it has no statistics, takes it for small, and would compare every row with every other.
    con.con.execute("SET enable_nestloop = off")
    if hidden := [name for (name,) in con.con.execute(_HIDDEN, [list(BY_NAME)])]:
        tables = ", ".join(hidden)
        raise SourceError(f"The database holds {tables}, which this role may not read. GRANT SELECT ON {tables} to it.")
    return con

"""SQL that was compiled before is not compiled again: the tests open a thousand ledgers of the same few forms, and a
third of their time was Ibis writing down the same questions.

Two expressions are one where Ibis says so: the same tables, columns and operations. For that a table that is kept has
its place in the order of those of its connection as its name, in place of a random one. Kernels and commands in a
process of their own compile as they do anywhere.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import ibis
from ibis.backends.duckdb import Backend

MOST = 600
written: OrderedDict[Any, str] = OrderedDict()
compile_ = Backend.compile


def compiled(con: Backend, expr: ibis.Expr, /, **options: Any) -> str:
    """The SQL of a question; options of how it is written are those of another one."""
    key = (expr.op(), repr(options))
    if key not in written:
        written[key] = compile_(con, expr, **options)
        if len(written) > MOST:
            written.popitem(last=False)
    written.move_to_end(key)
    return written[key]


def kept(con: Backend, _random: str, rows: ibis.Table) -> ibis.Table:
    """The table that `rows.cache()` makes, of the types that it says."""
    con.tables_kept = nth = getattr(con, "tables_kept", 0) + 1
    table = con.create_table(f"kept_{nth}", schema=rows.schema(), temp=True)
    con._run_pre_execute_hooks(rows)
    con.con.execute(f'INSERT INTO temp.main."kept_{nth}" {con.compile(rows)}')
    return table


def once() -> None:
    Backend.compile, Backend._create_cached_table = compiled, kept

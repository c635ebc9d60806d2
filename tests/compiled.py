"""SQL that was compiled before is not compiled again: the tests open a thousand ledgers of the same few forms, and a
half of their time was Ibis writing down the same questions.

Two expressions are one where Ibis says so: the same tables, columns and operations. For that a table that is read or
kept is named by its columns and its place among those of its connection that have the same, in place of at random, and
rows that a question brings along are the same table whoever brings them. So the engine is not asked what such a table
consists of, either. What one worker has compiled the others read, and so does the next run: a file each, named by the
question and the versions of those who write it down. Kernels and commands in a process of their own compile as they do
anywhere. An engine has one thread, as the workers share the processors.
"""

from __future__ import annotations

import os
import pickle
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable
from contextlib import suppress
from functools import partialmethod
from hashlib import blake2b
from io import BytesIO
from pathlib import Path
from typing import Any

import ibis
import sqlglot
from ibis.backends.duckdb import Backend
from ibis.formats import TableProxy

MOST, MOST_FILES = 8000, 30_000
VERSIONS = (ibis.__version__, sqlglot.__version__)
written: OrderedDict[Hashable, Any] = OrderedDict()
compile_, memtable, read_csv = Backend.compile, ibis.memtable, Backend.read_csv
create_table, get_schema, do_connect = Backend.create_table, Backend.get_schema, Backend.do_connect


def remembered(key: Hashable, make: Callable[[], Any]) -> Any:
    """What was made before of a key; the oldest is forgotten."""
    if key not in written:
        written[key] = make()
        if len(written) > MOST:
            written.popitem(last=False)
    written.move_to_end(key)
    return written[key]


def compiled(con: Backend, cache: Path, expr: ibis.Expr, /, **options: Any) -> str:
    """The SQL of a question; options of how it is written are those of another one."""
    return str(remembered((expr.op(), repr(options)), lambda: shared(con, cache, expr, **options)))


def shared(con: Backend, cache: Path, expr: ibis.Expr, /, **options: Any) -> str:
    """The SQL of a question as another worker or an earlier run left it, or else left for them."""
    file = cache / digest((expr.op(), repr(options), VERSIONS))
    with suppress(FileNotFoundError):
        return file.read_bytes().decode("utf-8", "surrogatepass")
    sql = compile_(con, expr, **options)
    draft = file.with_suffix(f".{os.getpid()}")
    draft.write_bytes(sql.encode("utf-8", "surrogatepass"))
    draft.replace(file)
    return sql


class Questions(pickle.Pickler):
    """A question as bytes, the same in every process: which connection it is asked of is no part of it, rows that it
    brings along have a name of their own, and a set has an order."""

    def persistent_id(self, part: Any) -> object:
        if isinstance(part, frozenset):
            return sorted(map(repr, part))
        return "elsewhere" if isinstance(part, (Backend, TableProxy)) else None


def digest(question: Hashable) -> str:
    stream = BytesIO()
    Questions(stream).dump(question)
    return blake2b(stream.getvalue(), digest_size=16).hexdigest()


def brought(data: Any, /, **options: Any) -> ibis.Table:
    """The rows as a table, named by what they are; the same table as before where they are the same."""
    rows = pickle.dumps((data, repr(options)))
    name = f"ibis_pandas_memtable_{blake2b(rows, digest_size=16).hexdigest()}"
    return remembered(rows, lambda: memtable(data, **options).op().copy(name=name).to_expr())


def kept(con: Backend, random: str, rows: ibis.Table) -> ibis.Table:
    """The table that `rows.cache()` makes, of the types that it says."""
    table = made(con, random, schema=rows.schema(), temp=True)
    con._run_pre_execute_hooks(rows)
    con.con.execute(f'INSERT INTO temp.main."{table.op().name}" {con.compile(rows)}')
    return table


def made(con: Backend, name: str, /, *args: Any, **options: Any) -> ibis.Table:
    """A table that goes with its connection, by its columns and its place; the others keep their name."""
    if not options.get("temp"):
        return create_table(con, name, *args, **options)
    name = named(con, name.split("_")[1], options.get("schema") or args[0].schema())
    schema = ibis.schema(options.get("schema") or {})
    if args or schema.null_fields:
        return create_table(con, name, *args, **options)
    con.con.execute(remembered(("made", name), lambda: _definition(name, schema)))
    return con.table(name, database=("temp", "main"))


def _definition(name: str, schema: ibis.Schema) -> str:
    columns = ", ".join(column.sql("duckdb") for column in schema.to_sqlglot_column_defs("duckdb"))
    return f'CREATE TEMP TABLE "{name}" ({columns})'


def described(con: Backend, name: str, /, **place: Any) -> ibis.Schema:
    """The columns of a table; those of one that is named by them are known."""
    if name.rpartition("_")[0] not in getattr(con, "tables_named", ()):
        return get_schema(con, name, **place)
    return remembered(("described", name), lambda: get_schema(con, name, **place))


def read(con: Backend, paths: Any, /, **options: Any) -> ibis.Table:
    return read_csv(con, paths, **{"table_name": named(con, "read", options.get("columns"))} | options)


def connected(con: Backend, *args: Any, **config: Any) -> None:
    """With a thread for each worker: two that share the processors wait for each other longer than they help."""
    do_connect(con, *args, **{"threads": 1} | config)


def named(con: Backend, kind: str, columns: object) -> str:
    con.tables_named = places = getattr(con, "tables_named", Counter())
    kind = f"{kind}_{blake2b(repr(columns).encode(), digest_size=8).hexdigest()}"
    places[kind] += 1
    return f"{kind}_{places[kind]}"


def once(cache: Path) -> None:
    Backend.compile = partialmethod(compiled, cache)
    Backend._create_cached_table, Backend.read_csv = kept, read
    Backend.create_table, Backend.get_schema, Backend.do_connect = made, described, connected
    ibis.memtable = brought


def bounded(cache: Path) -> None:
    """The cache, begun anew where many changes of the source have filled it."""
    cache.mkdir(parents=True, exist_ok=True)
    files = list(cache.iterdir())
    for file in files if len(files) > MOST_FILES else ():
        file.unlink(missing_ok=True)

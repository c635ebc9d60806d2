"""Answers of a run: what one of its notebooks has asked of the checked copy of the books, the others read beside it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from hashlib import sha256
from typing import Concatenate, ParamSpec, Protocol, TypeVar

import pandas as pd
from filelock import FileLock

from arforecast import folders
from arforecast.errors import UsageError, WriteError
from arforecast.ledger.books import Books


class Asked(Protocol):
    """Books, and the day on which they are asked."""

    @property
    def books(self) -> Books: ...
    @property
    def day(self) -> object: ...


Of = TypeVar("Of", bound=Asked)
Given = ParamSpec("Given")


def once(
    ask: Callable[Concatenate[Of, Given], pd.DataFrame],
) -> Callable[Concatenate[Of, Given], pd.DataFrame]:
    """The question, computed once in a run for the same arguments: who asks meanwhile waits for the answer.

    Books that were read and checked by their own process answer each time anew.
    """

    @wraps(ask)
    def answered(of: Of, /, *given: Given.args, **named: Given.kwargs) -> pd.DataFrame:
        if of.books.copy is None:
            return ask(of, *given, **named)
        key = repr((ask.__name__, str(of.day), of.books.where, given, sorted(named.items())))
        file = of.books.copy / f"{sha256(key.encode()).hexdigest()}.feather"
        with FileLock(f"{file}.lock"):
            if not file.is_file():
                answer = ask(of, *given, **named)
                # Where there is no room for it, the next notebook computes it again.
                with suppress(WriteError, UsageError), folders.whole(file) as draft:
                    answer.to_feather(draft, compression="uncompressed")
                return answer
            return pd.read_feather(file)

    return answered

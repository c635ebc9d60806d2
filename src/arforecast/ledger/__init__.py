"""The ledger: what happened in billing and collections, each row with the day it was known."""

from arforecast.ledger import checked, source
from arforecast.ledger.books import Books
from arforecast.ledger.entities import GROUP, open_group
from arforecast.ledger.rates import devalued, valued, valued_at_close
from arforecast.ledger.reading import open_books

__all__ = ["GROUP", "Books", "checked", "devalued", "open_books", "open_group", "source", "valued", "valued_at_close"]

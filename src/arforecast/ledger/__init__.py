"""The ledger: what happened in billing and collections, each row with the day it was known."""

from arforecast.ledger.books import Books, open_books
from arforecast.ledger.entities import GROUP, open_group
from arforecast.ledger.rates import valued, valued_at_close

__all__ = ["GROUP", "Books", "open_books", "open_group", "valued", "valued_at_close"]

"""The ledger: what happened in billing and collections, each row with the day it was known."""

from arforecast.ledger.books import Books, open_books

__all__ = ["Books", "open_books"]

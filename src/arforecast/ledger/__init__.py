"""The ledger: what happened in billing and collections, each row with the day it was known."""

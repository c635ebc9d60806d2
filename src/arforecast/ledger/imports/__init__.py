"""Imports: exports of other systems become ledgers, as declared mappings say."""

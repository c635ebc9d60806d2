"""Runs: the notebooks of a day, executed side by side, become the pages of one folder, all of them or none."""

"""Receivables from the ledger: what is owed, how fast it is collected, what cash will come and when."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from arforecast.desk import Ledger, Snapshot, open_ledger
    from arforecast.report.notebook import style

__version__ = "0.2.0"
__all__ = ["open_ledger", "style", "Ledger", "Snapshot"]


def __getattr__(name: str) -> Any:
    """Load the query engine when it is first asked for, so that `arforecast --help` answers at once."""
    if name in __all__:
        return getattr(import_module("arforecast.report.notebook" if name == "style" else "arforecast.desk"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """What to begin with, for who presses Tab."""
    return [*__all__, "__version__"]

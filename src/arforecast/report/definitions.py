"""Every definition for readers: `python -m arforecast.report.definitions > docs/definitions.md`."""

from __future__ import annotations

from collections.abc import Iterator

from arforecast import schedules
from arforecast.actions import effect, plan_record, policy_record, pricing, rating, worklist
from arforecast.kpis import families, glossary
from arforecast.settings import Settings

INTRODUCTION = """\
# Definitions

What each figure means, as it is printed beside it on the pages. A KPI is a numerator over a denominator: groups add up
through both, and what cannot be divided is not defined. Balances and flows count on the day they enter the books,
lengths of time go by the days on which things happened, and nothing looks past the day the figure stands on.
"""


def markdown() -> str:
    """KPIs, the families that answer one question, the schedules beside them, the worklist, and the tables on
    credit."""
    return "\n".join([INTRODUCTION, *_kpis(), *_families(), *_schedules(), *_worklist(), *_credit()])


def _kpis() -> Iterator[str]:
    yield "## KPIs\n\n| id | meaning | unit | better |\n|---|---|---|---|"
    yield from (
        f"| `{kpi.kpi}` | {kpi.meaning} | {kpi.unit} | {kpi.better} |" for kpi in glossary(Settings()).itertuples()
    )
    yield ""


def _families() -> Iterator[str]:
    yield "## The same question, other definitions\n"
    for family in families.FAMILIES:
        yield f"{family.question} {', '.join(f'`{kpi}`' for kpi in family.kpis)}. {family.why}\n"


def _schedules() -> Iterator[str]:
    yield "## Schedules\n\n| name | meaning |\n|---|---|"
    yield from (f"| `{row.schedule}` | {row.meaning} |" for row in schedules.glossary().itertuples())


def _worklist() -> Iterator[str]:
    for title, terms in (("The worklist", worklist.glossary()), ("The effect of contacts", effect.glossary())):
        yield f"\n## {title}\n\n| column, action | meaning |\n|---|---|"
        yield from (f"| `{row.kpi}` | {row.meaning} |" for row in terms.itertuples())


def _credit() -> Iterator[str]:
    tables = {
        "Ratings": rating,
        "The credit policy, today and by month": policy_record,
        "Payment plans, proposed and past": plan_record,
        "Discounts and late fees": pricing,
    }
    for title, room in tables.items():
        yield f"\n## {title}\n\n| column | meaning |\n|---|---|"
        yield from (f"| `{row.kpi}` | {row.meaning} |" for row in room.glossary().itertuples())


if __name__ == "__main__":
    print(markdown())

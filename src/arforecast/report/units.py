"""Units: in which unit the columns of the project's frames are, declared once and by name for every exhibit.

A unit is one of `formats.FORMATS`, or `unit` and `change` for the one that the row's column `unit` names. Declared here
is what is no plain word: an analyst's own column `value` or `mean` would take its unit unasked. Such columns, and those
that mean something else in one exhibit, are declared there, and the measures where they are defined.
"""

DECLARED = {
    "money": (
        "actual agency_cost_amount all_overdue_balance amount asked_balance at_risk_amount billed_amount "
        "billing_amount billing_level billing_timing buying_amount came cash_amount cash_forgone_amount "
        "cash_forgone_low_amount cash_kept_amount collected_amount contacted_cash_amount cost_amount "
        "credit_limit_amount credited_amount debt_balance declared_amount difference_amount discount_offered_amount "
        "discount_taken_amount disputed_amount due_amount error expected_14_amount expected_30_amount "
        "expected_cash_14 expected_cash_30 expected_loss_amount expected_loss_high_amount expected_loss_low_amount "
        "floor_amount forecast handed_balance held_balance high_amount hold_amount instalment_amount issued_amount "
        "kept_amount left_balance loss_avoided_amount loss_avoided_high_amount low_amount model_expected_30_amount "
        "net_amount net_gain_amount new_customers not_due_balance open_balance open_book opening_balance "
        "outflows_amount over_limit_amount overdue_balance overdue_change_amount p10 p25 p2_5 p50 p75 p90 p97_5 "
        "payment_timing prepayment_amount promised_amount proposed_limit_amount receipts_amount recovered_90_amount "
        "refused_amount reserved_cash_amount rest rest_amount sales_amount shortened_amount so_far so_far_p10 "
        "so_far_p90 soon_amount unbilled value_high value_high_amount value_low value_low_amount value_of_action "
        "waived_amount worth_amount written_off_amount"
    ),
    "share": (
        "baseline_error_share bias bias_share billed_share break_even_share by_chance_share cash_share confidence "
        "contacted_share cost_share cost_to_cash_share cost_to_recovered_share coverage_80 discount_share "
        "discount_yearly_cost_share error_share held_share inside_80_share interval_share_80 kept_share "
        "kept_share_high kept_share_low late_share late_share_high late_share_low level_change_share loss_rate_share "
        "missed_share moved_share net_accuracy of_growth_share of_overdue_share open_share p_below_floor p_from "
        "p_kept p_late p_paid_14 p_paid_30 p_to paid_14_share paid_on_time_share recovered_30 recovered_60 "
        "recovered_90 recovered_90_share reserved_contacted_share right_party_share uptake_share used_share wape "
        "written_off_share written_off_share_high written_off_share_low"
    ),
    "count": (
        "accounts better_accounts broken_plans broken_promises by_chance_customers contacted_accounts contacts "
        "customers disputes fees forecasts half_customers handed_invoices held_accounts horizon_week instalments "
        "invoices left minutes most_invoices new_accounts not_due_invoices oldest_days_past_due open_count origins "
        "over_limit_accounts overdue_invoices past_ratings payments placed plans prepaid_accounts rank reserved "
        "reserved_accounts week weeks weeks_needed within_customers within_days worse_accounts worth_it"
    ),
    "days": "miss_days model_miss_days proposed_terms_days resolved_days shortened_days terms_days",
    "date": (
        "as_of before_on came_on contact_on contacted_on due_on expected_on from_on kept_on known_on last_paid_on "
        "model_on model_paid_on_p50 on origin paid_on_p50 promised_on until_on week_start"
    ),
    "month": "due_month_on issue_month_on month_on",
    "quarter": "quarter_on",
    "text": (
        "action better chance collector customer customer_id days_late_range fact fit grade grade_before group "
        "invoice_id late_range message name note outcome proposal proposed_terms question rules_met "
        "scenario source span unit verdict way weeks_ahead what_moved why without_precedent written_off_range"
    ),
    "said": "reason reasons",
    "name": "baseline category channel figure gate kpi method part timing",
    "bucket": "bucket days_past_due from_bucket terms",
    "ratio": "brier brier_baseline forward_factor mase numerator",
    "lateness": "days_beyond_terms",
    "times": "days_late days_late_high days_late_low kept_days_late times",
    "unit": "before month_before now target year_before",
    "change": "distance trend",
}
UNITS = {column: unit for unit, columns in DECLARED.items() for column in columns.split()}


def declared(column: str) -> str:
    """The unit of a column, empty where none is declared.

    >>> declared("open_balance"), declared("p_late"), declared("value")
    ('money', 'share', '')
    """
    return UNITS.get(column, "")

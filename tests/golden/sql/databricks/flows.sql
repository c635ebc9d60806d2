SELECT
  `t7`.`as_of`,
  `t7`.`group`,
  COALESCE(SUM(`t7`.`billed_month`), 0) AS `billed_month`,
  COALESCE(SUM(`t7`.`cash_month`), 0) AS `cash_month`,
  COALESCE(SUM(`t7`.`credit_notes_month`), 0) AS `credit_notes_month`,
  COALESCE(SUM(`t7`.`discounts_month`), 0) AS `discounts_month`,
  COALESCE(SUM(`t7`.`write_offs_month`), 0) AS `write_offs_month`,
  COALESCE(SUM(`t7`.`set_offs_month`), 0) AS `set_offs_month`,
  COALESCE(SUM(`t7`.`withheld_tax_month`), 0) AS `withheld_tax_month`,
  COALESCE(SUM(`t7`.`bank_charges_month`), 0) AS `bank_charges_month`,
  COALESCE(SUM(`t7`.`differences_month`), 0) AS `differences_month`,
  COALESCE(SUM(`t7`.`billed_quarter`), 0) AS `billed_quarter`,
  COALESCE(SUM(`t7`.`billed_90`), 0) AS `billed_90`,
  COALESCE(SUM(`t7`.`billed_365`), 0) AS `billed_365`,
  COALESCE(SUM(`t7`.`write_offs_365`), 0) AS `write_offs_365`,
  COALESCE(SUM(`t7`.`paid_90`), 0) AS `paid_90`,
  COALESCE(SUM(`t7`.`late_cash_month`), 0) AS `late_cash_month`,
  COALESCE(SUM(`t7`.`late_cash_365`), 0) AS `late_cash_365`,
  COALESCE(SUM(`t7`.`paid_days_late_90`), 0) AS `paid_days_late_90`,
  COALESCE(SUM(`t7`.`paid_days_to_pay_90`), 0) AS `paid_days_to_pay_90`
FROM (
  SELECT
    `t6`.`as_of`,
    `t6`.`opening_on`,
    `t6`.`quarter_opening_on`,
    `t6`.`before_90_on`,
    `t6`.`before_365_on`,
    `t6`.`cohort_30_after`,
    `t6`.`cohort_30_until`,
    `t6`.`cohort_60_after`,
    `t6`.`cohort_60_until`,
    `t6`.`cohort_90_after`,
    `t6`.`cohort_90_until`,
    `t6`.`group`,
    `t6`.`kind`,
    `t6`.`counted_on`,
    `t6`.`on`,
    `t6`.`amount`,
    `t6`.`late_cash`,
    `t6`.`paid_days_late`,
    `t6`.`paid_days_to_pay`,
    `t6`.`on` > `t6`.`before_365_on` AS `in_365`,
    IF(
      (
        `t6`.`kind` = 'billed'
      ) AND (
        `t6`.`on` > `t6`.`opening_on`
      ),
      `t6`.`amount`,
      NULL
    ) AS `billed_month`,
    IF(
      (
        `t6`.`kind` = 'cash'
      ) AND (
        `t6`.`on` > `t6`.`opening_on`
      ),
      `t6`.`amount`,
      NULL
    ) AS `cash_month`,
    IF(
      (
        `t6`.`kind` = 'credit_note'
      ) AND (
        `t6`.`on` > `t6`.`opening_on`
      ),
      `t6`.`amount`,
      NULL
    ) AS `credit_notes_month`,
    IF(
      (
        `t6`.`kind` = 'discount'
      ) AND (
        `t6`.`on` > `t6`.`opening_on`
      ),
      `t6`.`amount`,
      NULL
    ) AS `discounts_month`,
    IF(
      (
        `t6`.`kind` = 'write_off'
      ) AND (
        `t6`.`on` > `t6`.`opening_on`
      ),
      `t6`.`amount`,
      NULL
    ) AS `write_offs_month`,
    IF(
      (
        `t6`.`kind` = 'set_off'
      ) AND (
        `t6`.`on` > `t6`.`opening_on`
      ),
      `t6`.`amount`,
      NULL
    ) AS `set_offs_month`,
    IF(
      (
        `t6`.`kind` = 'tax_withheld'
      ) AND (
        `t6`.`on` > `t6`.`opening_on`
      ),
      `t6`.`amount`,
      NULL
    ) AS `withheld_tax_month`,
    IF(
      (
        `t6`.`kind` = 'bank_charge'
      ) AND (
        `t6`.`on` > `t6`.`opening_on`
      ),
      `t6`.`amount`,
      NULL
    ) AS `bank_charges_month`,
    IF(
      (
        `t6`.`kind` = 'difference'
      ) AND (
        `t6`.`on` > `t6`.`opening_on`
      ),
      `t6`.`amount`,
      NULL
    ) AS `differences_month`,
    IF(
      (
        `t6`.`kind` = 'billed'
      ) AND (
        `t6`.`on` > `t6`.`quarter_opening_on`
      ),
      `t6`.`amount`,
      NULL
    ) AS `billed_quarter`,
    IF(
      (
        `t6`.`kind` = 'billed'
      ) AND (
        `t6`.`on` > `t6`.`before_90_on`
      ),
      `t6`.`amount`,
      NULL
    ) AS `billed_90`,
    IF(
      (
        `t6`.`kind` = 'billed'
      ) AND (
        `t6`.`on` > `t6`.`before_365_on`
      ),
      `t6`.`amount`,
      NULL
    ) AS `billed_365`,
    IF(
      (
        `t6`.`kind` = 'write_off'
      ) AND (
        `t6`.`on` > `t6`.`before_365_on`
      ),
      `t6`.`amount`,
      NULL
    ) AS `write_offs_365`,
    IF(
      `t6`.`kind` IN ('cash', 'set_off', 'tax_withheld')
      AND (
        `t6`.`counted_on` > `t6`.`before_90_on`
      ),
      `t6`.`amount`,
      NULL
    ) AS `paid_90`,
    IF(`t6`.`on` > `t6`.`opening_on`, `t6`.`late_cash`, NULL) AS `late_cash_month`,
    IF(`t6`.`on` > `t6`.`before_365_on`, `t6`.`late_cash`, NULL) AS `late_cash_365`,
    IF(`t6`.`counted_on` > `t6`.`before_90_on`, `t6`.`paid_days_late`, NULL) AS `paid_days_late_90`,
    IF(`t6`.`counted_on` > `t6`.`before_90_on`, `t6`.`paid_days_to_pay`, NULL) AS `paid_days_to_pay_90`
  FROM (
    SELECT
      `t2`.`as_of`,
      `t2`.`opening_on`,
      `t2`.`quarter_opening_on`,
      `t2`.`before_90_on`,
      `t2`.`before_365_on`,
      `t2`.`cohort_30_after`,
      `t2`.`cohort_30_until`,
      `t2`.`cohort_60_after`,
      `t2`.`cohort_60_until`,
      `t2`.`cohort_90_after`,
      `t2`.`cohort_90_until`,
      `t5`.`group`,
      `t5`.`kind`,
      `t5`.`counted_on`,
      `t5`.`on`,
      `t5`.`amount`,
      `t5`.`late_cash`,
      `t5`.`paid_days_late`,
      `t5`.`paid_days_to_pay`
    FROM `calendar` AS `t2`
    INNER JOIN (
      SELECT
        `t3`.`group`,
        `t3`.`kind`,
        `t3`.`counted_on`,
        `t3`.`entered_on` AS `on`,
        COALESCE(SUM(`t3`.`amount`), 0) AS `amount`,
        COALESCE(SUM(`t3`.`late_cash`), 0) AS `late_cash`,
        COALESCE(SUM(`t3`.`paid_days_late`), 0) AS `paid_days_late`,
        COALESCE(SUM(`t3`.`paid_days_to_pay`), 0) AS `paid_days_to_pay`
      FROM (
        SELECT
          `t1`.`invoice_id`,
          `t1`.`customer_id`,
          `t1`.`group`,
          `t1`.`currency`,
          `t1`.`issued_on`,
          `t1`.`due_on`,
          `t1`.`amount`,
          `t1`.`entered_on`,
          `t1`.`counted_on`,
          `t1`.`billed_on`,
          `t1`.`happened_on`,
          `t1`.`change`,
          `t1`.`kind`,
          IF(
            DATEDIFF(DAY, `t1`.`due_on`, `t1`.`happened_on`) > 0,
            IF(`t1`.`kind` = 'cash', `t1`.`amount`, 0),
            0
          ) AS `late_cash`,
          IF(`t1`.`kind` IN ('cash', 'set_off', 'tax_withheld'), `t1`.`amount`, 0) * DATEDIFF(DAY, `t1`.`due_on`, `t1`.`happened_on`) AS `paid_days_late`,
          IF(`t1`.`kind` IN ('cash', 'set_off', 'tax_withheld'), `t1`.`amount`, 0) * DATEDIFF(DAY, `t1`.`issued_on`, `t1`.`happened_on`) AS `paid_days_to_pay`
        FROM `entries` AS `t1`
      ) AS `t3`
      GROUP BY
        1,
        2,
        3,
        4
    ) AS `t5`
      ON `t5`.`on` <= `t2`.`as_of`
      AND `t5`.`on` > LEAST(`t2`.`before_365_on`, `t2`.`quarter_opening_on`)
  ) AS `t6`
) AS `t7`
GROUP BY
  1,
  2

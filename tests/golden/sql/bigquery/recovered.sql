SELECT
  `t6`.`as_of`,
  `t6`.`group`,
  COALESCE(SUM(`t6`.`left_30`), 0) AS `left_30`,
  COALESCE(SUM(`t6`.`recovered_30`), 0) AS `recovered_30`,
  COALESCE(SUM(`t6`.`left_60`), 0) AS `left_60`,
  COALESCE(SUM(`t6`.`recovered_60`), 0) AS `recovered_60`,
  COALESCE(SUM(`t6`.`left_90`), 0) AS `left_90`,
  COALESCE(SUM(`t6`.`recovered_90`), 0) AS `recovered_90`
FROM (
  SELECT
    `t5`.`as_of`,
    `t5`.`opening_on`,
    `t5`.`quarter_opening_on`,
    `t5`.`before_90_on`,
    `t5`.`before_365_on`,
    `t5`.`cohort_30_after`,
    `t5`.`cohort_30_until`,
    `t5`.`cohort_60_after`,
    `t5`.`cohort_60_until`,
    `t5`.`cohort_90_after`,
    `t5`.`cohort_90_until`,
    `t5`.`invoice_id`,
    `t5`.`customer_id`,
    `t5`.`group`,
    `t5`.`currency`,
    `t5`.`issued_on`,
    `t5`.`due_on`,
    `t5`.`amount`,
    `t5`.`entered_on`,
    `t5`.`counted_on`,
    `t5`.`billed_on`,
    `t5`.`happened_on`,
    `t5`.`change`,
    `t5`.`kind`,
    IF(
      (
        `t5`.`due_on` > `t5`.`cohort_30_after`
      )
      AND (
        `t5`.`due_on` <= `t5`.`cohort_30_until`
      ),
      IF(
        `t5`.`kind` = 'billed',
        `t5`.`amount`,
        IF(DATE_DIFF(`t5`.`happened_on`, `t5`.`due_on`, DAY) <= 0, -(
          `t5`.`amount`
        ), 0)
      ),
      NULL
    ) AS `left_30`,
    IF(
      (
        `t5`.`due_on` > `t5`.`cohort_30_after`
      )
      AND (
        `t5`.`due_on` <= `t5`.`cohort_30_until`
      )
      AND `t5`.`kind` IN ('cash', 'set_off', 'tax_withheld')
      AND (
        DATE_DIFF(`t5`.`happened_on`, `t5`.`due_on`, DAY) > 0
      )
      AND (
        DATE_DIFF(`t5`.`happened_on`, `t5`.`due_on`, DAY) <= 30
      ),
      `t5`.`amount`,
      NULL
    ) AS `recovered_30`,
    IF(
      (
        `t5`.`due_on` > `t5`.`cohort_60_after`
      )
      AND (
        `t5`.`due_on` <= `t5`.`cohort_60_until`
      ),
      IF(
        `t5`.`kind` = 'billed',
        `t5`.`amount`,
        IF(DATE_DIFF(`t5`.`happened_on`, `t5`.`due_on`, DAY) <= 0, -(
          `t5`.`amount`
        ), 0)
      ),
      NULL
    ) AS `left_60`,
    IF(
      (
        `t5`.`due_on` > `t5`.`cohort_60_after`
      )
      AND (
        `t5`.`due_on` <= `t5`.`cohort_60_until`
      )
      AND `t5`.`kind` IN ('cash', 'set_off', 'tax_withheld')
      AND (
        DATE_DIFF(`t5`.`happened_on`, `t5`.`due_on`, DAY) > 0
      )
      AND (
        DATE_DIFF(`t5`.`happened_on`, `t5`.`due_on`, DAY) <= 60
      ),
      `t5`.`amount`,
      NULL
    ) AS `recovered_60`,
    IF(
      (
        `t5`.`due_on` > `t5`.`cohort_90_after`
      )
      AND (
        `t5`.`due_on` <= `t5`.`cohort_90_until`
      ),
      IF(
        `t5`.`kind` = 'billed',
        `t5`.`amount`,
        IF(DATE_DIFF(`t5`.`happened_on`, `t5`.`due_on`, DAY) <= 0, -(
          `t5`.`amount`
        ), 0)
      ),
      NULL
    ) AS `left_90`,
    IF(
      (
        `t5`.`due_on` > `t5`.`cohort_90_after`
      )
      AND (
        `t5`.`due_on` <= `t5`.`cohort_90_until`
      )
      AND `t5`.`kind` IN ('cash', 'set_off', 'tax_withheld')
      AND (
        DATE_DIFF(`t5`.`happened_on`, `t5`.`due_on`, DAY) > 0
      )
      AND (
        DATE_DIFF(`t5`.`happened_on`, `t5`.`due_on`, DAY) <= 90
      ),
      `t5`.`amount`,
      NULL
    ) AS `recovered_90`
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
      `t4`.`invoice_id`,
      `t4`.`customer_id`,
      `t4`.`group`,
      `t4`.`currency`,
      `t4`.`issued_on`,
      `t4`.`due_on`,
      `t4`.`amount`,
      `t4`.`entered_on`,
      `t4`.`counted_on`,
      `t4`.`billed_on`,
      `t4`.`happened_on`,
      `t4`.`change`,
      `t4`.`kind`
    FROM `calendar` AS `t2`
    INNER JOIN (
      SELECT
        `t1`.`invoice_id`,
        `t1`.`customer_id`,
        `t1`.`group`,
        `t1`.`currency`,
        `t1`.`issued_on`,
        `t1`.`due_on`,
        IF(`t1`.`kind` = 'billed', `t1`.`change`, -(
          `t1`.`change`
        )) AS `amount`,
        `t1`.`entered_on`,
        `t1`.`counted_on`,
        `t1`.`billed_on`,
        `t1`.`happened_on`,
        `t1`.`change`,
        `t1`.`kind`
      FROM `entries` AS `t1`
    ) AS `t4`
      ON `t4`.`due_on` > `t2`.`cohort_90_after`
      AND `t4`.`due_on` <= `t2`.`cohort_30_until`
      AND `t4`.`entered_on` <= `t2`.`as_of`
  ) AS `t5`
) AS `t6`
GROUP BY
  1,
  2

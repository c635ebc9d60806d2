SELECT
  `t7`.`as_of`,
  `t7`.`group`,
  COALESCE(SUM(`t7`.`due_amount`), 0) AS `due_amount`,
  COALESCE(SUM(`t7`.`on_time_amount`), 0) AS `on_time_amount`,
  COALESCE(SUM(`t7`.`due_count`), 0) AS `due_count`,
  COALESCE(SUM(`t7`.`on_time_count`), 0) AS `on_time_count`
FROM (
  SELECT
    `t6`.`as_of`,
    `t6`.`group`,
    `t6`.`invoice_id`,
    `t6`.`customer_id`,
    `t6`.`due_on`,
    `t6`.`due_amount`,
    `t6`.`on_time_amount`,
    1 AS `due_count`,
    IF(`t6`.`on_time_amount` >= `t6`.`due_amount`, 1, NULL) AS `on_time_count`
  FROM (
    SELECT
      `t5`.`as_of`,
      `t5`.`group`,
      `t5`.`invoice_id`,
      `t5`.`customer_id`,
      `t5`.`due_on`,
      COALESCE(SUM(IF(`t5`.`kind` = 'billed', `t5`.`amount`, NULL)), 0) AS `due_amount`,
      COALESCE(
        SUM(
          IF(
            (
              `t5`.`kind` <> 'billed'
            ) AND (
              `t5`.`happened_on` <= `t5`.`due_on`
            ),
            `t5`.`amount`,
            NULL
          )
        ),
        0
      ) AS `on_time_amount`
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
        ON `t4`.`due_on` > `t2`.`before_90_on`
        AND `t4`.`due_on` <= `t2`.`as_of`
        AND `t4`.`entered_on` <= `t2`.`as_of`
    ) AS `t5`
    GROUP BY
      1,
      2,
      3,
      4,
      5
  ) AS `t6`
) AS `t7`
GROUP BY
  1,
  2

SELECT
  `t8`.`as_of`,
  `t8`.`group`,
  COALESCE(SUM(`t8`.`discount_amount`), 0) AS `priced_amount`,
  CAST(SUM(`t8`.`cost`) AS FLOAT64) AS `offer_cost`
FROM (
  SELECT
    *
  FROM (
    SELECT
      `t6`.`as_of`,
      `t6`.`group`,
      `t6`.`due_on`,
      `t6`.`discount_until`,
      `t6`.`amount`,
      `t6`.`discount_amount`,
      CAST(IF(
        (
          DATE_DIFF(`t6`.`due_on`, `t6`.`discount_until`, DAY) > 0
        )
        AND (
          (
            `t6`.`amount` - `t6`.`discount_amount`
          ) > 0
        ),
        CAST(`t6`.`discount_amount` AS FLOAT64) * ieee_divide(
          ieee_divide(
            CAST(`t6`.`discount_amount` AS FLOAT64),
            CAST(NULLIF(`t6`.`amount` - `t6`.`discount_amount`, 0) AS FLOAT64)
          ) * 365,
          NULLIF(DATE_DIFF(`t6`.`due_on`, `t6`.`discount_until`, DAY), 0)
        ),
        NULL
      ) AS NUMERIC) AS `cost`
    FROM (
      SELECT
        `t4`.`as_of`,
        `t5`.`group`,
        `t5`.`due_on`,
        `t5`.`discount_until`,
        `t5`.`amount`,
        `t5`.`discount_amount`
      FROM (
        SELECT
          `t0`.`as_of`,
          `t0`.`before_90_on` AS `after`,
          `t0`.`as_of` AS `until`
        FROM `calendar` AS `t0`
      ) AS `t4`
      INNER JOIN (
        SELECT
          `t1`.`group`,
          `t1`.`due_on`,
          `t1`.`discount_until`,
          `t1`.`amount`,
          `t1`.`discount_amount`,
          `t1`.`entered_on`
        FROM `invoices` AS `t1`
      ) AS `t5`
        ON `t5`.`discount_until` > `t4`.`after`
        AND `t5`.`discount_until` <= `t4`.`until`
        AND `t5`.`entered_on` <= `t4`.`as_of`
    ) AS `t6`
    WHERE
      `t6`.`discount_amount` > 0
  ) AS `t7`
  WHERE
    `t7`.`cost` IS NOT NULL
) AS `t8`
GROUP BY
  1,
  2

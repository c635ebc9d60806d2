SELECT
  `t1`.`invoice_id`,
  `t1`.`since`,
  COALESCE(
    LEAD(`t1`.`since`) OVER (PARTITION BY `t1`.`invoice_id` ORDER BY `t1`.`since` ASC),
    DATE(9999, 12, 31)
  ) AS `until`,
  SUM(`t1`.`change`) OVER (
    PARTITION BY `t1`.`invoice_id`
    ORDER BY `t1`.`since` ASC
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
  ) AS `balance`
FROM (
  SELECT
    `t0`.`invoice_id`,
    `t0`.`entered_on` AS `since`,
    SUM(`t0`.`change`) AS `change`
  FROM `entries` AS `t0`
  GROUP BY
    1,
    2
) AS `t1`

SELECT
  `t5`.`as_of`,
  `t5`.`group`,
  COALESCE(SUM(`t5`.`issued_90`), 0) AS `issued_90`,
  COALESCE(SUM(`t5`.`issued_count`), 0) AS `issued_count`,
  COALESCE(SUM(`t5`.`delivered_count`), 0) AS `delivered_count`,
  COALESCE(SUM(`t5`.`invoicing_days`), 0) AS `invoicing_days`
FROM (
  SELECT
    `t4`.`as_of`,
    `t4`.`group`,
    `t4`.`invoice_id`,
    `t4`.`customer_id`,
    `t4`.`amount`,
    `t4`.`opening_on`,
    `t4`.`issued_on`,
    `t4`.`delivered_on`,
    `t4`.`amount` AS `issued_90`,
    IF(`t4`.`issued_on` > `t4`.`opening_on`, 1, NULL) AS `issued_count`,
    IF(DATEDIFF(DAY, `t4`.`delivered_on`, `t4`.`issued_on`) IS NOT NULL, 1, NULL) AS `delivered_count`,
    DATEDIFF(DAY, `t4`.`delivered_on`, `t4`.`issued_on`) AS `invoicing_days`
  FROM (
    SELECT
      `t2`.`as_of`,
      `t3`.`group`,
      `t3`.`invoice_id`,
      `t3`.`customer_id`,
      `t3`.`amount`,
      `t2`.`opening_on`,
      `t3`.`issued_on`,
      `t3`.`delivered_on`
    FROM `calendar` AS `t2`
    INNER JOIN `invoices` AS `t3`
      ON `t3`.`issued_on` > `t2`.`before_90_on`
      AND `t3`.`issued_on` <= `t2`.`as_of`
      AND `t3`.`entered_on` <= `t2`.`as_of`
  ) AS `t4`
) AS `t5`
GROUP BY
  1,
  2

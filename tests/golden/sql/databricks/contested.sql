SELECT
  `t10`.`as_of`,
  `t10`.`group`,
  SUM(`t10`.`amount`) AS `issued_90`,
  SUM(LEAST(`t10`.`part`, `t10`.`amount`)) AS `contested_90`
FROM (
  SELECT
    `t9`.`as_of`,
    `t9`.`group`,
    `t9`.`invoice_id`,
    `t9`.`amount`,
    SUM(IF(`t9`.`entered_on` IS NOT NULL, COALESCE(`t9`.`part`, `t9`.`amount`), 0)) AS `part`
  FROM (
    SELECT
      `t6`.`as_of`,
      `t7`.`group`,
      `t7`.`invoice_id`,
      `t7`.`amount`,
      `t8`.`invoice_id` AS `invoice_id_right`,
      `t8`.`entered_on`,
      `t8`.`part`
    FROM (
      SELECT
        `t0`.`as_of`,
        `t0`.`before_90_on` AS `after`,
        `t0`.`as_of` AS `until`
      FROM `calendar` AS `t0`
    ) AS `t6`
    INNER JOIN (
      SELECT
        `t1`.`group`,
        `t1`.`invoice_id`,
        `t1`.`amount`,
        `t1`.`issued_on`,
        `t1`.`entered_on`
      FROM `invoices` AS `t1`
    ) AS `t7`
      ON `t7`.`issued_on` > `t6`.`after`
      AND `t7`.`issued_on` <= `t6`.`until`
      AND `t7`.`entered_on` <= `t6`.`as_of`
    LEFT OUTER JOIN (
      SELECT
        `t2`.`invoice_id`,
        `t2`.`entered_on`,
        `t2`.`amount` AS `part`
      FROM `disputes` AS `t2`
    ) AS `t8`
      ON `t7`.`invoice_id` = `t8`.`invoice_id` AND `t8`.`entered_on` <= `t6`.`as_of`
  ) AS `t9`
  GROUP BY
    1,
    2,
    3,
    4
) AS `t10`
GROUP BY
  1,
  2

SELECT
  `t14`.`as_of`,
  `t14`.`group`,
  COALESCE(SUM(`t14`.`amount`), 0) AS `issued_90`,
  COALESCE(SUM(LEAST(`t14`.`part`, `t14`.`amount`)), 0) AS `contested_90`
FROM (
  SELECT
    `t13`.`as_of`,
    `t13`.`group`,
    `t13`.`invoice_id`,
    `t13`.`amount`,
    COALESCE(
      SUM(IF(`t13`.`entered_on` IS NOT NULL, COALESCE(`t13`.`part`, `t13`.`amount`), 0)),
      0
    ) AS `part`
  FROM (
    SELECT
      `t12`.*
      EXCEPT (`invoice_id_right`)
    FROM (
      SELECT
        `t11`.`as_of`,
        `t11`.`group`,
        `t11`.`invoice_id`,
        `t11`.`amount`,
        `t11`.`billed_on`,
        `t6`.`invoice_id` AS `invoice_id_right`,
        `t6`.`entered_on`,
        `t6`.`part`
      FROM (
        SELECT
          `t9`.`as_of`,
          `t9`.`group`,
          `t9`.`invoice_id`,
          `t9`.`amount`,
          `t9`.`entered_on` AS `billed_on`
        FROM (
          SELECT
            `t7`.`as_of`,
            `t8`.`group`,
            `t8`.`invoice_id`,
            `t8`.`amount`,
            `t8`.`entered_on`
          FROM (
            SELECT
              `t1`.`as_of`,
              `t1`.`before_90_on` AS `after`,
              `t1`.`as_of` AS `until`
            FROM `calendar` AS `t1`
          ) AS `t7`
          INNER JOIN (
            SELECT
              `t2`.`group`,
              `t2`.`invoice_id`,
              `t2`.`amount`,
              `t2`.`entered_on`,
              `t2`.`issued_on`
            FROM `invoices` AS `t2`
          ) AS `t8`
            ON `t8`.`issued_on` > `t7`.`after`
            AND `t8`.`issued_on` <= `t7`.`until`
            AND `t8`.`entered_on` <= `t7`.`as_of`
        ) AS `t9`
      ) AS `t11`
      LEFT OUTER JOIN (
        SELECT
          `t0`.`invoice_id`,
          `t0`.`entered_on`,
          `t0`.`amount` AS `part`
        FROM `disputes` AS `t0`
      ) AS `t6`
        ON `t11`.`invoice_id` = `t6`.`invoice_id` AND `t6`.`entered_on` <= `t11`.`as_of`
    ) AS `t12`
  ) AS `t13`
  GROUP BY
    1,
    2,
    3,
    4
) AS `t14`
GROUP BY
  1,
  2

SELECT
  `t20`.`as_of`,
  `t20`.`group`,
  COALESCE(SUM(`t20`.`amount`), 0) AS `recovered_month`
FROM (
  SELECT
    `t7`.`as_of`,
    `t7`.`on`,
    `t19`.`group`,
    `t19`.`invoice_id`,
    `t12`.`invoice_id` AS `invoice_id_right`,
    `t12`.`amount`,
    `t12`.`entered_on`
  FROM (
    SELECT
      `t0`.`as_of`,
      `t0`.`opening_on` AS `on`
    FROM `calendar` AS `t0`
  ) AS `t7`
  INNER JOIN (
    SELECT
      `t17`.`on`,
      `t17`.`group`,
      `t17`.`invoice_id`
    FROM (
      SELECT
        `t16`.`on`,
        `t16`.`invoice_id`,
        `t16`.`balance`,
        `t10`.`customer_id`,
        `t10`.`group`,
        `t10`.`issued_on`,
        `t10`.`due_on`,
        `t10`.`entered_on`
      FROM (
        SELECT
          `t14`.`on`,
          `t14`.`invoice_id`,
          `t14`.`balance`
        FROM (
          SELECT
            `t8`.`on`,
            `t13`.`invoice_id`,
            `t13`.`since`,
            `t13`.`until`,
            `t13`.`balance`
          FROM (
            SELECT DISTINCT
              `t0`.`opening_on` AS `on`
            FROM `calendar` AS `t0`
          ) AS `t8`
          INNER JOIN (
            SELECT
              *
            FROM `spells` AS `t3`
            WHERE
              `t3`.`balance` <> 0
          ) AS `t13`
            ON `t13`.`since` <= `t8`.`on` AND `t13`.`until` > `t8`.`on`
        ) AS `t14`
      ) AS `t16`
      INNER JOIN (
        SELECT
          `t2`.`invoice_id`,
          `t2`.`customer_id`,
          `t2`.`group`,
          `t2`.`issued_on`,
          `t2`.`due_on`,
          `t2`.`entered_on`
        FROM `invoices` AS `t2`
      ) AS `t10`
        ON `t16`.`invoice_id` = `t10`.`invoice_id`
    ) AS `t17`
    WHERE
      `t17`.`balance` > 0 AND DATE_DIFF(`t17`.`on`, `t17`.`due_on`, DAY) > 0
  ) AS `t19`
    ON `t7`.`on` = `t19`.`on`
  INNER JOIN (
    SELECT
      `t1`.`invoice_id`,
      `t1`.`amount`,
      `t1`.`entered_on`
    FROM `entries` AS `t1`
    WHERE
      `t1`.`kind` = 'cash'
  ) AS `t12`
    ON `t19`.`invoice_id` = `t12`.`invoice_id`
    AND `t12`.`entered_on` > `t7`.`on`
    AND `t12`.`entered_on` <= `t7`.`as_of`
) AS `t20`
GROUP BY
  1,
  2

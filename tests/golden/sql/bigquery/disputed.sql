WITH `t15` AS (
  SELECT
    `t14`.`on`,
    `t14`.`invoice_id`,
    `t14`.`balance`,
    `t7`.`customer_id`,
    `t7`.`group`,
    `t7`.`issued_on`,
    `t7`.`due_on`,
    `t7`.`entered_on`
  FROM (
    SELECT
      `t12`.`on`,
      `t12`.`invoice_id`,
      `t12`.`balance`
    FROM (
      SELECT
        `t9`.`on`,
        `t11`.`invoice_id`,
        `t11`.`since`,
        `t11`.`until`,
        `t11`.`balance`
      FROM (
        SELECT
          `t2`.`as_of` AS `on`
        FROM `calendar` AS `t2`
      ) AS `t9`
      INNER JOIN (
        SELECT
          *
        FROM `spells` AS `t3`
        WHERE
          `t3`.`balance` <> 0
      ) AS `t11`
        ON `t11`.`since` <= `t9`.`on` AND `t11`.`until` > `t9`.`on`
    ) AS `t12`
  ) AS `t14`
  INNER JOIN (
    SELECT
      `t0`.`invoice_id`,
      `t0`.`customer_id`,
      `t0`.`group`,
      `t0`.`issued_on`,
      `t0`.`due_on`,
      `t0`.`entered_on`
    FROM `invoices` AS `t0`
  ) AS `t7`
    ON `t14`.`invoice_id` = `t7`.`invoice_id`
)
SELECT
  `t24`.`group`,
  `t24`.`on` AS `as_of`,
  COALESCE(SUM(`t24`.`balance`), 0) AS `disputed`
FROM (
  SELECT
    `t20`.`on`,
    `t20`.`invoice_id`,
    `t20`.`balance`,
    `t20`.`customer_id`,
    `t20`.`group`,
    `t20`.`issued_on`,
    `t20`.`due_on`,
    `t20`.`entered_on`,
    `t20`.`days_past_due`
  FROM (
    SELECT
      `t16`.`on`,
      `t16`.`invoice_id`,
      `t16`.`balance`,
      `t16`.`customer_id`,
      `t16`.`group`,
      `t16`.`issued_on`,
      `t16`.`due_on`,
      `t16`.`entered_on`,
      DATE_DIFF(`t16`.`on`, `t16`.`due_on`, DAY) AS `days_past_due`
    FROM `t15` AS `t16`
    WHERE
      `t16`.`balance` > 0
  ) AS `t20`
  WHERE
    EXISTS(
      SELECT
        1
      FROM (
        SELECT DISTINCT
          `t21`.`on`,
          `t21`.`invoice_id`
        FROM (
          SELECT
            `t19`.`on`,
            `t19`.`invoice_id`,
            `t8`.`entered_on`,
            `t8`.`closed_on`
          FROM (
            SELECT
              `t16`.`on`,
              `t16`.`invoice_id`
            FROM `t15` AS `t16`
            WHERE
              `t16`.`balance` > 0
          ) AS `t19`
          INNER JOIN (
            SELECT
              `t1`.`invoice_id`,
              `t1`.`entered_on`,
              `t1`.`closed_on`
            FROM `disputes` AS `t1`
          ) AS `t8`
            ON `t19`.`invoice_id` = `t8`.`invoice_id`
        ) AS `t21`
        WHERE
          `t21`.`entered_on` <= `t21`.`on`
          AND (
            (
              `t21`.`closed_on` IS NULL
            ) OR (
              `t21`.`closed_on` > `t21`.`on`
            )
          )
      ) AS `t23`
      WHERE
        `t20`.`on` = `t23`.`on` AND `t20`.`invoice_id` = `t23`.`invoice_id`
    )
) AS `t24`
GROUP BY
  1,
  2

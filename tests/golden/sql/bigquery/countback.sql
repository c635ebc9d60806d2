SELECT
  `t21`.`as_of`,
  `t21`.`group`,
  DATE_DIFF(`t21`.`as_of`, `t21`.`last_on`, DAY) + (
    ieee_divide(CAST(`t21`.`open` - `t21`.`later` AS FLOAT64), CAST(`t21`.`billed` AS FLOAT64)) * (
      DATE_DIFF(`t21`.`last_on`, `t21`.`first_on`, DAY) + 1
    )
  ) AS `countback_days`
FROM (
  SELECT
    `t20`.`as_of`,
    `t20`.`group`,
    `t20`.`first_on`,
    `t20`.`last_on`,
    `t20`.`billed`,
    `t20`.`later`,
    `t16`.`open`
  FROM (
    SELECT
      `t18`.`as_of`,
      `t18`.`group`,
      `t18`.`first_on`,
      `t18`.`last_on`,
      `t18`.`billed`,
      SUM(`t18`.`billed`) OVER (
        PARTITION BY `t18`.`as_of`, `t18`.`group`
        ORDER BY `t18`.`first_on` DESC
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
      ) - `t18`.`billed` AS `later`
    FROM (
      SELECT
        `t17`.`as_of`,
        `t17`.`group`,
        `t17`.`first_on`,
        `t17`.`last_on`,
        COALESCE(SUM(`t17`.`amount`), 0) AS `billed`
      FROM (
        SELECT
          `t14`.`as_of`,
          `t14`.`group`,
          `t14`.`entered_on`,
          `t14`.`amount`,
          DATE_TRUNC(`t14`.`entered_on`, MONTH) AS `first_on`,
          LEAST(
            DATE_SUB(
              DATE_ADD(DATE_TRUNC(`t14`.`entered_on`, MONTH), INTERVAL '1' MONTH),
              INTERVAL '1' DAY
            ),
            `t14`.`as_of`
          ) AS `last_on`
        FROM (
          SELECT
            `t5`.`as_of`,
            `t12`.`group`,
            `t12`.`entered_on`,
            `t12`.`amount`
          FROM (
            SELECT
              `t0`.`as_of`
            FROM `calendar` AS `t0`
          ) AS `t5`
          INNER JOIN (
            SELECT
              `t8`.`group`,
              `t8`.`entered_on`,
              COALESCE(SUM(`t8`.`amount`), 0) AS `amount`
            FROM (
              SELECT
                *
              FROM `entries` AS `t2`
              WHERE
                `t2`.`kind` = 'billed'
            ) AS `t8`
            GROUP BY
              1,
              2
          ) AS `t12`
            ON `t12`.`entered_on` <= `t5`.`as_of`
        ) AS `t14`
      ) AS `t17`
      GROUP BY
        1,
        2,
        3,
        4
    ) AS `t18`
  ) AS `t20`
  INNER JOIN (
    SELECT
      `t13`.`group`,
      `t13`.`on` AS `as_of`,
      COALESCE(SUM(`t13`.`balance`), 0) AS `open`
    FROM (
      SELECT
        *
      FROM (
        SELECT
          `t6`.`on`,
          `t9`.`invoice_id`,
          `t9`.`customer_id`,
          `t9`.`group`,
          `t9`.`currency`,
          `t9`.`issued_on`,
          `t9`.`due_on`,
          `t9`.`entered_on`,
          `t9`.`balance`,
          DATE_DIFF(`t6`.`on`, `t9`.`due_on`, DAY) AS `days_past_due`
        FROM (
          SELECT
            `t0`.`as_of` AS `on`
          FROM `calendar` AS `t0`
        ) AS `t6`
        INNER JOIN (
          SELECT
            *
          FROM `spells` AS `t1`
          WHERE
            `t1`.`balance` <> 0
        ) AS `t9`
          ON `t9`.`since` <= `t6`.`on` AND `t9`.`until` > `t6`.`on`
      ) AS `t11`
      WHERE
        `t11`.`balance` > 0
    ) AS `t13`
    GROUP BY
      1,
      2
  ) AS `t16`
    ON `t20`.`as_of` = `t16`.`as_of` AND `t20`.`group` = `t16`.`group`
) AS `t21`
WHERE
  (
    `t21`.`open` - `t21`.`later`
  ) > 0
  AND (
    `t21`.`open` - `t21`.`later`
  ) <= `t21`.`billed`

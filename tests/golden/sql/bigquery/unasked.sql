WITH `t5` AS (
  SELECT DISTINCT
    `t0`.`opened_on`,
    `t0`.`until`
  FROM `days` AS `t0`
)
SELECT
  `t35`.`as_of`,
  `t35`.`group`,
  `t35`.`unasked_month`
FROM (
  SELECT
    `t34`.`as_of`,
    `t34`.`group`,
    CAST(SUM(
      CAST(CAST(`t34`.`balance` AS FLOAT64) * (
        1 - EXP(
          -(
            GREATEST(
              ieee_divide(
                CAST(`t34`.`came` AS FLOAT64),
                CAST(IF(`t34`.`left` > 0, `t34`.`left`, NULL) AS FLOAT64)
              ),
              0.0
            )
          ) * `t34`.`days`
        )
      ) AS NUMERIC)
    ) AS FLOAT64) AS `unasked_month`,
    SUM(IF(CAST(IF(`t34`.`left` > 0, `t34`.`left`, NULL) AS FLOAT64) IS NULL, 1, 0)) AS `unknown`
  FROM (
    SELECT
      *
    FROM (
      SELECT
        `t32`.`as_of`,
        `t32`.`group`,
        `t32`.`bucket`,
        `t32`.`days`,
        COALESCE(SUM(IF(`t32`.`ago` = 0, `t32`.`balance`, NULL)), 0) AS `balance`,
        COALESCE(SUM(IF(NOT (
          `t32`.`ago` = 0
        ), `t32`.`balance_days`, NULL)), 0) AS `left`,
        COALESCE(SUM(IF(NOT (
          `t32`.`ago` = 0
        ), `t32`.`cash`, NULL)), 0) AS `came`
      FROM (
        SELECT
          `t4`.`as_of`,
          `t4`.`opened_on`,
          `t4`.`until`,
          `t4`.`days`,
          `t4`.`ago`,
          `t31`.`group`,
          `t31`.`bucket`,
          `t31`.`balance`,
          `t31`.`cash`,
          `t31`.`balance_days`
        FROM `days` AS `t4`
        INNER JOIN (
          SELECT
            `t29`.`opened_on`,
            `t29`.`until`,
            `t29`.`group`,
            CASE
              WHEN `t29`.`days_past_due` <= 0
              THEN 'current'
              WHEN (
                `t29`.`days_past_due` > 0
              ) AND (
                `t29`.`days_past_due` <= 30
              )
              THEN '1-30'
              WHEN (
                `t29`.`days_past_due` > 30
              ) AND (
                `t29`.`days_past_due` <= 60
              )
              THEN '31-60'
              WHEN (
                `t29`.`days_past_due` > 60
              ) AND (
                `t29`.`days_past_due` <= 90
              )
              THEN '61-90'
              WHEN (
                `t29`.`days_past_due` > 90
              ) AND (
                `t29`.`days_past_due` <= 120
              )
              THEN '91-120'
              WHEN `t29`.`days_past_due` > 120
              THEN '121+'
              ELSE NULL
            END AS `bucket`,
            COALESCE(SUM(`t29`.`balance`), 0) AS `balance`,
            COALESCE(SUM(`t29`.`cash`), 0) AS `cash`,
            COALESCE(
              SUM(
                (
                  `t29`.`balance` - `t29`.`cash`
                ) * DATE_DIFF(COALESCE(`t29`.`contacted_on`, `t29`.`until`), `t29`.`on`, DAY)
              ),
              0
            ) AS `balance_days`
          FROM (
            SELECT
              *
            FROM (
              SELECT
                `t27`.`opened_on`,
                `t27`.`until`,
                `t27`.`group`,
                `t27`.`days_past_due`,
                `t27`.`customer_id`,
                `t27`.`on`,
                `t27`.`balance`,
                `t27`.`cash`,
                `t22`.`opened_on` AS `opened_on_right`,
                `t22`.`until` AS `until_right`,
                `t22`.`customer_id` AS `customer_id_right`,
                `t22`.`contacted_on`
              FROM (
                SELECT
                  *
                FROM (
                  SELECT
                    `t18`.`opened_on`,
                    `t18`.`until`,
                    `t18`.`group`,
                    `t18`.`days_past_due`,
                    `t18`.`customer_id`,
                    `t18`.`on`,
                    `t18`.`balance`,
                    CAST(0 AS INT64) AS `cash`
                  FROM (
                    SELECT
                      `t15`.`opened_on`,
                      `t15`.`until`,
                      `t15`.`on`,
                      `t12`.`invoice_id`,
                      `t12`.`customer_id`,
                      `t12`.`group`,
                      `t12`.`currency`,
                      `t12`.`issued_on`,
                      `t12`.`due_on`,
                      `t12`.`entered_on`,
                      `t12`.`balance`,
                      DATE_DIFF(`t15`.`on`, `t12`.`due_on`, DAY) AS `days_past_due`
                    FROM (
                      SELECT
                        `t7`.`opened_on`,
                        `t7`.`until`,
                        `t7`.`opened_on` AS `on`
                      FROM `t5` AS `t7`
                    ) AS `t15`
                    INNER JOIN (
                      SELECT
                        *
                      FROM `spells` AS `t1`
                      WHERE
                        `t1`.`balance` <> 0
                    ) AS `t12`
                      ON `t12`.`since` <= `t15`.`on` AND `t12`.`until` > `t15`.`on`
                  ) AS `t18`
                  WHERE
                    `t18`.`balance` > 0 AND `t18`.`days_past_due` > 0
                ) AS `t23`
                UNION ALL
                SELECT
                  *
                FROM (
                  SELECT
                    `t24`.`opened_on`,
                    `t24`.`until`,
                    `t24`.`group`,
                    `t24`.`days_past_due`,
                    `t24`.`customer_id`,
                    `t24`.`paid_on` AS `on`,
                    CAST(0 AS INT64) AS `balance`,
                    `t24`.`amount` AS `cash`
                  FROM (
                    SELECT
                      `t21`.`opened_on`,
                      `t21`.`until`,
                      `t21`.`invoice_id`,
                      `t21`.`amount`,
                      `t21`.`paid_on`,
                      `t21`.`on`,
                      `t12`.`customer_id`,
                      `t12`.`group`,
                      `t12`.`currency`,
                      `t12`.`issued_on`,
                      `t12`.`due_on`,
                      `t12`.`entered_on`,
                      `t12`.`balance`,
                      DATE_DIFF(`t21`.`on`, `t12`.`due_on`, DAY) AS `days_past_due`
                    FROM (
                      SELECT
                        `t17`.`opened_on`,
                        `t17`.`until`,
                        `t17`.`invoice_id`,
                        `t17`.`amount`,
                        `t17`.`paid_on`,
                        `t17`.`opened_on` AS `on`
                      FROM (
                        SELECT
                          `t11`.`opened_on`,
                          `t11`.`until`,
                          `t13`.`invoice_id`,
                          `t13`.`amount`,
                          `t13`.`paid_on`
                        FROM `t5` AS `t11`
                        INNER JOIN (
                          SELECT
                            `t3`.`invoice_id`,
                            `t3`.`amount`,
                            `t3`.`entered_on` AS `paid_on`
                          FROM `entries` AS `t3`
                          WHERE
                            `t3`.`kind` = 'cash'
                        ) AS `t13`
                          ON `t13`.`paid_on` > `t11`.`opened_on` AND `t13`.`paid_on` <= `t11`.`until`
                      ) AS `t17`
                    ) AS `t21`
                    INNER JOIN (
                      SELECT
                        *
                      FROM `spells` AS `t1`
                      WHERE
                        `t1`.`balance` <> 0
                    ) AS `t12`
                      ON `t21`.`invoice_id` = `t12`.`invoice_id`
                      AND `t12`.`since` <= `t21`.`on`
                      AND `t12`.`until` > `t21`.`on`
                  ) AS `t24`
                  WHERE
                    `t24`.`balance` > 0 AND `t24`.`days_past_due` > 0
                ) AS `t25`
              ) AS `t27`
              LEFT OUTER JOIN (
                SELECT
                  `t16`.`opened_on`,
                  `t16`.`until`,
                  `t16`.`customer_id`,
                  MIN(`t16`.`contacted_on`) AS `contacted_on`
                FROM (
                  SELECT
                    `t11`.`opened_on`,
                    `t11`.`until`,
                    `t9`.`customer_id`,
                    `t9`.`contacted_on`,
                    `t9`.`entered_on`
                  FROM `t5` AS `t11`
                  INNER JOIN (
                    SELECT
                      `t2`.`customer_id`,
                      `t2`.`contacted_on`,
                      `t2`.`entered_on`
                    FROM `contacts` AS `t2`
                  ) AS `t9`
                    ON `t9`.`contacted_on` > `t11`.`opened_on` AND `t9`.`entered_on` <= `t11`.`until`
                ) AS `t16`
                GROUP BY
                  1,
                  2,
                  3
              ) AS `t22`
                ON `t27`.`opened_on` = `t22`.`opened_on`
                AND `t27`.`until` = `t22`.`until`
                AND `t27`.`customer_id` = `t22`.`customer_id`
            ) AS `t28`
            WHERE
              (
                `t28`.`contacted_on` IS NULL
              ) OR (
                `t28`.`on` < `t28`.`contacted_on`
              )
          ) AS `t29`
          GROUP BY
            1,
            2,
            3,
            4
        ) AS `t31`
          ON `t4`.`opened_on` = `t31`.`opened_on` AND `t4`.`until` = `t31`.`until`
      ) AS `t32`
      GROUP BY
        1,
        2,
        3,
        4
    ) AS `t33`
    WHERE
      `t33`.`balance` > 0
  ) AS `t34`
  GROUP BY
    1,
    2
) AS `t35`
WHERE
  `t35`.`unknown` = 0

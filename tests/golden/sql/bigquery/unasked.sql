WITH `t5` AS (
  SELECT DISTINCT
    `t0`.`opened_on`,
    `t0`.`until`
  FROM `days` AS `t0`
)
SELECT
  `t53`.`as_of`,
  `t53`.`group`,
  `t53`.`unasked_month`
FROM (
  SELECT
    `t52`.`as_of`,
    `t52`.`group`,
    CAST(SUM(
      CAST(CAST(`t52`.`balance` AS FLOAT64) * (
        1 - EXP(
          -(
            GREATEST(
              ieee_divide(
                CAST(`t52`.`came` AS FLOAT64),
                CAST(IF(`t52`.`left` > 0, `t52`.`left`, NULL) AS FLOAT64)
              ),
              0.0
            )
          ) * `t52`.`days`
        )
      ) AS NUMERIC)
    ) AS FLOAT64) AS `unasked_month`,
    SUM(IF(CAST(IF(`t52`.`left` > 0, `t52`.`left`, NULL) AS FLOAT64) IS NULL, 1, 0)) AS `unknown`
  FROM (
    SELECT
      *
    FROM (
      SELECT
        `t50`.`as_of`,
        `t50`.`group`,
        `t50`.`bucket`,
        `t50`.`days`,
        COALESCE(SUM(IF(`t50`.`ago` = 0, `t50`.`balance`, NULL)), 0) AS `balance`,
        COALESCE(SUM(IF(NOT (
          `t50`.`ago` = 0
        ), `t50`.`balance_days`, NULL)), 0) AS `left`,
        COALESCE(SUM(IF(NOT (
          `t50`.`ago` = 0
        ), `t50`.`cash`, NULL)), 0) AS `came`
      FROM (
        SELECT
          *
        FROM (
          SELECT
            `t4`.`as_of`,
            `t4`.`opened_on`,
            `t4`.`until`,
            `t4`.`days`,
            `t4`.`ago`,
            `t47`.`group`,
            `t47`.`bucket`,
            `t47`.`balance`,
            `t47`.`cash`,
            `t47`.`balance_days`
          FROM `days` AS `t4`
          INNER JOIN (
            SELECT
              `t43`.`opened_on`,
              `t43`.`until`,
              `t43`.`group`,
              CASE
                WHEN `t43`.`days_past_due` <= 0
                THEN 'current'
                WHEN (
                  `t43`.`days_past_due` > 0
                ) AND (
                  `t43`.`days_past_due` <= 30
                )
                THEN '1-30'
                WHEN (
                  `t43`.`days_past_due` > 30
                ) AND (
                  `t43`.`days_past_due` <= 60
                )
                THEN '31-60'
                WHEN (
                  `t43`.`days_past_due` > 60
                ) AND (
                  `t43`.`days_past_due` <= 90
                )
                THEN '61-90'
                WHEN (
                  `t43`.`days_past_due` > 90
                ) AND (
                  `t43`.`days_past_due` <= 120
                )
                THEN '91-120'
                WHEN `t43`.`days_past_due` > 120
                THEN '121+'
                ELSE NULL
              END AS `bucket`,
              COALESCE(SUM(`t43`.`balance`), 0) AS `balance`,
              COALESCE(SUM(`t43`.`cash`), 0) AS `cash`,
              COALESCE(
                SUM(
                  (
                    `t43`.`balance` - `t43`.`cash`
                  ) * DATE_DIFF(COALESCE(`t43`.`contacted_on`, `t43`.`until`), `t43`.`on`, DAY)
                ),
                0
              ) AS `balance_days`
            FROM (
              SELECT
                *
              FROM (
                SELECT
                  `t39`.`opened_on`,
                  `t39`.`until`,
                  `t39`.`group`,
                  `t39`.`days_past_due`,
                  `t39`.`customer_id`,
                  `t39`.`on`,
                  `t39`.`balance`,
                  `t39`.`cash`,
                  `t29`.`opened_on` AS `opened_on_right`,
                  `t29`.`until` AS `until_right`,
                  `t29`.`customer_id` AS `customer_id_right`,
                  `t29`.`contacted_on`
                FROM (
                  SELECT
                    *
                  FROM (
                    SELECT
                      `t25`.`opened_on`,
                      `t25`.`until`,
                      `t25`.`group`,
                      `t25`.`days_past_due`,
                      `t25`.`customer_id`,
                      `t25`.`on`,
                      `t25`.`balance`,
                      CAST(0 AS INT64) AS `cash`
                    FROM (
                      SELECT
                        `t19`.`opened_on`,
                        `t19`.`until`,
                        `t19`.`on`,
                        `t15`.`invoice_id`,
                        `t15`.`customer_id`,
                        `t15`.`group`,
                        `t15`.`currency`,
                        `t15`.`issued_on`,
                        `t15`.`due_on`,
                        `t15`.`entered_on`,
                        `t15`.`balance`,
                        DATE_DIFF(`t19`.`on`, `t15`.`due_on`, DAY) AS `days_past_due`
                      FROM (
                        SELECT
                          `t8`.`opened_on`,
                          `t8`.`until`,
                          `t8`.`opened_on` AS `on`
                        FROM `t5` AS `t8`
                      ) AS `t19`
                      INNER JOIN (
                        SELECT
                          *
                        FROM `spells` AS `t1`
                        WHERE
                          `t1`.`balance` <> 0
                      ) AS `t15`
                        ON `t15`.`since` <= `t19`.`on` AND `t15`.`until` > `t19`.`on`
                    ) AS `t25`
                    WHERE
                      `t25`.`balance` > 0 AND `t25`.`days_past_due` > 0
                  ) AS `t32`
                  UNION ALL
                  SELECT
                    *
                  FROM (
                    SELECT
                      `t34`.`opened_on`,
                      `t34`.`until`,
                      `t34`.`group`,
                      `t34`.`days_past_due`,
                      `t34`.`customer_id`,
                      `t34`.`paid_on` AS `on`,
                      CAST(0 AS INT64) AS `balance`,
                      `t34`.`amount` AS `cash`
                    FROM (
                      SELECT
                        `t31`.`opened_on`,
                        `t31`.`until`,
                        `t31`.`invoice_id`,
                        `t31`.`amount`,
                        `t31`.`paid_on`,
                        `t31`.`on`,
                        `t15`.`customer_id`,
                        `t15`.`group`,
                        `t15`.`currency`,
                        `t15`.`issued_on`,
                        `t15`.`due_on`,
                        `t15`.`entered_on`,
                        `t15`.`balance`,
                        DATE_DIFF(`t31`.`on`, `t15`.`due_on`, DAY) AS `days_past_due`
                      FROM (
                        SELECT
                          `t24`.`opened_on`,
                          `t24`.`until`,
                          `t24`.`invoice_id`,
                          `t24`.`amount`,
                          `t24`.`paid_on`,
                          `t24`.`opened_on` AS `on`
                        FROM (
                          SELECT
                            `t22`.*
                            EXCEPT (`entered_on`)
                          FROM (
                            SELECT
                              `t14`.`opened_on`,
                              `t14`.`until`,
                              `t17`.`invoice_id`,
                              `t17`.`amount`,
                              `t17`.`entered_on`,
                              `t17`.`paid_on`
                            FROM `t5` AS `t14`
                            INNER JOIN (
                              SELECT
                                `t3`.`invoice_id`,
                                `t3`.`amount`,
                                `t3`.`entered_on`,
                                `t3`.`counted_on` AS `paid_on`
                              FROM `entries` AS `t3`
                              WHERE
                                `t3`.`kind` = 'cash'
                            ) AS `t17`
                              ON `t17`.`paid_on` > `t14`.`opened_on`
                              AND `t17`.`paid_on` <= `t14`.`until`
                              AND `t17`.`entered_on` <= `t14`.`until`
                          ) AS `t22`
                        ) AS `t24`
                      ) AS `t31`
                      INNER JOIN (
                        SELECT
                          *
                        FROM `spells` AS `t1`
                        WHERE
                          `t1`.`balance` <> 0
                      ) AS `t15`
                        ON `t31`.`invoice_id` = `t15`.`invoice_id`
                        AND `t15`.`since` <= `t31`.`on`
                        AND `t15`.`until` > `t31`.`on`
                    ) AS `t34`
                    WHERE
                      `t34`.`balance` > 0 AND `t34`.`days_past_due` > 0
                  ) AS `t36`
                ) AS `t39`
                LEFT OUTER JOIN (
                  SELECT
                    `t20`.`opened_on`,
                    `t20`.`until`,
                    `t20`.`customer_id`,
                    MIN(`t20`.`contacted_on`) AS `contacted_on`
                  FROM (
                    SELECT
                      `t14`.`opened_on`,
                      `t14`.`until`,
                      `t11`.`customer_id`,
                      `t11`.`contacted_on`,
                      `t11`.`entered_on`
                    FROM `t5` AS `t14`
                    INNER JOIN (
                      SELECT
                        `t2`.`customer_id`,
                        `t2`.`contacted_on`,
                        `t2`.`entered_on`
                      FROM `contacts` AS `t2`
                    ) AS `t11`
                      ON `t11`.`contacted_on` > `t14`.`opened_on` AND `t11`.`entered_on` <= `t14`.`until`
                  ) AS `t20`
                  GROUP BY
                    1,
                    2,
                    3
                ) AS `t29`
                  ON `t39`.`opened_on` = `t29`.`opened_on`
                  AND `t39`.`until` = `t29`.`until`
                  AND `t39`.`customer_id` = `t29`.`customer_id`
              ) AS `t41`
              WHERE
                (
                  `t41`.`contacted_on` IS NULL
                ) OR (
                  `t41`.`on` < `t41`.`contacted_on`
                )
            ) AS `t43`
            GROUP BY
              1,
              2,
              3,
              4
          ) AS `t47`
            ON `t4`.`opened_on` = `t47`.`opened_on` AND `t4`.`until` = `t47`.`until`
        ) AS `t49`
        UNION ALL
        SELECT
          *
        FROM (
          SELECT
            `t4`.`as_of`,
            `t4`.`opened_on`,
            `t4`.`until`,
            `t4`.`days`,
            `t4`.`ago`,
            `t45`.`group`,
            `t45`.`bucket`,
            `t45`.`balance`,
            `t45`.`cash`,
            `t45`.`balance_days`
          FROM `days` AS `t4`
          INNER JOIN (
            SELECT
              `t42`.`as_of`,
              `t42`.`opened_on`,
              `t42`.`until`,
              `t42`.`group`,
              CASE
                WHEN `t42`.`days_past_due` <= 0
                THEN 'current'
                WHEN (
                  `t42`.`days_past_due` > 0
                ) AND (
                  `t42`.`days_past_due` <= 30
                )
                THEN '1-30'
                WHEN (
                  `t42`.`days_past_due` > 30
                ) AND (
                  `t42`.`days_past_due` <= 60
                )
                THEN '31-60'
                WHEN (
                  `t42`.`days_past_due` > 60
                ) AND (
                  `t42`.`days_past_due` <= 90
                )
                THEN '61-90'
                WHEN (
                  `t42`.`days_past_due` > 90
                ) AND (
                  `t42`.`days_past_due` <= 120
                )
                THEN '91-120'
                WHEN `t42`.`days_past_due` > 120
                THEN '121+'
                ELSE NULL
              END AS `bucket`,
              COALESCE(SUM(`t42`.`balance`), 0) AS `balance`,
              COALESCE(SUM(`t42`.`cash`), 0) AS `cash`,
              COALESCE(
                SUM(
                  (
                    `t42`.`balance` - `t42`.`cash`
                  ) * DATE_DIFF(COALESCE(`t42`.`contacted_on`, `t42`.`until`), `t42`.`on`, DAY)
                ),
                0
              ) AS `balance_days`
            FROM (
              SELECT
                *
              FROM (
                SELECT
                  `t37`.`as_of`,
                  `t37`.`opened_on`,
                  `t37`.`until`,
                  `t37`.`group`,
                  `t37`.`days_past_due`,
                  `t37`.`customer_id`,
                  `t37`.`on`,
                  `t37`.`balance`,
                  `t37`.`cash`,
                  `t29`.`opened_on` AS `opened_on_right`,
                  `t29`.`until` AS `until_right`,
                  `t29`.`customer_id` AS `customer_id_right`,
                  `t29`.`contacted_on`
                FROM (
                  SELECT
                    `t33`.`as_of`,
                    `t33`.`opened_on`,
                    `t33`.`until`,
                    `t33`.`group`,
                    `t33`.`days_past_due`,
                    `t33`.`customer_id`,
                    `t33`.`paid_on` AS `on`,
                    CAST(0 AS INT64) AS `balance`,
                    `t33`.`amount` AS `cash`
                  FROM (
                    SELECT
                      `t30`.`as_of`,
                      `t30`.`opened_on`,
                      `t30`.`until`,
                      `t30`.`invoice_id`,
                      `t30`.`amount`,
                      `t30`.`paid_on`,
                      `t30`.`on`,
                      `t15`.`customer_id`,
                      `t15`.`group`,
                      `t15`.`currency`,
                      `t15`.`issued_on`,
                      `t15`.`due_on`,
                      `t15`.`entered_on`,
                      `t15`.`balance`,
                      DATE_DIFF(`t30`.`on`, `t15`.`due_on`, DAY) AS `days_past_due`
                    FROM (
                      SELECT
                        `t23`.`as_of`,
                        `t23`.`opened_on`,
                        `t23`.`until`,
                        `t23`.`invoice_id`,
                        `t23`.`amount`,
                        `t23`.`paid_on`,
                        `t23`.`opened_on` AS `on`
                      FROM (
                        SELECT
                          `t21`.*
                          EXCEPT (`entered_on`)
                        FROM (
                          SELECT
                            `t9`.`as_of`,
                            `t9`.`opened_on`,
                            `t9`.`until`,
                            `t16`.`invoice_id`,
                            `t16`.`amount`,
                            `t16`.`entered_on`,
                            `t16`.`paid_on`
                          FROM (
                            SELECT
                              `t0`.`as_of`,
                              `t0`.`opened_on`,
                              `t0`.`until`
                            FROM `days` AS `t0`
                          ) AS `t9`
                          INNER JOIN (
                            SELECT
                              `t3`.`invoice_id`,
                              `t3`.`amount`,
                              `t3`.`entered_on`,
                              `t3`.`counted_on` AS `paid_on`
                            FROM `entries` AS `t3`
                            WHERE
                              `t3`.`kind` = 'cash' AND `t3`.`entered_on` > `t3`.`counted_on`
                          ) AS `t16`
                            ON `t16`.`paid_on` > `t9`.`opened_on`
                            AND `t16`.`paid_on` <= `t9`.`until`
                            AND `t16`.`entered_on` > `t9`.`until`
                            AND `t16`.`entered_on` <= `t9`.`as_of`
                        ) AS `t21`
                      ) AS `t23`
                    ) AS `t30`
                    INNER JOIN (
                      SELECT
                        *
                      FROM `spells` AS `t1`
                      WHERE
                        `t1`.`balance` <> 0
                    ) AS `t15`
                      ON `t30`.`invoice_id` = `t15`.`invoice_id`
                      AND `t15`.`since` <= `t30`.`on`
                      AND `t15`.`until` > `t30`.`on`
                  ) AS `t33`
                  WHERE
                    `t33`.`balance` > 0 AND `t33`.`days_past_due` > 0
                ) AS `t37`
                LEFT OUTER JOIN (
                  SELECT
                    `t20`.`opened_on`,
                    `t20`.`until`,
                    `t20`.`customer_id`,
                    MIN(`t20`.`contacted_on`) AS `contacted_on`
                  FROM (
                    SELECT
                      `t14`.`opened_on`,
                      `t14`.`until`,
                      `t11`.`customer_id`,
                      `t11`.`contacted_on`,
                      `t11`.`entered_on`
                    FROM `t5` AS `t14`
                    INNER JOIN (
                      SELECT
                        `t2`.`customer_id`,
                        `t2`.`contacted_on`,
                        `t2`.`entered_on`
                      FROM `contacts` AS `t2`
                    ) AS `t11`
                      ON `t11`.`contacted_on` > `t14`.`opened_on` AND `t11`.`entered_on` <= `t14`.`until`
                  ) AS `t20`
                  GROUP BY
                    1,
                    2,
                    3
                ) AS `t29`
                  ON `t37`.`opened_on` = `t29`.`opened_on`
                  AND `t37`.`until` = `t29`.`until`
                  AND `t37`.`customer_id` = `t29`.`customer_id`
              ) AS `t40`
              WHERE
                (
                  `t40`.`contacted_on` IS NULL
                ) OR (
                  `t40`.`on` < `t40`.`contacted_on`
                )
            ) AS `t42`
            GROUP BY
              1,
              2,
              3,
              4,
              5
          ) AS `t45`
            ON `t4`.`as_of` = `t45`.`as_of`
            AND `t4`.`opened_on` = `t45`.`opened_on`
            AND `t4`.`until` = `t45`.`until`
        ) AS `t48`
      ) AS `t50`
      GROUP BY
        1,
        2,
        3,
        4
    ) AS `t51`
    WHERE
      `t51`.`balance` > 0
  ) AS `t52`
  GROUP BY
    1,
    2
) AS `t53`
WHERE
  `t53`.`unknown` = 0

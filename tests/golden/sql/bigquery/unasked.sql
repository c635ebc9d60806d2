WITH `t37` AS (
  SELECT
    *
  FROM (
    SELECT
      *
    FROM (
      SELECT
        *
      FROM (
        SELECT
          `t0`.`as_of`,
          `t0`.`opening_10_on` AS `opened_on`,
          `t0`.`opening_9_on` AS `until`,
          10 AS `ago`
        FROM `calendar` AS `t0`
        WHERE
          FALSE
      ) AS `t5`
      UNION ALL
      SELECT
        *
      FROM (
        SELECT
          `t0`.`as_of`,
          `t0`.`opening_11_on` AS `opened_on`,
          `t0`.`opening_10_on` AS `until`,
          11 AS `ago`
        FROM `calendar` AS `t0`
        WHERE
          FALSE
      ) AS `t6`
    ) AS `t20`
    UNION ALL
    SELECT
      *
    FROM (
      SELECT
        *
      FROM (
        SELECT
          `t0`.`as_of`,
          `t0`.`opening_12_on` AS `opened_on`,
          `t0`.`opening_11_on` AS `until`,
          12 AS `ago`
        FROM `calendar` AS `t0`
        WHERE
          FALSE
      ) AS `t7`
      UNION ALL
      SELECT
        *
      FROM (
        SELECT
          *
        FROM (
          SELECT
            `t0`.`as_of`,
            `t0`.`opening_on` AS `opened_on`,
            `t0`.`as_of` AS `until`,
            0 AS `ago`
          FROM `calendar` AS `t0`
          WHERE
            FALSE
        ) AS `t8`
        UNION ALL
        SELECT
          *
        FROM (
          SELECT
            `t0`.`as_of`,
            `t0`.`opening_1_on` AS `opened_on`,
            `t0`.`opening_on` AS `until`,
            1 AS `ago`
          FROM `calendar` AS `t0`
          WHERE
            FALSE
        ) AS `t9`
      ) AS `t21`
    ) AS `t30`
  ) AS `t35`
  UNION ALL
  SELECT
    *
  FROM (
    SELECT
      *
    FROM (
      SELECT
        *
      FROM (
        SELECT
          *
        FROM (
          SELECT
            `t0`.`as_of`,
            `t0`.`opening_2_on` AS `opened_on`,
            `t0`.`opening_1_on` AS `until`,
            2 AS `ago`
          FROM `calendar` AS `t0`
          WHERE
            FALSE
        ) AS `t10`
        UNION ALL
        SELECT
          *
        FROM (
          SELECT
            `t0`.`as_of`,
            `t0`.`opening_3_on` AS `opened_on`,
            `t0`.`opening_2_on` AS `until`,
            3 AS `ago`
          FROM `calendar` AS `t0`
          WHERE
            FALSE
        ) AS `t11`
      ) AS `t22`
      UNION ALL
      SELECT
        *
      FROM (
        SELECT
          *
        FROM (
          SELECT
            `t0`.`as_of`,
            `t0`.`opening_4_on` AS `opened_on`,
            `t0`.`opening_3_on` AS `until`,
            4 AS `ago`
          FROM `calendar` AS `t0`
          WHERE
            FALSE
        ) AS `t12`
        UNION ALL
        SELECT
          *
        FROM (
          SELECT
            `t0`.`as_of`,
            `t0`.`opening_5_on` AS `opened_on`,
            `t0`.`opening_4_on` AS `until`,
            5 AS `ago`
          FROM `calendar` AS `t0`
          WHERE
            FALSE
        ) AS `t13`
      ) AS `t23`
    ) AS `t31`
    UNION ALL
    SELECT
      *
    FROM (
      SELECT
        *
      FROM (
        SELECT
          *
        FROM (
          SELECT
            `t0`.`as_of`,
            `t0`.`opening_6_on` AS `opened_on`,
            `t0`.`opening_5_on` AS `until`,
            6 AS `ago`
          FROM `calendar` AS `t0`
          WHERE
            FALSE
        ) AS `t14`
        UNION ALL
        SELECT
          *
        FROM (
          SELECT
            `t0`.`as_of`,
            `t0`.`opening_7_on` AS `opened_on`,
            `t0`.`opening_6_on` AS `until`,
            7 AS `ago`
          FROM `calendar` AS `t0`
          WHERE
            FALSE
        ) AS `t15`
      ) AS `t24`
      UNION ALL
      SELECT
        *
      FROM (
        SELECT
          *
        FROM (
          SELECT
            `t0`.`as_of`,
            `t0`.`opening_8_on` AS `opened_on`,
            `t0`.`opening_7_on` AS `until`,
            8 AS `ago`
          FROM `calendar` AS `t0`
          WHERE
            FALSE
        ) AS `t16`
        UNION ALL
        SELECT
          *
        FROM (
          SELECT
            `t0`.`as_of`,
            `t0`.`opening_9_on` AS `opened_on`,
            `t0`.`opening_8_on` AS `until`,
            9 AS `ago`
          FROM `calendar` AS `t0`
          WHERE
            FALSE
        ) AS `t17`
      ) AS `t25`
    ) AS `t32`
  ) AS `t36`
), `t40` AS (
  SELECT DISTINCT
    `t38`.`opened_on`,
    `t38`.`until`
  FROM `t37` AS `t38`
), `t63` AS (
  SELECT
    `t39`.`as_of`,
    `t39`.`opened_on`,
    `t39`.`until`,
    `t39`.`ago`,
    `t62`.`group`,
    `t62`.`bucket`,
    `t62`.`contacted`,
    `t62`.`balance`,
    `t62`.`cash`
  FROM `t37` AS `t39`
  INNER JOIN (
    SELECT
      `t60`.`opened_on`,
      `t60`.`until`,
      `t60`.`group`,
      `t60`.`bucket`,
      `t60`.`contacted`,
      COALESCE(SUM(`t60`.`balance`), 0) AS `balance`,
      COALESCE(SUM(`t60`.`cash`), 0) AS `cash`
    FROM (
      SELECT
        `t59`.`opened_on`,
        `t59`.`until`,
        `t59`.`group`,
        `t59`.`customer_id`,
        `t59`.`invoice_id`,
        `t59`.`balance`,
        `t59`.`days_past_due`,
        `t59`.`cash`,
        `t59`.`bucket`,
        `t59`.`opened_on_right`,
        `t59`.`until_right`,
        `t59`.`customer_id_right`,
        COALESCE(`t59`.`contacted`, FALSE) AS `contacted`
      FROM (
        SELECT
          `t58`.`opened_on`,
          `t58`.`until`,
          `t58`.`group`,
          `t58`.`customer_id`,
          `t58`.`invoice_id`,
          `t58`.`balance`,
          `t58`.`days_past_due`,
          `t58`.`cash`,
          `t58`.`bucket`,
          `t48`.`opened_on` AS `opened_on_right`,
          `t48`.`until` AS `until_right`,
          `t48`.`customer_id` AS `customer_id_right`,
          `t48`.`contacted`
        FROM (
          SELECT
            `t56`.`opened_on`,
            `t56`.`until`,
            `t56`.`group`,
            `t56`.`customer_id`,
            `t56`.`invoice_id`,
            `t56`.`balance`,
            `t56`.`days_past_due`,
            `t56`.`cash`,
            CASE
              WHEN `t56`.`days_past_due` <= 0
              THEN 'current'
              WHEN (
                `t56`.`days_past_due` > 0
              ) AND (
                `t56`.`days_past_due` <= 30
              )
              THEN '1-30'
              WHEN (
                `t56`.`days_past_due` > 30
              ) AND (
                `t56`.`days_past_due` <= 60
              )
              THEN '31-60'
              WHEN (
                `t56`.`days_past_due` > 60
              ) AND (
                `t56`.`days_past_due` <= 90
              )
              THEN '61-90'
              WHEN (
                `t56`.`days_past_due` > 90
              ) AND (
                `t56`.`days_past_due` <= 120
              )
              THEN '91-120'
              WHEN `t56`.`days_past_due` > 120
              THEN '121+'
              ELSE NULL
            END AS `bucket`
          FROM (
            SELECT
              `t55`.`opened_on`,
              `t55`.`until`,
              `t55`.`group`,
              `t55`.`customer_id`,
              `t55`.`invoice_id`,
              `t55`.`balance`,
              `t55`.`days_past_due`,
              COALESCE(SUM(`t55`.`amount`), 0) AS `cash`
            FROM (
              SELECT
                `t42`.`opened_on`,
                `t42`.`until`,
                `t54`.`invoice_id`,
                `t54`.`balance`,
                `t54`.`customer_id`,
                `t54`.`group`,
                `t54`.`issued_on`,
                `t54`.`due_on`,
                `t54`.`days_past_due`,
                `t33`.`invoice_id` AS `invoice_id_right`,
                `t33`.`amount`,
                `t33`.`entered_on`
              FROM `t40` AS `t42`
              INNER JOIN (
                SELECT
                  `t52`.*
                  EXCEPT (`entered_on`)
                FROM (
                  SELECT
                    `t51`.`on` AS `opened_on`,
                    `t51`.`invoice_id`,
                    `t51`.`balance`,
                    `t51`.`customer_id`,
                    `t51`.`group`,
                    `t51`.`issued_on`,
                    `t51`.`due_on`,
                    `t51`.`entered_on`,
                    DATE_DIFF(`t51`.`on`, `t51`.`due_on`, DAY) AS `days_past_due`
                  FROM (
                    SELECT
                      `t50`.`on`,
                      `t50`.`invoice_id`,
                      `t50`.`balance`,
                      `t28`.`customer_id`,
                      `t28`.`group`,
                      `t28`.`issued_on`,
                      `t28`.`due_on`,
                      `t28`.`entered_on`
                    FROM (
                      SELECT
                        `t47`.`on`,
                        `t47`.`invoice_id`,
                        `t47`.`balance`
                      FROM (
                        SELECT
                          `t44`.`on`,
                          `t34`.`invoice_id`,
                          `t34`.`since`,
                          `t34`.`until`,
                          `t34`.`balance`
                        FROM (
                          SELECT DISTINCT
                            `t41`.`opened_on` AS `on`
                          FROM `t40` AS `t41`
                        ) AS `t44`
                        INNER JOIN (
                          SELECT
                            *
                          FROM `spells` AS `t4`
                          WHERE
                            `t4`.`balance` <> 0
                        ) AS `t34`
                          ON `t34`.`since` <= `t44`.`on` AND `t34`.`until` > `t44`.`on`
                      ) AS `t47`
                    ) AS `t50`
                    INNER JOIN (
                      SELECT
                        `t3`.`invoice_id`,
                        `t3`.`customer_id`,
                        `t3`.`group`,
                        `t3`.`issued_on`,
                        `t3`.`due_on`,
                        `t3`.`entered_on`
                      FROM `invoices` AS `t3`
                    ) AS `t28`
                      ON `t50`.`invoice_id` = `t28`.`invoice_id`
                  ) AS `t51`
                  WHERE
                    `t51`.`balance` > 0 AND DATE_DIFF(`t51`.`on`, `t51`.`due_on`, DAY) > 0
                ) AS `t52`
              ) AS `t54`
                ON `t42`.`opened_on` = `t54`.`opened_on`
              LEFT OUTER JOIN (
                SELECT
                  `t1`.`invoice_id`,
                  `t1`.`amount`,
                  `t1`.`entered_on`
                FROM `entries` AS `t1`
                WHERE
                  `t1`.`kind` = 'cash'
              ) AS `t33`
                ON `t54`.`invoice_id` = `t33`.`invoice_id`
                AND `t33`.`entered_on` > `t42`.`opened_on`
                AND `t33`.`entered_on` <= `t42`.`until`
            ) AS `t55`
            GROUP BY
              1,
              2,
              3,
              4,
              5,
              6,
              7
          ) AS `t56`
        ) AS `t58`
        LEFT OUTER JOIN (
          SELECT DISTINCT
            *
          FROM (
            SELECT
              `t42`.`opened_on`,
              `t42`.`until`,
              `t27`.`customer_id`,
              TRUE AS `contacted`
            FROM `t40` AS `t42`
            INNER JOIN (
              SELECT
                `t2`.`customer_id`,
                `t2`.`contacted_on`,
                `t2`.`entered_on`
              FROM `contacts` AS `t2`
            ) AS `t27`
              ON `t27`.`contacted_on` > `t42`.`opened_on` AND `t27`.`entered_on` <= `t42`.`until`
          ) AS `t45`
        ) AS `t48`
          ON `t58`.`opened_on` = `t48`.`opened_on`
          AND `t58`.`until` = `t48`.`until`
          AND `t58`.`customer_id` = `t48`.`customer_id`
      ) AS `t59`
    ) AS `t60`
    GROUP BY
      1,
      2,
      3,
      4,
      5
  ) AS `t62`
    ON `t39`.`opened_on` = `t62`.`opened_on` AND `t39`.`until` = `t62`.`until`
)
SELECT
  `t73`.`as_of`,
  `t73`.`group`,
  `t73`.`unasked_month`
FROM (
  SELECT
    `t72`.`as_of`,
    `t72`.`group`,
    CAST(SUM(
      CAST(ieee_divide(
        CAST(`t72`.`balance` AS FLOAT64) * CAST(`t72`.`came` AS FLOAT64),
        CAST(`t72`.`left` AS FLOAT64)
      ) AS NUMERIC)
    ) AS FLOAT64) AS `unasked_month`,
    SUM(IF(`t72`.`left` IS NULL, 1, 0)) AS `unknown`
  FROM (
    SELECT
      `t69`.`as_of`,
      `t69`.`group`,
      `t69`.`bucket`,
      `t69`.`balance`,
      `t71`.`as_of` AS `as_of_right`,
      `t71`.`group` AS `group_right`,
      `t71`.`bucket` AS `bucket_right`,
      `t71`.`left`,
      `t71`.`came`
    FROM (
      SELECT
        `t65`.`as_of`,
        `t65`.`group`,
        `t65`.`bucket`,
        COALESCE(SUM(`t65`.`balance`), 0) AS `balance`
      FROM (
        SELECT
          *
        FROM `t63` AS `t64`
        WHERE
          `t64`.`ago` = 0
      ) AS `t65`
      GROUP BY
        1,
        2,
        3
    ) AS `t69`
    LEFT OUTER JOIN (
      SELECT
        *
      FROM (
        SELECT
          `t66`.`as_of`,
          `t66`.`group`,
          `t66`.`bucket`,
          COALESCE(SUM(`t66`.`balance`), 0) AS `left`,
          COALESCE(SUM(`t66`.`cash`), 0) AS `came`
        FROM (
          SELECT
            *
          FROM `t63` AS `t64`
          WHERE
            `t64`.`ago` > 0 AND NOT (
              `t64`.`contacted`
            )
        ) AS `t66`
        GROUP BY
          1,
          2,
          3
      ) AS `t68`
      WHERE
        `t68`.`left` > 0
    ) AS `t71`
      ON `t69`.`as_of` = `t71`.`as_of`
      AND `t69`.`group` = `t71`.`group`
      AND `t69`.`bucket` = `t71`.`bucket`
  ) AS `t72`
  GROUP BY
    1,
    2
) AS `t73`
WHERE
  `t73`.`unknown` = 0

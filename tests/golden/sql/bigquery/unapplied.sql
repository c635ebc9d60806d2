SELECT
  `t23`.`as_of`,
  `t23`.`group`,
  COALESCE(SUM(`t23`.`unapplied`), 0) AS `unapplied`
FROM (
  SELECT
    `t22`.`as_of`,
    `t22`.`group`,
    `t22`.`customer_id`,
    `t22`.`held` AS `unapplied`
  FROM (
    SELECT
      `t21`.`as_of`,
      `t21`.`customer_id`,
      `t21`.`held`,
      `t10`.`group`,
      `t10`.`since`
    FROM (
      SELECT
        *
      FROM (
        SELECT
          `t18`.`as_of`,
          `t18`.`customer_id`,
          COALESCE(SUM(`t18`.`balance`), 0) AS `held`
        FROM (
          SELECT
            `t8`.`as_of`,
            `t17`.`customer_id`,
            `t17`.`currency`,
            `t17`.`balance`
          FROM (
            SELECT
              `t1`.`as_of`
            FROM `calendar` AS `t1`
          ) AS `t8`
          INNER JOIN (
            SELECT
              `t15`.`customer_id`,
              `t15`.`currency`,
              `t15`.`since`,
              COALESCE(
                LEAD(`t15`.`since`) OVER (PARTITION BY `t15`.`customer_id`, `t15`.`currency` ORDER BY `t15`.`since` ASC),
                DATE(9999, 12, 31)
              ) AS `until`,
              SUM(`t15`.`change`) OVER (
                PARTITION BY `t15`.`customer_id`, `t15`.`currency`
                ORDER BY `t15`.`since` ASC
                ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
              ) AS `balance`
            FROM (
              SELECT
                `t14`.`customer_id`,
                `t14`.`currency`,
                `t14`.`entered_on` AS `since`,
                SUM(`t14`.`change`) AS `change`
              FROM (
                SELECT
                  *
                FROM (
                  SELECT
                    `t2`.`customer_id`,
                    `t2`.`currency`,
                    `t2`.`entered_on`,
                    `t2`.`amount` AS `change`
                  FROM `receipts` AS `t2`
                ) AS `t6`
                UNION ALL
                SELECT
                  *
                FROM (
                  SELECT
                    *
                  FROM (
                    SELECT
                      `t11`.`customer_id`,
                      `t11`.`currency`,
                      `t11`.`entered_on`,
                      `t11`.`change`
                    FROM (
                      SELECT
                        *
                      FROM `entries` AS `t3`
                      WHERE
                        `t3`.`kind` = 'cash'
                    ) AS `t11`
                    WHERE
                      EXISTS(
                        SELECT
                          1
                        FROM `receipts` AS `t4`
                        WHERE
                          `t11`.`customer_id` = `t4`.`customer_id`
                      )
                  ) AS `t12`
                ) AS `t13`
              ) AS `t14`
              GROUP BY
                1,
                2,
                3
            ) AS `t15`
          ) AS `t17`
            ON `t17`.`since` <= `t8`.`as_of` AND `t17`.`until` > `t8`.`as_of`
        ) AS `t18`
        GROUP BY
          1,
          2
      ) AS `t19`
      WHERE
        `t19`.`held` > 0
    ) AS `t21`
    INNER JOIN (
      SELECT
        `t0`.`customer_id`,
        MIN(`t0`.`group`) AS `group`,
        MIN(`t0`.`entered_on`) AS `since`
      FROM `receipts` AS `t0`
      GROUP BY
        1
    ) AS `t10`
      ON `t21`.`customer_id` = `t10`.`customer_id`
  ) AS `t22`
  WHERE
    `t22`.`since` <= `t22`.`as_of`
) AS `t23`
GROUP BY
  1,
  2

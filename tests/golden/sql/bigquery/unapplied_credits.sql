SELECT
  `t33`.`as_of`,
  `t33`.`group`,
  `t33`.`held` AS `unapplied_credits`
FROM (
  SELECT
    `t32`.`as_of`,
    `t32`.`group`,
    COALESCE(SUM(`t32`.`held`), 0) AS `held`
  FROM (
    SELECT
      *
    FROM (
      SELECT
        `t30`.`as_of`,
        `t30`.`customer_id`,
        `t30`.`held`,
        `t23`.`group`,
        `t23`.`since`
      FROM (
        SELECT
          *
        FROM (
          SELECT
            `t27`.`as_of`,
            `t27`.`customer_id`,
            COALESCE(SUM(`t27`.`balance`), 0) AS `held`
          FROM (
            SELECT
              `t11`.`as_of`,
              `t26`.`customer_id`,
              `t26`.`currency`,
              `t26`.`balance`
            FROM (
              SELECT
                `t0`.`as_of`
              FROM `calendar` AS `t0`
            ) AS `t11`
            INNER JOIN (
              SELECT
                `t24`.`customer_id`,
                `t24`.`currency`,
                `t24`.`since`,
                COALESCE(
                  LEAD(`t24`.`since`) OVER (PARTITION BY `t24`.`customer_id`, `t24`.`currency` ORDER BY `t24`.`since` ASC),
                  DATE(9999, 12, 31)
                ) AS `until`,
                SUM(`t24`.`change`) OVER (
                  PARTITION BY `t24`.`customer_id`, `t24`.`currency`
                  ORDER BY `t24`.`since` ASC
                  ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
                ) AS `balance`
              FROM (
                SELECT
                  `t21`.`customer_id`,
                  `t21`.`currency`,
                  `t21`.`entered_on` AS `since`,
                  SUM(`t21`.`change`) AS `change`
                FROM (
                  SELECT
                    *
                  FROM (
                    SELECT
                      `t1`.`customer_id`,
                      `t1`.`currency`,
                      `t1`.`entered_on`,
                      `t1`.`amount` AS `change`
                    FROM `credits` AS `t1`
                  ) AS `t7`
                  UNION ALL
                  SELECT
                    *
                  FROM (
                    SELECT
                      `t18`.`customer_id`,
                      COALESCE(`t18`.`currency`, `t18`.`own`) AS `currency`,
                      GREATEST(`t18`.`entered_on`, `t18`.`came_on`) AS `entered_on`,
                      `t18`.`change`
                    FROM (
                      SELECT
                        `t16`.`invoice_id`,
                        `t16`.`credit_id`,
                        `t16`.`entered_on`,
                        `t16`.`change`,
                        `t12`.`customer_id`,
                        `t12`.`own`,
                        `t12`.`came_on`,
                        `t15`.`invoice_id` AS `invoice_id_right`,
                        `t15`.`currency`
                      FROM (
                        SELECT
                          `t3`.`invoice_id`,
                          `t3`.`credit_id`,
                          `t3`.`entered_on`,
                          -(
                            `t3`.`amount`
                          ) AS `change`
                        FROM `applications` AS `t3`
                      ) AS `t16`
                      INNER JOIN (
                        SELECT
                          `t1`.`credit_id`,
                          `t1`.`customer_id`,
                          `t1`.`currency` AS `own`,
                          `t1`.`entered_on` AS `came_on`
                        FROM `credits` AS `t1`
                      ) AS `t12`
                        ON `t16`.`credit_id` = `t12`.`credit_id`
                      LEFT OUTER JOIN (
                        SELECT
                          `t4`.`invoice_id`,
                          `t4`.`currency`
                        FROM `invoices` AS `t4`
                      ) AS `t15`
                        ON `t16`.`invoice_id` = `t15`.`invoice_id`
                    ) AS `t18`
                  ) AS `t20`
                ) AS `t21`
                GROUP BY
                  1,
                  2,
                  3
              ) AS `t24`
            ) AS `t26`
              ON `t26`.`since` <= `t11`.`as_of` AND `t26`.`until` > `t11`.`as_of`
          ) AS `t27`
          GROUP BY
            1,
            2
        ) AS `t28`
        WHERE
          `t28`.`held` > 0
      ) AS `t30`
      INNER JOIN (
        SELECT
          `t19`.`customer_id`,
          MIN(`t19`.`group`) AS `group`,
          MIN(`t19`.`entered_on`) AS `since`
        FROM (
          SELECT
            `t17`.`row`,
            `t17`.`credit_id`,
            `t17`.`customer_id`,
            `t17`.`issued_on`,
            `t17`.`amount`,
            `t17`.`currency`,
            `t17`.`reason`,
            `t17`.`known_on`,
            `t17`.`entered_on`,
            `t17`.`customer_id_right`,
            `t17`.`theirs`,
            COALESCE(`t17`.`theirs`, '(none)') AS `group`
          FROM (
            SELECT
              `t5`.`row`,
              `t5`.`credit_id`,
              `t5`.`customer_id`,
              `t5`.`issued_on`,
              `t5`.`amount`,
              `t5`.`currency`,
              `t5`.`reason`,
              `t5`.`known_on`,
              `t5`.`entered_on`,
              `t13`.`customer_id` AS `customer_id_right`,
              `t13`.`theirs`
            FROM `credits` AS `t5`
            LEFT OUTER JOIN (
              SELECT
                `t2`.`customer_id`,
                `t2`.`segment` AS `theirs`
              FROM `customers` AS `t2`
            ) AS `t13`
              ON `t5`.`customer_id` = `t13`.`customer_id`
          ) AS `t17`
        ) AS `t19`
        GROUP BY
          1
      ) AS `t23`
        ON `t30`.`customer_id` = `t23`.`customer_id`
    ) AS `t31`
    WHERE
      `t31`.`since` <= `t31`.`as_of`
  ) AS `t32`
  GROUP BY
    1,
    2
) AS `t33`

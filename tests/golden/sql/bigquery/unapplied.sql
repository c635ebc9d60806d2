SELECT
  `t32`.`as_of`,
  `t32`.`group`,
  COALESCE(SUM(`t32`.`unapplied`), 0) AS `unapplied`
FROM (
  SELECT
    `t31`.`as_of`,
    `t31`.`group`,
    `t31`.`customer_id`,
    `t31`.`held` AS `unapplied`
  FROM (
    SELECT
      `t30`.`as_of`,
      `t30`.`customer_id`,
      `t30`.`held`,
      `t15`.`group`,
      `t15`.`since`
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
              `t1`.`as_of`
            FROM `calendar` AS `t1`
          ) AS `t11`
          INNER JOIN (
            SELECT
              *
            FROM (
              SELECT
                `t23`.`customer_id`,
                `t23`.`currency`,
                `t23`.`since`,
                COALESCE(
                  LEAD(`t23`.`since`) OVER (PARTITION BY `t23`.`customer_id`, `t23`.`currency` ORDER BY `t23`.`since` ASC),
                  DATE(9999, 12, 31)
                ) AS `until`,
                SUM(`t23`.`change`) OVER (
                  PARTITION BY `t23`.`customer_id`, `t23`.`currency`
                  ORDER BY `t23`.`since` ASC
                  ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
                ) AS `balance`
              FROM (
                SELECT
                  `t22`.`customer_id`,
                  `t22`.`currency`,
                  `t22`.`entered_on` AS `since`,
                  SUM(`t22`.`change`) AS `change`
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
                  ) AS `t7`
                  UNION ALL
                  SELECT
                    *
                  FROM (
                    SELECT
                      `t20`.`customer_id`,
                      `t20`.`currency`,
                      `t20`.`entered_on`,
                      `t20`.`change`
                    FROM (
                      SELECT
                        `t19`.`customer_id`,
                        `t19`.`entered_on`,
                        `t19`.`change`,
                        `t19`.`own` AS `currency`
                      FROM (
                        SELECT
                          `t17`.`invoice_id`,
                          `t17`.`receipt_id`,
                          `t17`.`used_on`,
                          `t17`.`change`,
                          `t17`.`receipt_id_right`,
                          COALESCE(`t17`.`customer_id`, `t17`.`billed_to`) AS `customer_id`,
                          COALESCE(`t17`.`own`, `t17`.`currency`) AS `own`,
                          COALESCE(`t17`.`came_on`, `t17`.`used_on`) AS `came_on`,
                          `t17`.`invoice_id_right`,
                          COALESCE(`t17`.`currency`, `t17`.`own`) AS `currency`,
                          `t17`.`billed_to`,
                          GREATEST(`t17`.`used_on`, COALESCE(`t17`.`came_on`, `t17`.`used_on`)) AS `entered_on`
                        FROM (
                          SELECT
                            `t16`.`invoice_id`,
                            `t16`.`receipt_id`,
                            `t16`.`used_on`,
                            `t16`.`change`,
                            `t12`.`receipt_id` AS `receipt_id_right`,
                            `t12`.`customer_id`,
                            `t12`.`own`,
                            `t12`.`came_on`,
                            `t14`.`invoice_id` AS `invoice_id_right`,
                            `t14`.`currency`,
                            `t14`.`billed_to`
                          FROM (
                            SELECT
                              `t3`.`invoice_id`,
                              `t3`.`receipt_id`,
                              `t3`.`entered_on` AS `used_on`,
                              -(
                                `t3`.`amount`
                              ) AS `change`
                            FROM `applications` AS `t3`
                            WHERE
                              `t3`.`kind` = 'cash'
                          ) AS `t16`
                          LEFT OUTER JOIN (
                            SELECT
                              `t2`.`receipt_id`,
                              `t2`.`customer_id`,
                              `t2`.`currency` AS `own`,
                              `t2`.`entered_on` AS `came_on`
                            FROM `receipts` AS `t2`
                          ) AS `t12`
                            ON `t16`.`receipt_id` = `t12`.`receipt_id`
                          LEFT OUTER JOIN (
                            SELECT
                              `t4`.`invoice_id`,
                              `t4`.`currency`,
                              `t4`.`customer_id` AS `billed_to`
                            FROM `invoices` AS `t4`
                          ) AS `t14`
                            ON `t16`.`invoice_id` = `t14`.`invoice_id`
                        ) AS `t17`
                      ) AS `t19`
                      WHERE
                        EXISTS(
                          SELECT
                            1
                          FROM `receipts` AS `t5`
                          WHERE
                            `t19`.`customer_id` = `t5`.`customer_id`
                        )
                    ) AS `t20`
                  ) AS `t21`
                ) AS `t22`
                GROUP BY
                  1,
                  2,
                  3
              ) AS `t23`
            ) AS `t24`
            WHERE
              `t24`.`balance` <> 0
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
        `t0`.`customer_id`,
        MIN(`t0`.`group`) AS `group`,
        MIN(`t0`.`entered_on`) AS `since`
      FROM `receipts` AS `t0`
      GROUP BY
        1
    ) AS `t15`
      ON `t30`.`customer_id` = `t15`.`customer_id`
  ) AS `t31`
  WHERE
    `t31`.`since` <= `t31`.`as_of`
) AS `t32`
GROUP BY
  1,
  2

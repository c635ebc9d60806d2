SELECT
  `t20`.`as_of`,
  `t20`.`group`,
  COALESCE(SUM(`t20`.`held`), 0) AS `unapplied`
FROM (
  SELECT
    *
  FROM (
    SELECT
      `t18`.`as_of`,
      `t18`.`customer_id`,
      `t18`.`held`,
      `t8`.`group`,
      `t8`.`since`
    FROM (
      SELECT
        *
      FROM (
        SELECT
          `t15`.`as_of`,
          `t15`.`customer_id`,
          COALESCE(SUM(`t15`.`amount`), 0) AS `held`
        FROM (
          SELECT
            *
          FROM (
            SELECT
              `t6`.`as_of`,
              `t3`.`customer_id`,
              `t3`.`amount`
            FROM (
              SELECT
                `t1`.`as_of`
              FROM `calendar` AS `t1`
            ) AS `t6`
            INNER JOIN `receipts` AS `t3`
              ON `t3`.`entered_on` <= `t6`.`as_of`
          ) AS `t10`
          UNION ALL
          SELECT
            *
          FROM (
            SELECT
              `t6`.`as_of`,
              `t13`.`customer_id`,
              `t13`.`amount`
            FROM (
              SELECT
                `t1`.`as_of`
              FROM `calendar` AS `t1`
            ) AS `t6`
            INNER JOIN (
              SELECT
                `t11`.`invoice_id`,
                `t11`.`customer_id`,
                `t11`.`group`,
                `t11`.`issued_on`,
                `t11`.`due_on`,
                `t11`.`change` AS `amount`,
                `t11`.`entered_on`,
                `t11`.`happened_on`,
                `t11`.`change`,
                `t11`.`kind`
              FROM (
                SELECT
                  `t9`.`invoice_id`,
                  `t9`.`customer_id`,
                  `t9`.`group`,
                  `t9`.`issued_on`,
                  `t9`.`due_on`,
                  `t9`.`amount`,
                  `t9`.`entered_on`,
                  `t9`.`happened_on`,
                  `t9`.`change`,
                  `t9`.`kind`
                FROM (
                  SELECT
                    *
                  FROM `entries` AS `t2`
                  WHERE
                    `t2`.`kind` = 'cash'
                ) AS `t9`
                LEFT SEMI JOIN `receipts` AS `t3`
                  ON `t9`.`customer_id` = `t3`.`customer_id`
              ) AS `t11`
            ) AS `t13`
              ON `t13`.`entered_on` <= `t6`.`as_of`
          ) AS `t14`
        ) AS `t15`
        GROUP BY
          1,
          2
      ) AS `t16`
      WHERE
        `t16`.`held` > 0
    ) AS `t18`
    INNER JOIN (
      SELECT
        `t0`.`customer_id`,
        MIN(`t0`.`group`) AS `group`,
        MIN(`t0`.`entered_on`) AS `since`
      FROM `receipts` AS `t0`
      GROUP BY
        1
    ) AS `t8`
      ON `t18`.`customer_id` = `t8`.`customer_id`
  ) AS `t19`
  WHERE
    `t19`.`since` <= `t19`.`as_of`
) AS `t20`
GROUP BY
  1,
  2

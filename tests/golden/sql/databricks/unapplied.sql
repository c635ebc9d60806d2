SELECT
  `t15`.`as_of`,
  `t15`.`group`,
  SUM(`t15`.`held`) AS `unapplied`
FROM (
  SELECT
    `t14`.`as_of`,
    `t14`.`customer_id`,
    `t14`.`held`,
    `t6`.`group`
  FROM (
    SELECT
      *
    FROM (
      SELECT
        `t11`.`as_of`,
        `t11`.`customer_id`,
        SUM(`t11`.`change`) AS `held`
      FROM (
        SELECT
          `t7`.`as_of`,
          `t10`.`customer_id`,
          `t10`.`entered_on`,
          `t10`.`change`
        FROM (
          SELECT
            `t1`.`as_of`
          FROM `calendar` AS `t1`
        ) AS `t7`
        INNER JOIN (
          SELECT
            *
          FROM (
            SELECT
              `t0`.`customer_id`,
              `t0`.`entered_on`,
              `t0`.`amount` AS `change`
            FROM `receipts` AS `t0`
          ) AS `t4`
          UNION ALL
          SELECT
            *
          FROM (
            SELECT
              `t2`.`customer_id`,
              `t2`.`entered_on`,
              -(
                `t2`.`amount`
              ) AS `change`
            FROM `entries` AS `t2`
            WHERE
              `t2`.`kind` = 'cash'
          ) AS `t8`
        ) AS `t10`
          ON `t10`.`entered_on` <= `t7`.`as_of`
      ) AS `t11`
      GROUP BY
        1,
        2
    ) AS `t12`
    WHERE
      `t12`.`held` > 0
  ) AS `t14`
  INNER JOIN (
    SELECT DISTINCT
      `t0`.`customer_id`,
      `t0`.`group`
    FROM `receipts` AS `t0`
  ) AS `t6`
    ON `t14`.`customer_id` = `t6`.`customer_id`
) AS `t15`
GROUP BY
  1,
  2

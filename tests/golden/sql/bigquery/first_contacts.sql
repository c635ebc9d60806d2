SELECT
  `t17`.`as_of`,
  `t17`.`group`,
  `t17`.`median` AS `reminder_median_days`
FROM (
  SELECT
    `t16`.`as_of`,
    `t16`.`group`,
    AVG(`t16`.`value`) AS `median`
  FROM (
    SELECT
      *
    FROM (
      SELECT
        `t14`.`as_of`,
        `t14`.`group`,
        `t14`.`days` AS `value`,
        ROW_NUMBER() OVER (PARTITION BY `t14`.`as_of`, `t14`.`group` ORDER BY `t14`.`days` ASC) - 1 AS `nth`,
        COUNT(*) OVER (
          PARTITION BY `t14`.`as_of`, `t14`.`group`
          ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        ) AS `size`
      FROM (
        SELECT
          `t13`.`as_of`,
          `t13`.`before_90_on`,
          `t13`.`invoice_id`,
          `t13`.`contacted_on`,
          `t13`.`group`,
          `t13`.`due_on`,
          `t13`.`entered_on`,
          DATE_DIFF(`t13`.`contacted_on`, `t13`.`due_on`, DAY) AS `days`
        FROM (
          SELECT
            `t12`.`as_of`,
            `t12`.`before_90_on`,
            `t12`.`invoice_id`,
            `t12`.`contacted_on`,
            `t6`.`group`,
            `t6`.`due_on`,
            `t6`.`entered_on`
          FROM (
            SELECT
              *
            FROM (
              SELECT
                `t9`.`as_of`,
                `t9`.`before_90_on`,
                `t9`.`invoice_id`,
                MIN(`t9`.`contacted_on`) AS `contacted_on`
              FROM (
                SELECT
                  `t7`.`as_of`,
                  `t7`.`before_90_on`,
                  `t8`.`invoice_id`,
                  `t8`.`contacted_on`,
                  `t8`.`entered_on`
                FROM (
                  SELECT
                    `t1`.`as_of`,
                    `t1`.`before_90_on`
                  FROM `calendar` AS `t1`
                ) AS `t7`
                INNER JOIN (
                  SELECT
                    `t2`.`invoice_id`,
                    `t2`.`contacted_on`,
                    `t2`.`entered_on`
                  FROM `contacts` AS `t2`
                ) AS `t8`
                  ON `t8`.`entered_on` <= `t7`.`as_of`
              ) AS `t9`
              GROUP BY
                1,
                2,
                3
            ) AS `t10`
            WHERE
              `t10`.`contacted_on` > `t10`.`before_90_on`
          ) AS `t12`
          INNER JOIN (
            SELECT
              `t0`.`invoice_id`,
              `t0`.`group`,
              `t0`.`due_on`,
              `t0`.`entered_on`
            FROM `invoices` AS `t0`
          ) AS `t6`
            ON `t12`.`invoice_id` = `t6`.`invoice_id`
        ) AS `t13`
        WHERE
          `t13`.`entered_on` <= `t13`.`as_of`
          AND DATE_DIFF(`t13`.`contacted_on`, `t13`.`due_on`, DAY) IS NOT NULL
      ) AS `t14`
    ) AS `t15`
    WHERE
      (
        `t15`.`nth` * 2
      ) >= (
        `t15`.`size` - 2
      )
      AND (
        `t15`.`nth` * 2
      ) <= `t15`.`size`
  ) AS `t16`
  GROUP BY
    1,
    2
) AS `t17`

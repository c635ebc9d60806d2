WITH `t8` AS (
  SELECT
    `t6`.`as_of`,
    `t6`.`before_90_on`,
    `t3`.`invoice_id`,
    `t3`.`since`,
    `t3`.`until`,
    `t3`.`settled_on`,
    `t7`.`group`,
    `t7`.`due_on`
  FROM (
    SELECT
      `t0`.`as_of`,
      `t0`.`before_90_on`
    FROM `calendar` AS `t0`
  ) AS `t6`
  INNER JOIN `settlements` AS `t3`
    ON `t3`.`settled_on` > `t6`.`before_90_on`
    AND `t3`.`since` <= `t6`.`as_of`
    AND `t3`.`until` > `t6`.`as_of`
  INNER JOIN (
    SELECT
      `t2`.`invoice_id`,
      `t2`.`group`,
      `t2`.`due_on`
    FROM `invoices` AS `t2`
  ) AS `t7`
    ON `t3`.`invoice_id` = `t7`.`invoice_id`
)
SELECT
  `t13`.`as_of`,
  `t13`.`group`,
  `t13`.`resolved_count`,
  `t13`.`resolved_days`,
  `t18`.`resolved_median_days`
FROM (
  SELECT
    `t10`.`as_of`,
    `t10`.`group`,
    COALESCE(SUM(`t10`.`resolved_count`), 0) AS `resolved_count`,
    COALESCE(SUM(`t10`.`resolved_days`), 0) AS `resolved_days`
  FROM (
    SELECT
      `t9`.`as_of`,
      `t9`.`before_90_on`,
      `t9`.`invoice_id`,
      `t9`.`since`,
      `t9`.`until`,
      `t9`.`settled_on`,
      `t9`.`group`,
      `t9`.`due_on`,
      DATEDIFF(DAY, `t9`.`due_on`, `t9`.`settled_on`) AS `resolved_days`,
      1 AS `resolved_count`
    FROM `t8` AS `t9`
    WHERE
      DATEDIFF(DAY, `t9`.`due_on`, `t9`.`settled_on`) > 0
  ) AS `t10`
  GROUP BY
    1,
    2
) AS `t13`
INNER JOIN (
  SELECT
    `t16`.`as_of`,
    `t16`.`group`,
    `t16`.`median` AS `resolved_median_days`
  FROM (
    SELECT
      `t15`.`as_of`,
      `t15`.`group`,
      AVG(`t15`.`value`) AS `median`
    FROM (
      SELECT
        *
      FROM (
        SELECT
          `t11`.`as_of`,
          `t11`.`group`,
          `t11`.`resolved_days` AS `value`,
          ROW_NUMBER() OVER (
            PARTITION BY `t11`.`as_of`, `t11`.`group`
            ORDER BY `t11`.`resolved_days` ASC NULLS LAST
          ) - 1 AS `nth`,
          COUNT(*) OVER (
            PARTITION BY `t11`.`as_of`, `t11`.`group`
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
          ) AS `size`
        FROM (
          SELECT
            `t9`.`as_of`,
            `t9`.`before_90_on`,
            `t9`.`invoice_id`,
            `t9`.`since`,
            `t9`.`until`,
            `t9`.`settled_on`,
            `t9`.`group`,
            `t9`.`due_on`,
            DATEDIFF(DAY, `t9`.`due_on`, `t9`.`settled_on`) AS `resolved_days`,
            1 AS `resolved_count`
          FROM `t8` AS `t9`
          WHERE
            DATEDIFF(DAY, `t9`.`due_on`, `t9`.`settled_on`) > 0
            AND DATEDIFF(DAY, `t9`.`due_on`, `t9`.`settled_on`) IS NOT NULL
        ) AS `t11`
      ) AS `t14`
      WHERE
        (
          `t14`.`nth` * 2
        ) >= (
          `t14`.`size` - 2
        )
        AND (
          `t14`.`nth` * 2
        ) <= `t14`.`size`
    ) AS `t15`
    GROUP BY
      1,
      2
  ) AS `t16`
) AS `t18`
  ON `t13`.`as_of` = `t18`.`as_of` AND `t13`.`group` = `t18`.`group`

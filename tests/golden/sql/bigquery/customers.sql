WITH `t18` AS (
  SELECT
    `t17`.`group`,
    `t17`.`customer_id`,
    `t17`.`on` AS `as_of`,
    COALESCE(SUM(`t17`.`balance`), 0) AS `open`,
    COALESCE(SUM(IF(`t17`.`days_past_due` > 0, `t17`.`balance`, NULL)), 0) AS `overdue`
  FROM (
    SELECT
      *
    FROM (
      SELECT
        `t7`.`on`,
        `t12`.`invoice_id`,
        `t12`.`customer_id`,
        `t12`.`group`,
        `t12`.`currency`,
        `t12`.`issued_on`,
        `t12`.`due_on`,
        `t12`.`entered_on`,
        `t12`.`balance`,
        DATE_DIFF(`t7`.`on`, `t12`.`due_on`, DAY) AS `days_past_due`
      FROM (
        SELECT
          `t0`.`as_of` AS `on`
        FROM `calendar` AS `t0`
      ) AS `t7`
      INNER JOIN (
        SELECT
          *
        FROM `spells` AS `t3`
        WHERE
          `t3`.`balance` <> 0
      ) AS `t12`
        ON `t12`.`since` <= `t7`.`on` AND `t12`.`until` > `t7`.`on`
    ) AS `t14`
    WHERE
      `t14`.`balance` > 0
  ) AS `t17`
  GROUP BY
    1,
    2,
    3
)
SELECT
  `t31`.`as_of`,
  `t31`.`group`,
  `t31`.`overdue_customers`,
  `t31`.`contacted_customers`,
  `t30`.`top10`,
  `t30`.`squares`,
  `t35`.`top10_companies`,
  `t35`.`squares_companies`
FROM (
  SELECT
    `t26`.`as_of`,
    `t26`.`group`,
    COALESCE(SUM(`t26`.`overdue_customers`), 0) AS `overdue_customers`,
    COALESCE(SUM(`t26`.`contacted_customers`), 0) AS `contacted_customers`
  FROM (
    SELECT
      `t22`.`group`,
      `t22`.`customer_id`,
      `t22`.`as_of`,
      `t22`.`open`,
      `t22`.`overdue`,
      `t22`.`met`,
      IF(`t22`.`overdue` > 0, 1, NULL) AS `overdue_customers`,
      IF((
        `t22`.`overdue` > 0
      ) AND (
        `t22`.`met` IS NOT NULL
      ), 1, NULL) AS `contacted_customers`
    FROM (
      SELECT
        `t20`.`group`,
        `t20`.`customer_id`,
        `t20`.`as_of`,
        `t20`.`open`,
        `t20`.`overdue`,
        `t16`.`met`
      FROM `t18` AS `t20`
      LEFT OUTER JOIN (
        SELECT DISTINCT
          *
        FROM (
          SELECT
            `t8`.`as_of`,
            `t4`.`customer_id`,
            1 AS `met`
          FROM (
            SELECT
              `t0`.`as_of`,
              `t0`.`opening_on`
            FROM `calendar` AS `t0`
          ) AS `t8`
          INNER JOIN `contacts` AS `t4`
            ON `t4`.`contacted_on` > `t8`.`opening_on` AND `t4`.`entered_on` <= `t8`.`as_of`
        ) AS `t13`
      ) AS `t16`
        ON `t20`.`as_of` = `t16`.`as_of` AND `t20`.`customer_id` = `t16`.`customer_id`
    ) AS `t22`
  ) AS `t26`
  GROUP BY
    1,
    2
) AS `t31`
INNER JOIN (
  SELECT
    `t25`.`as_of`,
    `t25`.`group`,
    COALESCE(SUM(`t25`.`top10`), 0) AS `top10`,
    CAST(SUM(`t25`.`square`) AS FLOAT64) AS `squares`
  FROM (
    SELECT
      `t23`.`group`,
      `t23`.`customer_id`,
      `t23`.`as_of`,
      `t23`.`open`,
      `t23`.`overdue`,
      `t23`.`nth`,
      IF(`t23`.`nth` < 10, `t23`.`open`, NULL) AS `top10`,
      CAST(`t23`.`open` AS NUMERIC) * CAST(`t23`.`open` AS NUMERIC) AS `square`
    FROM (
      SELECT
        `t19`.`group`,
        `t19`.`customer_id`,
        `t19`.`as_of`,
        `t19`.`open`,
        `t19`.`overdue`,
        ROW_NUMBER() OVER (PARTITION BY `t19`.`as_of`, `t19`.`group` ORDER BY `t19`.`open` DESC) - 1 AS `nth`
      FROM `t18` AS `t19`
    ) AS `t23`
  ) AS `t25`
  GROUP BY
    1,
    2
) AS `t30`
  ON `t31`.`as_of` = `t30`.`as_of` AND `t31`.`group` = `t30`.`group`
INNER JOIN (
  SELECT
    `t33`.`as_of`,
    `t33`.`group`,
    `t33`.`top10_companies`,
    `t33`.`squares` AS `squares_companies`
  FROM (
    SELECT
      `t32`.`as_of`,
      `t32`.`group`,
      COALESCE(SUM(`t32`.`top10_companies`), 0) AS `top10_companies`,
      CAST(SUM(`t32`.`square`) AS FLOAT64) AS `squares`
    FROM (
      SELECT
        `t28`.`as_of`,
        `t28`.`group`,
        `t28`.`company`,
        `t28`.`open`,
        `t28`.`nth`,
        IF(`t28`.`nth` < 10, `t28`.`open`, NULL) AS `top10_companies`,
        CAST(`t28`.`open` AS NUMERIC) * CAST(`t28`.`open` AS NUMERIC) AS `square`
      FROM (
        SELECT
          `t24`.`as_of`,
          `t24`.`group`,
          `t24`.`company`,
          `t24`.`open`,
          ROW_NUMBER() OVER (PARTITION BY `t24`.`as_of`, `t24`.`group` ORDER BY `t24`.`open` DESC) - 1 AS `nth`
        FROM (
          SELECT
            `t21`.`as_of`,
            `t21`.`group`,
            COALESCE(`t21`.`company`, `t21`.`customer_id`) AS `company`,
            COALESCE(SUM(`t21`.`open`), 0) AS `open`
          FROM (
            SELECT
              `t20`.`group`,
              `t20`.`customer_id`,
              `t20`.`as_of`,
              `t20`.`open`,
              `t20`.`overdue`,
              `t11`.`customer_id` AS `customer_id_right`,
              `t11`.`company`
            FROM `t18` AS `t20`
            LEFT OUTER JOIN (
              SELECT
                `t2`.`customer_id`,
                COALESCE(`t2`.`parent_id`, `t2`.`customer_id`) AS `company`
              FROM `customers` AS `t2`
            ) AS `t11`
              ON `t20`.`customer_id` = `t11`.`customer_id`
          ) AS `t21`
          GROUP BY
            1,
            2,
            3
        ) AS `t24`
      ) AS `t28`
    ) AS `t32`
    GROUP BY
      1,
      2
  ) AS `t33`
) AS `t35`
  ON `t31`.`as_of` = `t35`.`as_of` AND `t31`.`group` = `t35`.`group`

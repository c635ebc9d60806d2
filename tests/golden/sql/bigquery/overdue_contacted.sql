SELECT
  `t28`.`as_of`,
  `t28`.`group`,
  COUNT(*) AS `overdue_customers`,
  COALESCE(SUM(`t28`.`contacted`), 0) AS `contacted_customers`
FROM (
  SELECT
    `t27`.`group`,
    `t27`.`customer_id`,
    `t27`.`as_of`,
    `t25`.`as_of` AS `as_of_right`,
    `t25`.`customer_id` AS `customer_id_right`,
    `t25`.`contacted`
  FROM (
    SELECT DISTINCT
      `t22`.`group`,
      `t22`.`customer_id`,
      `t22`.`on` AS `as_of`
    FROM (
      SELECT
        `t20`.`on`,
        `t20`.`invoice_id`,
        `t20`.`balance`,
        `t10`.`customer_id`,
        `t10`.`group`,
        `t10`.`issued_on`,
        `t10`.`due_on`,
        `t10`.`entered_on`
      FROM (
        SELECT
          `t17`.`on`,
          `t17`.`invoice_id`,
          `t17`.`balance`
        FROM (
          SELECT
            `t11`.`on`,
            `t15`.`invoice_id`,
            `t15`.`since`,
            `t15`.`until`,
            `t15`.`balance`
          FROM (
            SELECT
              `t1`.`as_of` AS `on`
            FROM `calendar` AS `t1`
          ) AS `t11`
          INNER JOIN (
            SELECT
              *
            FROM `spells` AS `t2`
            WHERE
              `t2`.`balance` <> 0
          ) AS `t15`
            ON `t15`.`since` <= `t11`.`on` AND `t15`.`until` > `t11`.`on`
        ) AS `t17`
      ) AS `t20`
      INNER JOIN (
        SELECT
          `t0`.`invoice_id`,
          `t0`.`customer_id`,
          `t0`.`group`,
          `t0`.`issued_on`,
          `t0`.`due_on`,
          `t0`.`entered_on`
        FROM `invoices` AS `t0`
      ) AS `t10`
        ON `t20`.`invoice_id` = `t10`.`invoice_id`
    ) AS `t22`
    WHERE
      `t22`.`balance` > 0 AND DATE_DIFF(`t22`.`on`, `t22`.`due_on`, DAY) > 0
  ) AS `t27`
  LEFT OUTER JOIN (
    SELECT DISTINCT
      *
    FROM (
      SELECT
        `t12`.`as_of`,
        `t21`.`customer_id`,
        1 AS `contacted`
      FROM (
        SELECT
          `t1`.`as_of`,
          `t1`.`opening_on`
        FROM `calendar` AS `t1`
      ) AS `t12`
      INNER JOIN (
        SELECT
          COALESCE(`t16`.`theirs`, '(none)') AS `group`,
          `t16`.`customer_id`,
          `t16`.`right_party`,
          `t16`.`contacted_on`,
          `t16`.`entered_on`
        FROM (
          SELECT
            `t5`.`row`,
            `t5`.`contact_id`,
            `t5`.`customer_id`,
            `t5`.`contacted_on`,
            `t5`.`channel`,
            `t5`.`invoice_id`,
            `t5`.`outcome`,
            `t5`.`right_party`,
            `t5`.`collector`,
            `t5`.`minutes`,
            `t5`.`known_on`,
            `t5`.`entered_on`,
            `t14`.`customer_id` AS `customer_id_right`,
            `t14`.`theirs`
          FROM `contacts` AS `t5`
          LEFT OUTER JOIN (
            SELECT
              `t4`.`customer_id`,
              `t4`.`segment` AS `theirs`
            FROM `customers` AS `t4`
          ) AS `t14`
            ON `t5`.`customer_id` = `t14`.`customer_id`
        ) AS `t16`
      ) AS `t21`
        ON `t21`.`contacted_on` > `t12`.`opening_on` AND `t21`.`entered_on` <= `t12`.`as_of`
    ) AS `t23`
  ) AS `t25`
    ON `t27`.`as_of` = `t25`.`as_of` AND `t27`.`customer_id` = `t25`.`customer_id`
) AS `t28`
GROUP BY
  1,
  2

WITH `t8` AS (
  SELECT
    `t2`.`customer_id`,
    `t2`.`currency`,
    `t2`.`entered_on`,
    `t2`.`happened_on`,
    `t2`.`invoice_id` AS `about`,
    -(
      `t2`.`change`
    ) AS `paid`
  FROM `entries` AS `t2`
  WHERE
    `t2`.`kind` IN ('cash', 'set_off', 'tax_withheld')
)
SELECT
  `t28`.`as_of`,
  `t28`.`group`,
  COALESCE(SUM(`t28`.`promised_amount`), 0) AS `promised_amount`,
  COALESCE(SUM(`t28`.`kept_amount`), 0) AS `kept_amount`,
  COALESCE(SUM(`t28`.`promised_count`), 0) AS `promised_count`,
  COALESCE(SUM(`t28`.`kept_count`), 0) AS `kept_count`
FROM (
  SELECT
    `t27`.`as_of`,
    `t27`.`row`,
    `t27`.`group`,
    `t27`.`customer_id`,
    `t27`.`about`,
    `t27`.`made_on`,
    `t27`.`promised_on`,
    `t27`.`amount`,
    `t27`.`given_on`,
    `t27`.`over`,
    `t27`.`kept`,
    `t27`.`amount` AS `promised_amount`,
    IF(`t27`.`kept`, `t27`.`amount`, NULL) AS `kept_amount`,
    1 AS `promised_count`,
    IF(`t27`.`kept`, 1, NULL) AS `kept_count`
  FROM (
    SELECT
      `t22`.`as_of`,
      `t22`.`row`,
      `t22`.`group`,
      `t22`.`customer_id`,
      `t22`.`about`,
      `t22`.`made_on`,
      `t22`.`promised_on`,
      `t22`.`amount`,
      `t22`.`given_on`,
      DATE_DIFF(`t22`.`as_of`, `t22`.`promised_on`, DAY) >= 3 AS `over`,
      COALESCE(`t26`.`paid`, 0) >= `t22`.`amount` AS `kept`
    FROM (
      SELECT
        `t19`.`as_of`,
        `t19`.`row`,
        `t19`.`group`,
        `t19`.`customer_id`,
        `t19`.`invoice_id` AS `about`,
        `t19`.`made_on`,
        `t19`.`promised_on`,
        `t19`.`amount`,
        `t19`.`given_on`
      FROM (
        SELECT
          `t18`.*
          EXCEPT (`after`)
        FROM (
          SELECT
            `t7`.`as_of`,
            `t7`.`after`,
            `t15`.`row`,
            `t15`.`group`,
            `t15`.`customer_id`,
            `t15`.`invoice_id`,
            `t15`.`made_on`,
            `t15`.`promised_on`,
            `t15`.`amount`,
            `t15`.`given_on`
          FROM (
            SELECT
              `t0`.`as_of`,
              `t0`.`before_90_on` AS `after`
            FROM `calendar` AS `t0`
          ) AS `t7`
          INNER JOIN (
            SELECT
              `t11`.`row`,
              `t11`.`group`,
              `t11`.`customer_id`,
              `t11`.`invoice_id`,
              `t11`.`made_on`,
              `t11`.`promised_on`,
              `t11`.`amount`,
              `t11`.`entered_on` AS `given_on`
            FROM (
              SELECT
                `t4`.`row`,
                `t4`.`promise_id`,
                `t4`.`customer_id`,
                `t4`.`made_on`,
                `t4`.`promised_on`,
                `t4`.`amount`,
                `t4`.`invoice_id`,
                `t4`.`known_on`,
                `t4`.`entered_on`,
                COALESCE(`t9`.`theirs_0`, '(none)') AS `group`
              FROM `promises` AS `t4`
              LEFT OUTER JOIN (
                SELECT
                  `t3`.`customer_id`,
                  `t3`.`segment` AS `theirs_0`
                FROM `customers` AS `t3`
              ) AS `t9`
                ON `t4`.`customer_id` = `t9`.`customer_id`
            ) AS `t11`
          ) AS `t15`
            ON `t15`.`promised_on` > `t7`.`after` AND `t15`.`given_on` <= `t7`.`as_of`
        ) AS `t18`
      ) AS `t19`
    ) AS `t22`
    LEFT OUTER JOIN (
      SELECT
        `t24`.`as_of`,
        `t24`.`row`,
        COALESCE(SUM(`t24`.`paid`), 0) AS `paid`
      FROM (
        SELECT
          `t23`.`as_of`,
          `t23`.`row`,
          `t23`.`given_on`,
          `t17`.`currency`,
          `t17`.`paid`
        FROM (
          SELECT
            `t19`.`as_of`,
            `t19`.`row`,
            `t19`.`group`,
            `t19`.`customer_id`,
            COALESCE(`t19`.`invoice_id`, '') AS `about`,
            `t19`.`made_on`,
            `t19`.`promised_on`,
            `t19`.`amount`,
            `t19`.`given_on`,
            DATE_ADD(`t19`.`promised_on`, INTERVAL '3' DAY) AS `until_on`
          FROM (
            SELECT
              `t18`.*
              EXCEPT (`after`)
            FROM (
              SELECT
                `t7`.`as_of`,
                `t7`.`after`,
                `t15`.`row`,
                `t15`.`group`,
                `t15`.`customer_id`,
                `t15`.`invoice_id`,
                `t15`.`made_on`,
                `t15`.`promised_on`,
                `t15`.`amount`,
                `t15`.`given_on`
              FROM (
                SELECT
                  `t0`.`as_of`,
                  `t0`.`before_90_on` AS `after`
                FROM `calendar` AS `t0`
              ) AS `t7`
              INNER JOIN (
                SELECT
                  `t11`.`row`,
                  `t11`.`group`,
                  `t11`.`customer_id`,
                  `t11`.`invoice_id`,
                  `t11`.`made_on`,
                  `t11`.`promised_on`,
                  `t11`.`amount`,
                  `t11`.`entered_on` AS `given_on`
                FROM (
                  SELECT
                    `t4`.`row`,
                    `t4`.`promise_id`,
                    `t4`.`customer_id`,
                    `t4`.`made_on`,
                    `t4`.`promised_on`,
                    `t4`.`amount`,
                    `t4`.`invoice_id`,
                    `t4`.`known_on`,
                    `t4`.`entered_on`,
                    COALESCE(`t9`.`theirs_0`, '(none)') AS `group`
                  FROM `promises` AS `t4`
                  LEFT OUTER JOIN (
                    SELECT
                      `t3`.`customer_id`,
                      `t3`.`segment` AS `theirs_0`
                    FROM `customers` AS `t3`
                  ) AS `t9`
                    ON `t4`.`customer_id` = `t9`.`customer_id`
                ) AS `t11`
              ) AS `t15`
                ON `t15`.`promised_on` > `t7`.`after` AND `t15`.`given_on` <= `t7`.`as_of`
            ) AS `t18`
          ) AS `t19`
        ) AS `t23`
        INNER JOIN (
          SELECT
            *
          FROM `t8` AS `t10`
          UNION ALL
          SELECT
            *
          FROM (
            SELECT
              *
            FROM (
              SELECT
                `t10`.`customer_id`,
                `t10`.`currency`,
                `t10`.`entered_on`,
                `t10`.`happened_on`,
                '' AS `about`,
                COALESCE(SUM(`t10`.`paid`), 0) AS `paid`
              FROM `t8` AS `t10`
              GROUP BY
                1,
                2,
                3,
                4,
                5
            ) AS `t12`
          ) AS `t14`
        ) AS `t17`
          ON `t23`.`customer_id` = `t17`.`customer_id`
          AND `t23`.`about` = `t17`.`about`
          AND `t17`.`happened_on` >= `t23`.`made_on`
          AND `t17`.`happened_on` <= `t23`.`until_on`
          AND `t17`.`entered_on` <= `t23`.`as_of`
      ) AS `t24`
      GROUP BY
        1,
        2
    ) AS `t26`
      ON `t22`.`as_of` = `t26`.`as_of` AND `t22`.`row` = `t26`.`row`
  ) AS `t27`
  WHERE
    `t27`.`over`
) AS `t28`
GROUP BY
  1,
  2

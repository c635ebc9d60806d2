WITH `t8` AS (
  SELECT
    `t1`.`customer_id`,
    `t1`.`currency`,
    `t1`.`entered_on`,
    `t1`.`happened_on`,
    `t1`.`invoice_id` AS `about`,
    -(
      `t1`.`change`
    ) AS `paid`
  FROM `entries` AS `t1`
  WHERE
    `t1`.`kind` IN ('cash', 'set_off', 'tax_withheld')
)
SELECT
  `t29`.`as_of`,
  `t29`.`group`,
  COALESCE(SUM(`t29`.`promised_amount`), 0) AS `promised_amount`,
  COALESCE(SUM(`t29`.`kept_amount`), 0) AS `kept_amount`,
  COALESCE(SUM(`t29`.`promised_count`), 0) AS `promised_count`,
  COALESCE(SUM(`t29`.`kept_count`), 0) AS `kept_count`
FROM (
  SELECT
    `t28`.`as_of`,
    `t28`.`row`,
    `t28`.`group`,
    `t28`.`customer_id`,
    `t28`.`about`,
    `t28`.`made_on`,
    `t28`.`promised_on`,
    `t28`.`amount`,
    `t28`.`given_on`,
    `t28`.`so_far`,
    `t28`.`over`,
    `t28`.`kept`,
    `t28`.`amount` AS `promised_amount`,
    IF(`t28`.`kept`, `t28`.`amount`, NULL) AS `kept_amount`,
    1 AS `promised_count`,
    IF(`t28`.`kept`, 1, NULL) AS `kept_count`
  FROM (
    SELECT
      `t23`.`as_of`,
      `t23`.`row`,
      `t23`.`group`,
      `t23`.`customer_id`,
      `t23`.`about`,
      `t23`.`made_on`,
      `t23`.`promised_on`,
      `t23`.`amount`,
      `t23`.`given_on`,
      `t23`.`so_far`,
      DATE_DIFF(`t23`.`as_of`, `t23`.`promised_on`, DAY) >= 3 AS `over`,
      COALESCE(`t27`.`paid`, 0) >= `t23`.`so_far` AS `kept`
    FROM (
      SELECT
        `t20`.`as_of`,
        `t20`.`row`,
        `t20`.`group`,
        `t20`.`customer_id`,
        `t20`.`invoice_id` AS `about`,
        `t20`.`made_on`,
        `t20`.`promised_on`,
        `t20`.`amount`,
        `t20`.`given_on`,
        `t20`.`so_far`
      FROM (
        SELECT
          `t19`.*
          EXCEPT (`after`)
        FROM (
          SELECT
            `t7`.`as_of`,
            `t7`.`after`,
            `t18`.`row`,
            `t18`.`group`,
            `t18`.`customer_id`,
            `t18`.`invoice_id`,
            `t18`.`made_on`,
            `t18`.`promised_on`,
            `t18`.`amount`,
            `t18`.`given_on`,
            `t18`.`so_far`
          FROM (
            SELECT
              `t0`.`as_of`,
              `t0`.`before_90_on` AS `after`
            FROM `calendar` AS `t0`
          ) AS `t7`
          INNER JOIN (
            SELECT
              `t13`.`row`,
              `t13`.`group`,
              `t13`.`customer_id`,
              `t13`.`invoice_id`,
              `t13`.`made_on`,
              `t13`.`promised_on`,
              `t13`.`amount`,
              `t13`.`given_on`,
              (
                SUM(`t13`.`amount`) OVER (
                  PARTITION BY `t13`.`customer_id`, `t13`.`invoice_id`, `t13`.`made_on`, `t13`.`given_on`
                  ORDER BY `t13`.`promised_on` ASC
                  RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
                ) - SUM(`t13`.`amount`) OVER (
                  PARTITION BY `t13`.`customer_id`, `t13`.`invoice_id`, `t13`.`made_on`, `t13`.`given_on`, `t13`.`promised_on`
                  ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
                )
              ) + `t13`.`amount` AS `so_far`
            FROM (
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
            ) AS `t13`
          ) AS `t18`
            ON `t18`.`promised_on` > `t7`.`after` AND `t18`.`given_on` <= `t7`.`as_of`
        ) AS `t19`
      ) AS `t20`
    ) AS `t23`
    LEFT OUTER JOIN (
      SELECT
        `t25`.`as_of`,
        `t25`.`row`,
        COALESCE(SUM(`t25`.`paid`), 0) AS `paid`
      FROM (
        SELECT
          `t24`.`as_of`,
          `t24`.`row`,
          `t24`.`given_on`,
          `t16`.`currency`,
          `t16`.`paid`
        FROM (
          SELECT
            `t20`.`as_of`,
            `t20`.`row`,
            `t20`.`group`,
            `t20`.`customer_id`,
            COALESCE(`t20`.`invoice_id`, '') AS `about`,
            `t20`.`made_on`,
            `t20`.`promised_on`,
            `t20`.`amount`,
            `t20`.`given_on`,
            `t20`.`so_far`,
            DATE_ADD(`t20`.`promised_on`, INTERVAL '3' DAY) AS `until_on`
          FROM (
            SELECT
              `t19`.*
              EXCEPT (`after`)
            FROM (
              SELECT
                `t7`.`as_of`,
                `t7`.`after`,
                `t18`.`row`,
                `t18`.`group`,
                `t18`.`customer_id`,
                `t18`.`invoice_id`,
                `t18`.`made_on`,
                `t18`.`promised_on`,
                `t18`.`amount`,
                `t18`.`given_on`,
                `t18`.`so_far`
              FROM (
                SELECT
                  `t0`.`as_of`,
                  `t0`.`before_90_on` AS `after`
                FROM `calendar` AS `t0`
              ) AS `t7`
              INNER JOIN (
                SELECT
                  `t13`.`row`,
                  `t13`.`group`,
                  `t13`.`customer_id`,
                  `t13`.`invoice_id`,
                  `t13`.`made_on`,
                  `t13`.`promised_on`,
                  `t13`.`amount`,
                  `t13`.`given_on`,
                  (
                    SUM(`t13`.`amount`) OVER (
                      PARTITION BY `t13`.`customer_id`, `t13`.`invoice_id`, `t13`.`made_on`, `t13`.`given_on`
                      ORDER BY `t13`.`promised_on` ASC
                      RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
                    ) - SUM(`t13`.`amount`) OVER (
                      PARTITION BY `t13`.`customer_id`, `t13`.`invoice_id`, `t13`.`made_on`, `t13`.`given_on`, `t13`.`promised_on`
                      ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
                    )
                  ) + `t13`.`amount` AS `so_far`
                FROM (
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
                ) AS `t13`
              ) AS `t18`
                ON `t18`.`promised_on` > `t7`.`after` AND `t18`.`given_on` <= `t7`.`as_of`
            ) AS `t19`
          ) AS `t20`
        ) AS `t24`
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
        ) AS `t16`
          ON `t24`.`customer_id` = `t16`.`customer_id`
          AND `t24`.`about` = `t16`.`about`
          AND `t16`.`happened_on` >= `t24`.`made_on`
          AND `t16`.`happened_on` <= `t24`.`until_on`
          AND `t16`.`entered_on` <= `t24`.`as_of`
      ) AS `t25`
      GROUP BY
        1,
        2
    ) AS `t27`
      ON `t23`.`as_of` = `t27`.`as_of` AND `t23`.`row` = `t27`.`row`
  ) AS `t28`
  WHERE
    `t28`.`over`
) AS `t29`
GROUP BY
  1,
  2

SELECT
  `t31`.`as_of`,
  `t31`.`group`,
  COALESCE(SUM(`t31`.`amount`), 0) AS `promised_amount`,
  COALESCE(SUM(IF(`t31`.`kept`, `t31`.`amount`, NULL)), 0) AS `kept_amount`,
  COUNT(*) AS `promised_count`,
  SUM(IF(`t31`.`kept`, 1, 0)) AS `kept_count`
FROM (
  SELECT
    *
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
      COALESCE(`t29`.`paid`, 0) >= `t22`.`amount` AS `kept`
    FROM (
      SELECT
        `t18`.`as_of`,
        `t18`.`row`,
        `t18`.`group`,
        `t18`.`customer_id`,
        `t18`.`invoice_id` AS `about`,
        `t18`.`made_on`,
        `t18`.`promised_on`,
        `t18`.`amount`,
        `t18`.`given_on`
      FROM (
        SELECT
          `t17`.*
          EXCEPT (`after`)
        FROM (
          SELECT
            `t7`.`as_of`,
            `t7`.`after`,
            `t16`.`row`,
            `t16`.`group`,
            `t16`.`customer_id`,
            `t16`.`invoice_id`,
            `t16`.`made_on`,
            `t16`.`promised_on`,
            `t16`.`amount`,
            `t16`.`given_on`
          FROM (
            SELECT
              `t0`.`as_of`,
              `t0`.`before_90_on` AS `after`
            FROM `calendar` AS `t0`
          ) AS `t7`
          INNER JOIN (
            SELECT
              `t12`.`row`,
              COALESCE(`t12`.`theirs`, '(none)') AS `group`,
              `t12`.`customer_id`,
              `t12`.`invoice_id`,
              `t12`.`made_on`,
              `t12`.`promised_on`,
              `t12`.`amount`,
              `t12`.`entered_on` AS `given_on`
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
                `t10`.`customer_id` AS `customer_id_right`,
                `t10`.`theirs`
              FROM `promises` AS `t4`
              LEFT OUTER JOIN (
                SELECT
                  `t3`.`customer_id`,
                  `t3`.`segment` AS `theirs`
                FROM `customers` AS `t3`
              ) AS `t10`
                ON `t4`.`customer_id` = `t10`.`customer_id`
            ) AS `t12`
          ) AS `t16`
            ON `t16`.`promised_on` > `t7`.`after` AND `t16`.`given_on` <= `t7`.`as_of`
        ) AS `t17`
      ) AS `t18`
    ) AS `t22`
    LEFT OUTER JOIN (
      SELECT
        `t27`.`as_of`,
        `t27`.`row`,
        COALESCE(SUM(`t27`.`paid`), 0) AS `paid`
      FROM (
        SELECT
          *
        FROM (
          SELECT
            `t23`.`as_of`,
            `t23`.`row`,
            `t23`.`given_on`,
            `t14`.`currency`,
            `t14`.`paid`
          FROM (
            SELECT
              `t18`.`as_of`,
              `t18`.`row`,
              `t18`.`given_on`,
              `t18`.`made_on`,
              `t18`.`customer_id`,
              DATE_ADD(`t18`.`promised_on`, INTERVAL '3' DAY) AS `until_on`
            FROM (
              SELECT
                `t17`.*
                EXCEPT (`after`)
              FROM (
                SELECT
                  `t7`.`as_of`,
                  `t7`.`after`,
                  `t16`.`row`,
                  `t16`.`group`,
                  `t16`.`customer_id`,
                  `t16`.`invoice_id`,
                  `t16`.`made_on`,
                  `t16`.`promised_on`,
                  `t16`.`amount`,
                  `t16`.`given_on`
                FROM (
                  SELECT
                    `t0`.`as_of`,
                    `t0`.`before_90_on` AS `after`
                  FROM `calendar` AS `t0`
                ) AS `t7`
                INNER JOIN (
                  SELECT
                    `t12`.`row`,
                    COALESCE(`t12`.`theirs`, '(none)') AS `group`,
                    `t12`.`customer_id`,
                    `t12`.`invoice_id`,
                    `t12`.`made_on`,
                    `t12`.`promised_on`,
                    `t12`.`amount`,
                    `t12`.`entered_on` AS `given_on`
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
                      `t10`.`customer_id` AS `customer_id_right`,
                      `t10`.`theirs`
                    FROM `promises` AS `t4`
                    LEFT OUTER JOIN (
                      SELECT
                        `t3`.`customer_id`,
                        `t3`.`segment` AS `theirs`
                      FROM `customers` AS `t3`
                    ) AS `t10`
                      ON `t4`.`customer_id` = `t10`.`customer_id`
                  ) AS `t12`
                ) AS `t16`
                  ON `t16`.`promised_on` > `t7`.`after` AND `t16`.`given_on` <= `t7`.`as_of`
              ) AS `t17`
            ) AS `t18`
            WHERE
              `t18`.`invoice_id` IS NULL
          ) AS `t23`
          INNER JOIN (
            SELECT
              `t9`.`customer_id`,
              `t9`.`currency`,
              `t9`.`entered_on`,
              `t9`.`happened_on`,
              COALESCE(SUM(-(
                `t9`.`change`
              )), 0) AS `paid`
            FROM (
              SELECT
                `t1`.`invoice_id` AS `about`,
                `t1`.`customer_id`,
                `t1`.`group`,
                `t1`.`currency`,
                `t1`.`issued_on`,
                `t1`.`due_on`,
                `t1`.`amount`,
                `t1`.`entered_on`,
                `t1`.`billed_on`,
                `t1`.`happened_on`,
                `t1`.`change`,
                `t1`.`kind`
              FROM `entries` AS `t1`
              WHERE
                `t1`.`kind` = 'cash'
            ) AS `t9`
            GROUP BY
              1,
              2,
              3,
              4
          ) AS `t14`
            ON `t23`.`customer_id` = `t14`.`customer_id`
            AND `t14`.`happened_on` >= `t23`.`made_on`
            AND `t14`.`happened_on` <= `t23`.`until_on`
            AND `t14`.`entered_on` <= `t23`.`as_of`
        ) AS `t25`
        UNION ALL
        SELECT
          *
        FROM (
          SELECT
            `t24`.`as_of`,
            `t24`.`row`,
            `t24`.`given_on`,
            `t11`.`currency`,
            `t11`.`paid`
          FROM (
            SELECT
              `t18`.`as_of`,
              `t18`.`row`,
              `t18`.`given_on`,
              `t18`.`made_on`,
              `t18`.`customer_id`,
              `t18`.`invoice_id` AS `about`,
              DATE_ADD(`t18`.`promised_on`, INTERVAL '3' DAY) AS `until_on`
            FROM (
              SELECT
                `t17`.*
                EXCEPT (`after`)
              FROM (
                SELECT
                  `t7`.`as_of`,
                  `t7`.`after`,
                  `t16`.`row`,
                  `t16`.`group`,
                  `t16`.`customer_id`,
                  `t16`.`invoice_id`,
                  `t16`.`made_on`,
                  `t16`.`promised_on`,
                  `t16`.`amount`,
                  `t16`.`given_on`
                FROM (
                  SELECT
                    `t0`.`as_of`,
                    `t0`.`before_90_on` AS `after`
                  FROM `calendar` AS `t0`
                ) AS `t7`
                INNER JOIN (
                  SELECT
                    `t12`.`row`,
                    COALESCE(`t12`.`theirs`, '(none)') AS `group`,
                    `t12`.`customer_id`,
                    `t12`.`invoice_id`,
                    `t12`.`made_on`,
                    `t12`.`promised_on`,
                    `t12`.`amount`,
                    `t12`.`entered_on` AS `given_on`
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
                      `t10`.`customer_id` AS `customer_id_right`,
                      `t10`.`theirs`
                    FROM `promises` AS `t4`
                    LEFT OUTER JOIN (
                      SELECT
                        `t3`.`customer_id`,
                        `t3`.`segment` AS `theirs`
                      FROM `customers` AS `t3`
                    ) AS `t10`
                      ON `t4`.`customer_id` = `t10`.`customer_id`
                  ) AS `t12`
                ) AS `t16`
                  ON `t16`.`promised_on` > `t7`.`after` AND `t16`.`given_on` <= `t7`.`as_of`
              ) AS `t17`
            ) AS `t18`
            WHERE
              `t18`.`invoice_id` IS NOT NULL
          ) AS `t24`
          INNER JOIN (
            SELECT
              `t1`.`invoice_id` AS `about`,
              `t1`.`customer_id`,
              `t1`.`currency`,
              `t1`.`entered_on`,
              `t1`.`happened_on`,
              -(
                `t1`.`change`
              ) AS `paid`
            FROM `entries` AS `t1`
            WHERE
              `t1`.`kind` = 'cash'
          ) AS `t11`
            ON `t24`.`customer_id` = `t11`.`customer_id`
            AND `t24`.`about` = `t11`.`about`
            AND `t11`.`happened_on` >= `t24`.`made_on`
            AND `t11`.`happened_on` <= `t24`.`until_on`
            AND `t11`.`entered_on` <= `t24`.`as_of`
        ) AS `t26`
      ) AS `t27`
      GROUP BY
        1,
        2
    ) AS `t29`
      ON `t22`.`as_of` = `t29`.`as_of` AND `t22`.`row` = `t29`.`row`
  ) AS `t30`
  WHERE
    `t30`.`over`
) AS `t31`
GROUP BY
  1,
  2

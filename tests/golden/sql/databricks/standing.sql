SELECT
  `t10`.`on`,
  `t10`.`group`,
  COALESCE(SUM(`t10`.`balance`), 0) AS `net`,
  COALESCE(
    SUM(
      IF(
        (
          `t10`.`balance` > 0
        ) AND (
          `t10`.`days_past_due` IS NOT NULL
        ),
        `t10`.`balance`,
        NULL
      )
    ),
    0
  ) AS `open`,
  COALESCE(SUM(IF(`t10`.`balance` < 0, `t10`.`balance`, NULL)), 0) AS `credit`,
  COALESCE(
    SUM(
      IF(
        (
          `t10`.`balance` > 0
        ) AND (
          `t10`.`days_past_due` <= 0
        ),
        `t10`.`balance`,
        NULL
      )
    ),
    0
  ) AS `current`,
  COALESCE(
    SUM(
      IF((
        `t10`.`balance` > 0
      ) AND (
        `t10`.`days_past_due` > 0
      ), `t10`.`balance`, NULL)
    ),
    0
  ) AS `overdue`,
  COALESCE(
    SUM(
      IF(
        (
          `t10`.`balance` > 0
        ) AND (
          `t10`.`days_past_due` > 90
        ),
        `t10`.`balance`,
        NULL
      )
    ),
    0
  ) AS `over_90`,
  COALESCE(
    SUM(
      IF(
        (
          `t10`.`balance` > 0
        ) AND (
          `t10`.`days_past_due` <= 0
        ),
        `t10`.`balance`,
        NULL
      )
    ),
    0
  ) AS `aged_0`,
  COALESCE(
    SUM(
      IF(
        (
          `t10`.`balance` > 0
        )
        AND (
          (
            `t10`.`days_past_due` > 0
          ) AND (
            `t10`.`days_past_due` <= 30
          )
        ),
        `t10`.`balance`,
        NULL
      )
    ),
    0
  ) AS `aged_1`,
  COALESCE(
    SUM(
      IF(
        (
          `t10`.`balance` > 0
        )
        AND (
          (
            `t10`.`days_past_due` > 30
          ) AND (
            `t10`.`days_past_due` <= 60
          )
        ),
        `t10`.`balance`,
        NULL
      )
    ),
    0
  ) AS `aged_2`,
  COALESCE(
    SUM(
      IF(
        (
          `t10`.`balance` > 0
        )
        AND (
          (
            `t10`.`days_past_due` > 60
          ) AND (
            `t10`.`days_past_due` <= 90
          )
        ),
        `t10`.`balance`,
        NULL
      )
    ),
    0
  ) AS `aged_3`,
  COALESCE(
    SUM(
      IF(
        (
          `t10`.`balance` > 0
        )
        AND (
          (
            `t10`.`days_past_due` > 90
          ) AND (
            `t10`.`days_past_due` <= 120
          )
        ),
        `t10`.`balance`,
        NULL
      )
    ),
    0
  ) AS `aged_4`,
  COALESCE(
    SUM(
      IF(
        (
          `t10`.`balance` > 0
        ) AND (
          `t10`.`days_past_due` > 120
        ),
        `t10`.`balance`,
        NULL
      )
    ),
    0
  ) AS `aged_5`
FROM (
  SELECT
    `t9`.`on`,
    `t8`.`invoice_id`,
    `t8`.`customer_id`,
    `t8`.`group`,
    `t8`.`currency`,
    `t8`.`issued_on`,
    `t8`.`due_on`,
    `t8`.`entered_on`,
    `t8`.`balance`,
    DATEDIFF(DAY, `t8`.`due_on`, `t9`.`on`) AS `days_past_due`
  FROM (
    SELECT
      *
    FROM (
      SELECT
        `t0`.`quarter_opening_on` AS `on`
      FROM `calendar` AS `t0`
    ) AS `t2`
    UNION
    SELECT
      *
    FROM (
      SELECT
        *
      FROM (
        SELECT
          `t0`.`as_of` AS `on`
        FROM `calendar` AS `t0`
      ) AS `t3`
      UNION
      SELECT
        *
      FROM (
        SELECT
          `t0`.`opening_on` AS `on`
        FROM `calendar` AS `t0`
      ) AS `t4`
    ) AS `t5`
  ) AS `t9`
  INNER JOIN (
    SELECT
      *
    FROM `spells` AS `t1`
    WHERE
      `t1`.`balance` <> 0
  ) AS `t8`
    ON `t8`.`since` <= `t9`.`on` AND `t8`.`until` > `t9`.`on`
) AS `t10`
GROUP BY
  1,
  2

WITH "t5" AS (
  SELECT DISTINCT
    "t0"."opened_on",
    "t0"."until"
  FROM "days" AS "t0"
), "t34" AS (
  SELECT
    "t4"."as_of",
    "t4"."opened_on",
    "t4"."until",
    "t4"."ago",
    "t33"."group",
    "t33"."bucket",
    "t33"."balance",
    "t33"."cash",
    "t33"."balance_days"
  FROM "days" AS "t4"
  INNER JOIN (
    SELECT
      "t31"."opened_on",
      "t31"."until",
      "t31"."group",
      "t31"."bucket",
      COALESCE(SUM("t31"."balance"), 0) AS "balance",
      COALESCE(SUM("t31"."cash"), 0) AS "cash",
      COALESCE(
        SUM(
          (
            "t31"."balance" - "t31"."cash"
          ) * CAST(EXTRACT(epoch FROM CAST(COALESCE("t31"."contacted_on", "t31"."until") AS TIMESTAMP) - CAST("t31"."on" AS TIMESTAMP)) / 86400 AS BIGINT)
        ),
        0
      ) AS "balance_days"
    FROM (
      SELECT
        *
      FROM (
        SELECT
          "t29"."opened_on",
          "t29"."until",
          "t29"."group",
          "t29"."bucket",
          "t29"."customer_id",
          "t29"."on",
          "t29"."balance",
          "t29"."cash",
          "t22"."opened_on" AS "opened_on_right",
          "t22"."until" AS "until_right",
          "t22"."customer_id" AS "customer_id_right",
          "t22"."contacted_on"
        FROM (
          SELECT
            *
          FROM (
            SELECT
              "t25"."opened_on",
              "t25"."until",
              "t25"."group",
              "t25"."bucket",
              "t25"."customer_id",
              "t25"."on",
              "t25"."balance",
              CAST(0 AS BIGINT) AS "cash"
            FROM (
              SELECT
                "t23"."opened_on",
                "t23"."until",
                "t23"."group",
                "t23"."bucket",
                "t23"."customer_id",
                "t23"."on",
                COALESCE(SUM("t23"."balance"), 0) AS "balance"
              FROM (
                SELECT
                  "t18"."opened_on",
                  "t18"."until",
                  "t18"."on",
                  "t18"."invoice_id",
                  "t18"."customer_id",
                  "t18"."group",
                  "t18"."currency",
                  "t18"."issued_on",
                  "t18"."due_on",
                  "t18"."entered_on",
                  "t18"."balance",
                  "t18"."days_past_due",
                  CASE
                    WHEN "t18"."days_past_due" <= 0
                    THEN 'current'
                    WHEN (
                      "t18"."days_past_due" > 0
                    ) AND (
                      "t18"."days_past_due" <= 30
                    )
                    THEN '1-30'
                    WHEN (
                      "t18"."days_past_due" > 30
                    ) AND (
                      "t18"."days_past_due" <= 60
                    )
                    THEN '31-60'
                    WHEN (
                      "t18"."days_past_due" > 60
                    ) AND (
                      "t18"."days_past_due" <= 90
                    )
                    THEN '61-90'
                    WHEN (
                      "t18"."days_past_due" > 90
                    ) AND (
                      "t18"."days_past_due" <= 120
                    )
                    THEN '91-120'
                    WHEN "t18"."days_past_due" > 120
                    THEN '121+'
                    ELSE NULL
                  END AS "bucket"
                FROM (
                  SELECT
                    "t15"."opened_on",
                    "t15"."until",
                    "t15"."on",
                    "t12"."invoice_id",
                    "t12"."customer_id",
                    "t12"."group",
                    "t12"."currency",
                    "t12"."issued_on",
                    "t12"."due_on",
                    "t12"."entered_on",
                    "t12"."balance",
                    CAST(EXTRACT(epoch FROM CAST("t15"."on" AS TIMESTAMP) - CAST("t12"."due_on" AS TIMESTAMP)) / 86400 AS BIGINT) AS "days_past_due"
                  FROM (
                    SELECT
                      "t7"."opened_on",
                      "t7"."until",
                      "t7"."opened_on" AS "on"
                    FROM "t5" AS "t7"
                  ) AS "t15"
                  INNER JOIN (
                    SELECT
                      *
                    FROM "spells" AS "t1"
                    WHERE
                      "t1"."balance" <> 0
                  ) AS "t12"
                    ON "t12"."since" <= "t15"."on" AND "t12"."until" > "t15"."on"
                ) AS "t18"
                WHERE
                  "t18"."balance" > 0 AND "t18"."days_past_due" > 0
              ) AS "t23"
              GROUP BY
                1,
                2,
                3,
                4,
                5,
                6
            ) AS "t25"
          ) AS "t27"
          UNION ALL
          SELECT
            *
          FROM (
            SELECT
              "t24"."opened_on",
              "t24"."until",
              "t24"."group",
              CASE
                WHEN "t24"."days_past_due" <= 0
                THEN 'current'
                WHEN (
                  "t24"."days_past_due" > 0
                ) AND (
                  "t24"."days_past_due" <= 30
                )
                THEN '1-30'
                WHEN (
                  "t24"."days_past_due" > 30
                ) AND (
                  "t24"."days_past_due" <= 60
                )
                THEN '31-60'
                WHEN (
                  "t24"."days_past_due" > 60
                ) AND (
                  "t24"."days_past_due" <= 90
                )
                THEN '61-90'
                WHEN (
                  "t24"."days_past_due" > 90
                ) AND (
                  "t24"."days_past_due" <= 120
                )
                THEN '91-120'
                WHEN "t24"."days_past_due" > 120
                THEN '121+'
                ELSE NULL
              END AS "bucket",
              "t24"."customer_id",
              "t24"."paid_on" AS "on",
              CAST(0 AS BIGINT) AS "balance",
              "t24"."amount" AS "cash"
            FROM (
              SELECT
                "t21"."opened_on",
                "t21"."until",
                "t21"."invoice_id",
                "t21"."amount",
                "t21"."paid_on",
                "t21"."on",
                "t12"."customer_id",
                "t12"."group",
                "t12"."currency",
                "t12"."issued_on",
                "t12"."due_on",
                "t12"."entered_on",
                "t12"."balance",
                CAST(EXTRACT(epoch FROM CAST("t21"."on" AS TIMESTAMP) - CAST("t12"."due_on" AS TIMESTAMP)) / 86400 AS BIGINT) AS "days_past_due"
              FROM (
                SELECT
                  "t17"."opened_on",
                  "t17"."until",
                  "t17"."invoice_id",
                  "t17"."amount",
                  "t17"."entered_on" AS "paid_on",
                  "t17"."opened_on" AS "on"
                FROM (
                  SELECT
                    "t11"."opened_on",
                    "t11"."until",
                    "t13"."invoice_id",
                    "t13"."amount",
                    "t13"."entered_on"
                  FROM "t5" AS "t11"
                  INNER JOIN (
                    SELECT
                      "t3"."invoice_id",
                      "t3"."amount",
                      "t3"."entered_on"
                    FROM "entries" AS "t3"
                    WHERE
                      "t3"."kind" = 'cash'
                  ) AS "t13"
                    ON "t13"."entered_on" > "t11"."opened_on" AND "t13"."entered_on" <= "t11"."until"
                ) AS "t17"
              ) AS "t21"
              INNER JOIN (
                SELECT
                  *
                FROM "spells" AS "t1"
                WHERE
                  "t1"."balance" <> 0
              ) AS "t12"
                ON "t21"."invoice_id" = "t12"."invoice_id"
                AND "t12"."since" <= "t21"."on"
                AND "t12"."until" > "t21"."on"
            ) AS "t24"
            WHERE
              "t24"."balance" > 0 AND "t24"."days_past_due" > 0
          ) AS "t26"
        ) AS "t29"
        LEFT OUTER JOIN (
          SELECT
            "t16"."opened_on",
            "t16"."until",
            "t16"."customer_id",
            MIN("t16"."contacted_on") AS "contacted_on"
          FROM (
            SELECT
              "t11"."opened_on",
              "t11"."until",
              "t9"."customer_id",
              "t9"."contacted_on",
              "t9"."entered_on"
            FROM "t5" AS "t11"
            INNER JOIN (
              SELECT
                "t2"."customer_id",
                "t2"."contacted_on",
                "t2"."entered_on"
              FROM "contacts" AS "t2"
            ) AS "t9"
              ON "t9"."contacted_on" > "t11"."opened_on" AND "t9"."entered_on" <= "t11"."until"
          ) AS "t16"
          GROUP BY
            1,
            2,
            3
        ) AS "t22"
          ON "t29"."opened_on" = "t22"."opened_on"
          AND "t29"."until" = "t22"."until"
          AND "t29"."customer_id" = "t22"."customer_id"
      ) AS "t30"
      WHERE
        (
          "t30"."contacted_on" IS NULL
        ) OR (
          "t30"."on" < "t30"."contacted_on"
        )
    ) AS "t31"
    GROUP BY
      1,
      2,
      3,
      4
  ) AS "t33"
    ON "t4"."opened_on" = "t33"."opened_on" AND "t4"."until" = "t33"."until"
)
SELECT
  "t43"."as_of",
  "t43"."group",
  "t43"."unasked_month"
FROM (
  SELECT
    "t42"."as_of",
    "t42"."group",
    CAST(SUM(
      CAST(CAST("t42"."balance" AS DOUBLE PRECISION) * (
        1 - EXP(
          -(
            GREATEST(
              CAST("t42"."came" AS DOUBLE PRECISION) / CAST("t42"."left" AS DOUBLE PRECISION),
              0.0
            )
          ) * CAST(EXTRACT(epoch FROM CAST("t42"."as_of" AS TIMESTAMP) - CAST("t42"."opened_on" AS TIMESTAMP)) / 86400 AS BIGINT)
        )
      ) AS DECIMAL(38, 6))
    ) AS DOUBLE PRECISION) AS "unasked_month",
    SUM(CASE WHEN "t42"."left" IS NULL THEN 1 ELSE 0 END) AS "unknown"
  FROM (
    SELECT
      "t38"."as_of",
      "t38"."group",
      "t38"."bucket",
      "t38"."opened_on",
      "t38"."balance",
      "t41"."as_of" AS "as_of_right",
      "t41"."group" AS "group_right",
      "t41"."bucket" AS "bucket_right",
      "t41"."left",
      "t41"."came"
    FROM (
      SELECT
        "t35"."as_of",
        "t35"."group",
        "t35"."bucket",
        "t35"."opened_on",
        "t35"."balance"
      FROM "t34" AS "t35"
      WHERE
        "t35"."ago" = 0
    ) AS "t38"
    LEFT OUTER JOIN (
      SELECT
        *
      FROM (
        SELECT
          "t37"."as_of",
          "t37"."group",
          "t37"."bucket",
          COALESCE(SUM("t37"."balance_days"), 0) AS "left",
          COALESCE(SUM("t37"."cash"), 0) AS "came"
        FROM (
          SELECT
            *
          FROM "t34" AS "t35"
          WHERE
            "t35"."ago" > 0
        ) AS "t37"
        GROUP BY
          1,
          2,
          3
      ) AS "t39"
      WHERE
        "t39"."left" > 0
    ) AS "t41"
      ON "t38"."as_of" = "t41"."as_of"
      AND "t38"."group" = "t41"."group"
      AND "t38"."bucket" = "t41"."bucket"
  ) AS "t42"
  GROUP BY
    1,
    2
) AS "t43"
WHERE
  "t43"."unknown" = 0

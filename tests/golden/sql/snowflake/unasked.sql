WITH "t37" AS (
  SELECT
    *
  FROM (
    SELECT
      *
    FROM (
      SELECT
        *
      FROM (
        SELECT
          "t0"."as_of",
          "t0"."opening_10_on" AS "opened_on",
          "t0"."opening_9_on" AS "until",
          10 AS "ago"
        FROM "calendar" AS "t0"
        WHERE
          FALSE
      ) AS "t5"
      UNION ALL
      SELECT
        *
      FROM (
        SELECT
          "t0"."as_of",
          "t0"."opening_11_on" AS "opened_on",
          "t0"."opening_10_on" AS "until",
          11 AS "ago"
        FROM "calendar" AS "t0"
        WHERE
          FALSE
      ) AS "t6"
    ) AS "t20"
    UNION ALL
    SELECT
      *
    FROM (
      SELECT
        *
      FROM (
        SELECT
          "t0"."as_of",
          "t0"."opening_12_on" AS "opened_on",
          "t0"."opening_11_on" AS "until",
          12 AS "ago"
        FROM "calendar" AS "t0"
        WHERE
          FALSE
      ) AS "t7"
      UNION ALL
      SELECT
        *
      FROM (
        SELECT
          *
        FROM (
          SELECT
            "t0"."as_of",
            "t0"."opening_on" AS "opened_on",
            "t0"."as_of" AS "until",
            0 AS "ago"
          FROM "calendar" AS "t0"
          WHERE
            FALSE
        ) AS "t8"
        UNION ALL
        SELECT
          *
        FROM (
          SELECT
            "t0"."as_of",
            "t0"."opening_1_on" AS "opened_on",
            "t0"."opening_on" AS "until",
            1 AS "ago"
          FROM "calendar" AS "t0"
          WHERE
            FALSE
        ) AS "t9"
      ) AS "t21"
    ) AS "t30"
  ) AS "t35"
  UNION ALL
  SELECT
    *
  FROM (
    SELECT
      *
    FROM (
      SELECT
        *
      FROM (
        SELECT
          *
        FROM (
          SELECT
            "t0"."as_of",
            "t0"."opening_2_on" AS "opened_on",
            "t0"."opening_1_on" AS "until",
            2 AS "ago"
          FROM "calendar" AS "t0"
          WHERE
            FALSE
        ) AS "t10"
        UNION ALL
        SELECT
          *
        FROM (
          SELECT
            "t0"."as_of",
            "t0"."opening_3_on" AS "opened_on",
            "t0"."opening_2_on" AS "until",
            3 AS "ago"
          FROM "calendar" AS "t0"
          WHERE
            FALSE
        ) AS "t11"
      ) AS "t22"
      UNION ALL
      SELECT
        *
      FROM (
        SELECT
          *
        FROM (
          SELECT
            "t0"."as_of",
            "t0"."opening_4_on" AS "opened_on",
            "t0"."opening_3_on" AS "until",
            4 AS "ago"
          FROM "calendar" AS "t0"
          WHERE
            FALSE
        ) AS "t12"
        UNION ALL
        SELECT
          *
        FROM (
          SELECT
            "t0"."as_of",
            "t0"."opening_5_on" AS "opened_on",
            "t0"."opening_4_on" AS "until",
            5 AS "ago"
          FROM "calendar" AS "t0"
          WHERE
            FALSE
        ) AS "t13"
      ) AS "t23"
    ) AS "t31"
    UNION ALL
    SELECT
      *
    FROM (
      SELECT
        *
      FROM (
        SELECT
          *
        FROM (
          SELECT
            "t0"."as_of",
            "t0"."opening_6_on" AS "opened_on",
            "t0"."opening_5_on" AS "until",
            6 AS "ago"
          FROM "calendar" AS "t0"
          WHERE
            FALSE
        ) AS "t14"
        UNION ALL
        SELECT
          *
        FROM (
          SELECT
            "t0"."as_of",
            "t0"."opening_7_on" AS "opened_on",
            "t0"."opening_6_on" AS "until",
            7 AS "ago"
          FROM "calendar" AS "t0"
          WHERE
            FALSE
        ) AS "t15"
      ) AS "t24"
      UNION ALL
      SELECT
        *
      FROM (
        SELECT
          *
        FROM (
          SELECT
            "t0"."as_of",
            "t0"."opening_8_on" AS "opened_on",
            "t0"."opening_7_on" AS "until",
            8 AS "ago"
          FROM "calendar" AS "t0"
          WHERE
            FALSE
        ) AS "t16"
        UNION ALL
        SELECT
          *
        FROM (
          SELECT
            "t0"."as_of",
            "t0"."opening_9_on" AS "opened_on",
            "t0"."opening_8_on" AS "until",
            9 AS "ago"
          FROM "calendar" AS "t0"
          WHERE
            FALSE
        ) AS "t17"
      ) AS "t25"
    ) AS "t32"
  ) AS "t36"
), "t40" AS (
  SELECT DISTINCT
    "t38"."opened_on",
    "t38"."until"
  FROM "t37" AS "t38"
), "t63" AS (
  SELECT
    "t39"."as_of",
    "t39"."opened_on",
    "t39"."until",
    "t39"."ago",
    "t62"."group",
    "t62"."bucket",
    "t62"."balance",
    "t62"."cash",
    "t62"."balance_days"
  FROM "t37" AS "t39"
  INNER JOIN (
    SELECT
      "t60"."opened_on",
      "t60"."until",
      "t60"."group",
      "t60"."bucket",
      COALESCE(SUM("t60"."balance"), 0) AS "balance",
      COALESCE(SUM("t60"."cash"), 0) AS "cash",
      COALESCE(SUM("t60"."balance_days"), 0) AS "balance_days"
    FROM (
      SELECT
        "t59"."opened_on",
        "t59"."until",
        "t59"."group",
        "t59"."invoice_id",
        "t59"."balance",
        "t59"."days_past_due",
        "t59"."alone_until",
        "t59"."cash",
        "t59"."spared",
        CASE
          WHEN "t59"."days_past_due" <= 0
          THEN 'current'
          WHEN (
            "t59"."days_past_due" > 0
          ) AND (
            "t59"."days_past_due" <= 30
          )
          THEN '1-30'
          WHEN (
            "t59"."days_past_due" > 30
          ) AND (
            "t59"."days_past_due" <= 60
          )
          THEN '31-60'
          WHEN (
            "t59"."days_past_due" > 60
          ) AND (
            "t59"."days_past_due" <= 90
          )
          THEN '61-90'
          WHEN (
            "t59"."days_past_due" > 90
          ) AND (
            "t59"."days_past_due" <= 120
          )
          THEN '91-120'
          WHEN "t59"."days_past_due" > 120
          THEN '121+'
          ELSE NULL
        END AS "bucket",
        (
          "t59"."balance" * DATEDIFF(DAY, "t59"."opened_on", "t59"."alone_until")
        ) - "t59"."spared" AS "balance_days"
      FROM (
        SELECT
          "t58"."opened_on",
          "t58"."until",
          "t58"."group",
          "t58"."invoice_id",
          "t58"."balance",
          "t58"."days_past_due",
          "t58"."alone_until",
          COALESCE(SUM("t58"."amount"), 0) AS "cash",
          COALESCE(
            SUM(
              COALESCE("t58"."amount" * DATEDIFF(DAY, "t58"."entered_on", "t58"."alone_until"), 0)
            ),
            0
          ) AS "spared"
        FROM (
          SELECT
            "t57"."opened_on",
            "t57"."until",
            "t57"."invoice_id",
            "t57"."balance",
            "t57"."customer_id",
            "t57"."group",
            "t57"."issued_on",
            "t57"."due_on",
            "t57"."days_past_due",
            "t57"."opened_on_right",
            "t57"."until_right",
            "t57"."customer_id_right",
            "t57"."contacted_on",
            "t57"."alone_until",
            "t33"."invoice_id" AS "invoice_id_right",
            "t33"."amount",
            "t33"."entered_on"
          FROM (
            SELECT
              "t55"."opened_on",
              "t55"."until",
              "t55"."invoice_id",
              "t55"."balance",
              "t55"."customer_id",
              "t55"."group",
              "t55"."issued_on",
              "t55"."due_on",
              "t55"."days_past_due",
              "t55"."opened_on_right",
              "t55"."until_right",
              "t55"."customer_id_right",
              "t55"."contacted_on",
              COALESCE("t55"."contacted_on", "t55"."until") AS "alone_until"
            FROM (
              SELECT
                "t42"."opened_on",
                "t42"."until",
                "t54"."invoice_id",
                "t54"."balance",
                "t54"."customer_id",
                "t54"."group",
                "t54"."issued_on",
                "t54"."due_on",
                "t54"."days_past_due",
                "t48"."opened_on" AS "opened_on_right",
                "t48"."until" AS "until_right",
                "t48"."customer_id" AS "customer_id_right",
                "t48"."contacted_on"
              FROM "t40" AS "t42"
              INNER JOIN (
                SELECT
                  "t52".*
                  EXCLUDE ("entered_on")
                FROM (
                  SELECT
                    "t51"."on" AS "opened_on",
                    "t51"."invoice_id",
                    "t51"."balance",
                    "t51"."customer_id",
                    "t51"."group",
                    "t51"."issued_on",
                    "t51"."due_on",
                    "t51"."entered_on",
                    DATEDIFF(DAY, "t51"."due_on", "t51"."on") AS "days_past_due"
                  FROM (
                    SELECT
                      "t50"."on",
                      "t50"."invoice_id",
                      "t50"."balance",
                      "t28"."customer_id",
                      "t28"."group",
                      "t28"."issued_on",
                      "t28"."due_on",
                      "t28"."entered_on"
                    FROM (
                      SELECT
                        "t46"."on",
                        "t46"."invoice_id",
                        "t46"."balance"
                      FROM (
                        SELECT
                          "t44"."on",
                          "t34"."invoice_id",
                          "t34"."since",
                          "t34"."until",
                          "t34"."balance"
                        FROM (
                          SELECT DISTINCT
                            "t41"."opened_on" AS "on"
                          FROM "t40" AS "t41"
                        ) AS "t44"
                        INNER JOIN (
                          SELECT
                            *
                          FROM "spells" AS "t4"
                          WHERE
                            "t4"."balance" <> 0
                        ) AS "t34"
                          ON "t34"."since" <= "t44"."on" AND "t34"."until" > "t44"."on"
                      ) AS "t46"
                    ) AS "t50"
                    INNER JOIN (
                      SELECT
                        "t3"."invoice_id",
                        "t3"."customer_id",
                        "t3"."group",
                        "t3"."issued_on",
                        "t3"."due_on",
                        "t3"."entered_on"
                      FROM "invoices" AS "t3"
                    ) AS "t28"
                      ON "t50"."invoice_id" = "t28"."invoice_id"
                  ) AS "t51"
                  WHERE
                    "t51"."balance" > 0 AND DATEDIFF(DAY, "t51"."due_on", "t51"."on") > 0
                ) AS "t52"
              ) AS "t54"
                ON "t42"."opened_on" = "t54"."opened_on"
              LEFT OUTER JOIN (
                SELECT
                  "t45"."opened_on",
                  "t45"."until",
                  "t45"."customer_id",
                  MIN("t45"."contacted_on") AS "contacted_on"
                FROM (
                  SELECT
                    "t42"."opened_on",
                    "t42"."until",
                    "t27"."customer_id",
                    "t27"."contacted_on",
                    "t27"."entered_on"
                  FROM "t40" AS "t42"
                  INNER JOIN (
                    SELECT
                      "t2"."customer_id",
                      "t2"."contacted_on",
                      "t2"."entered_on"
                    FROM "contacts" AS "t2"
                  ) AS "t27"
                    ON "t27"."contacted_on" > "t42"."opened_on" AND "t27"."entered_on" <= "t42"."until"
                ) AS "t45"
                GROUP BY
                  1,
                  2,
                  3
              ) AS "t48"
                ON "t42"."opened_on" = "t48"."opened_on"
                AND "t42"."until" = "t48"."until"
                AND "t54"."customer_id" = "t48"."customer_id"
            ) AS "t55"
          ) AS "t57"
          LEFT OUTER JOIN (
            SELECT
              "t1"."invoice_id",
              "t1"."amount",
              "t1"."entered_on"
            FROM "entries" AS "t1"
            WHERE
              "t1"."kind" = 'cash'
          ) AS "t33"
            ON "t57"."invoice_id" = "t33"."invoice_id"
            AND "t33"."entered_on" > "t57"."opened_on"
            AND "t33"."entered_on" <= "t57"."until"
            AND (
              (
                "t57"."contacted_on" IS NULL
              )
              OR (
                "t33"."entered_on" < "t57"."contacted_on"
              )
            )
        ) AS "t58"
        GROUP BY
          1,
          2,
          3,
          4,
          5,
          6,
          7
      ) AS "t59"
    ) AS "t60"
    GROUP BY
      1,
      2,
      3,
      4
  ) AS "t62"
    ON "t39"."opened_on" = "t62"."opened_on" AND "t39"."until" = "t62"."until"
)
SELECT
  "t72"."as_of",
  "t72"."group",
  "t72"."unasked_month"
FROM (
  SELECT
    "t71"."as_of",
    "t71"."group",
    CAST(SUM(
      CAST(CAST("t71"."balance" AS DOUBLE) * (
        1 - EXP(
          -(
            GREATEST(CAST("t71"."came" AS DOUBLE) / CAST("t71"."left" AS DOUBLE), 0.0)
          ) * DATEDIFF(DAY, "t71"."opened_on", "t71"."as_of")
        )
      ) AS DECIMAL(38, 6))
    ) AS DOUBLE) AS "unasked_month",
    SUM(IFF("t71"."left" IS NULL, 1, 0)) AS "unknown"
  FROM (
    SELECT
      "t67"."as_of",
      "t67"."group",
      "t67"."bucket",
      "t67"."opened_on",
      "t67"."balance",
      "t70"."as_of" AS "as_of_right",
      "t70"."group" AS "group_right",
      "t70"."bucket" AS "bucket_right",
      "t70"."left",
      "t70"."came"
    FROM (
      SELECT
        "t64"."as_of",
        "t64"."group",
        "t64"."bucket",
        "t64"."opened_on",
        "t64"."balance"
      FROM "t63" AS "t64"
      WHERE
        "t64"."ago" = 0
    ) AS "t67"
    LEFT OUTER JOIN (
      SELECT
        *
      FROM (
        SELECT
          "t66"."as_of",
          "t66"."group",
          "t66"."bucket",
          COALESCE(SUM("t66"."balance_days"), 0) AS "left",
          COALESCE(SUM("t66"."cash"), 0) AS "came"
        FROM (
          SELECT
            *
          FROM "t63" AS "t64"
          WHERE
            "t64"."ago" > 0
        ) AS "t66"
        GROUP BY
          1,
          2,
          3
      ) AS "t68"
      WHERE
        "t68"."left" > 0
    ) AS "t70"
      ON "t67"."as_of" = "t70"."as_of"
      AND "t67"."group" = "t70"."group"
      AND "t67"."bucket" = "t70"."bucket"
  ) AS "t71"
  GROUP BY
    1,
    2
) AS "t72"
WHERE
  "t72"."unknown" = 0

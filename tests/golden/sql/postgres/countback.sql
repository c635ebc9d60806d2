SELECT
  "t32"."as_of",
  "t32"."group",
  CAST(EXTRACT(epoch FROM CAST("t32"."as_of" AS TIMESTAMP) - CAST("t32"."last_on" AS TIMESTAMP)) / 86400 AS BIGINT) + (
    (
      CAST("t32"."open" - "t32"."later" AS DOUBLE PRECISION) / CAST("t32"."billed" AS DOUBLE PRECISION)
    ) * (
      CAST(EXTRACT(epoch FROM CAST("t32"."last_on" AS TIMESTAMP) - CAST("t32"."first_on" AS TIMESTAMP)) / 86400 AS BIGINT) + 1
    )
  ) AS "countback_days"
FROM (
  SELECT
    "t30"."as_of",
    "t30"."group",
    "t30"."first_on",
    "t30"."last_on",
    "t30"."billed",
    "t30"."later",
    "t31"."open"
  FROM (
    SELECT
      "t26"."as_of",
      "t26"."group",
      "t26"."first_on",
      "t26"."last_on",
      "t26"."billed",
      SUM("t26"."billed") OVER (
        PARTITION BY "t26"."as_of", "t26"."group"
        ORDER BY "t26"."first_on" DESC NULLS LAST
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
      ) - "t26"."billed" AS "later"
    FROM (
      SELECT
        "t24"."as_of",
        "t24"."group",
        "t24"."first_on",
        "t24"."last_on",
        COALESCE(SUM("t24"."amount"), 0) AS "billed"
      FROM (
        SELECT
          "t22"."as_of",
          "t22"."group",
          "t22"."entered_on",
          "t22"."amount",
          DATE_TRUNC('MONTH', "t22"."entered_on") AS "first_on",
          LEAST(
            (
              DATE_TRUNC('MONTH', "t22"."entered_on") + INTERVAL '1 MONTH'
            ) - INTERVAL '1 DAY',
            "t22"."as_of"
          ) AS "last_on"
        FROM (
          SELECT
            "t9"."as_of",
            "t18"."group",
            "t18"."entered_on",
            "t18"."amount"
          FROM (
            SELECT
              "t0"."as_of"
            FROM "calendar" AS "t0"
          ) AS "t9"
          INNER JOIN (
            SELECT
              "t11"."group",
              "t11"."entered_on",
              COALESCE(SUM("t11"."amount"), 0) AS "amount"
            FROM (
              SELECT
                *
              FROM "entries" AS "t1"
              WHERE
                "t1"."kind" = 'billed'
            ) AS "t11"
            GROUP BY
              1,
              2
          ) AS "t18"
            ON "t18"."entered_on" <= "t9"."as_of"
        ) AS "t22"
      ) AS "t24"
      GROUP BY
        1,
        2,
        3,
        4
    ) AS "t26"
  ) AS "t30"
  INNER JOIN (
    SELECT
      "t27"."group",
      "t27"."open",
      "t27"."on" AS "as_of"
    FROM (
      SELECT
        "t25"."on",
        "t25"."group",
        COALESCE(SUM("t25"."balance"), 0) AS "net",
        COALESCE(
          SUM("t25"."balance") FILTER(WHERE
            (
              "t25"."balance" > 0
            ) AND (
              "t25"."days_past_due" IS NOT NULL
            )),
          0
        ) AS "open",
        COALESCE(SUM("t25"."balance") FILTER(WHERE
          "t25"."balance" < 0), 0) AS "credit",
        COALESCE(
          SUM("t25"."balance") FILTER(WHERE
            (
              "t25"."balance" > 0
            ) AND (
              "t25"."days_past_due" <= 0
            )),
          0
        ) AS "current",
        COALESCE(
          SUM("t25"."balance") FILTER(WHERE
            (
              "t25"."balance" > 0
            ) AND (
              "t25"."days_past_due" > 0
            )),
          0
        ) AS "overdue",
        COALESCE(
          SUM("t25"."balance") FILTER(WHERE
            (
              "t25"."balance" > 0
            ) AND (
              "t25"."days_past_due" > 90
            )),
          0
        ) AS "over_90",
        COALESCE(
          SUM("t25"."balance") FILTER(WHERE
            (
              "t25"."balance" > 0
            ) AND (
              "t25"."days_past_due" <= 0
            )),
          0
        ) AS "aged_0",
        COALESCE(
          SUM("t25"."balance") FILTER(WHERE
            (
              "t25"."balance" > 0
            )
            AND (
              (
                "t25"."days_past_due" > 0
              ) AND (
                "t25"."days_past_due" <= 30
              )
            )),
          0
        ) AS "aged_1",
        COALESCE(
          SUM("t25"."balance") FILTER(WHERE
            (
              "t25"."balance" > 0
            )
            AND (
              (
                "t25"."days_past_due" > 30
              ) AND (
                "t25"."days_past_due" <= 60
              )
            )),
          0
        ) AS "aged_2",
        COALESCE(
          SUM("t25"."balance") FILTER(WHERE
            (
              "t25"."balance" > 0
            )
            AND (
              (
                "t25"."days_past_due" > 60
              ) AND (
                "t25"."days_past_due" <= 90
              )
            )),
          0
        ) AS "aged_3",
        COALESCE(
          SUM("t25"."balance") FILTER(WHERE
            (
              "t25"."balance" > 0
            )
            AND (
              (
                "t25"."days_past_due" > 90
              ) AND (
                "t25"."days_past_due" <= 120
              )
            )),
          0
        ) AS "aged_4",
        COALESCE(
          SUM("t25"."balance") FILTER(WHERE
            (
              "t25"."balance" > 0
            ) AND (
              "t25"."days_past_due" > 120
            )),
          0
        ) AS "aged_5"
      FROM (
        SELECT
          "t23"."on",
          "t23"."invoice_id",
          "t23"."balance",
          "t23"."customer_id",
          "t23"."group",
          "t23"."issued_on",
          "t23"."due_on",
          "t23"."entered_on",
          CAST(EXTRACT(epoch FROM CAST("t23"."on" AS TIMESTAMP) - CAST("t23"."due_on" AS TIMESTAMP)) / 86400 AS BIGINT) AS "days_past_due"
        FROM (
          SELECT
            "t21"."on",
            "t21"."invoice_id",
            "t21"."balance",
            "t12"."customer_id",
            "t12"."group",
            "t12"."issued_on",
            "t12"."due_on",
            "t12"."entered_on"
          FROM (
            SELECT
              "t19"."on",
              "t19"."invoice_id",
              "t19"."balance"
            FROM (
              SELECT
                "t16"."on",
                "t15"."invoice_id",
                "t15"."since",
                "t15"."until",
                "t15"."balance"
              FROM (
                SELECT
                  *
                FROM (
                  SELECT
                    "t0"."quarter_opening_on" AS "on"
                  FROM "calendar" AS "t0"
                ) AS "t6"
                UNION
                SELECT
                  *
                FROM (
                  SELECT
                    *
                  FROM (
                    SELECT
                      "t0"."as_of" AS "on"
                    FROM "calendar" AS "t0"
                  ) AS "t5"
                  UNION
                  SELECT
                    *
                  FROM (
                    SELECT
                      "t0"."opening_on" AS "on"
                    FROM "calendar" AS "t0"
                  ) AS "t7"
                ) AS "t10"
              ) AS "t16"
              INNER JOIN (
                SELECT
                  *
                FROM "spells" AS "t3"
                WHERE
                  "t3"."balance" <> 0
              ) AS "t15"
                ON "t15"."since" <= "t16"."on" AND "t15"."until" > "t16"."on"
            ) AS "t19"
          ) AS "t21"
          INNER JOIN (
            SELECT
              "t2"."invoice_id",
              "t2"."customer_id",
              "t2"."group",
              "t2"."issued_on",
              "t2"."due_on",
              "t2"."entered_on"
            FROM "invoices" AS "t2"
          ) AS "t12"
            ON "t21"."invoice_id" = "t12"."invoice_id"
        ) AS "t23"
      ) AS "t25"
      GROUP BY
        1,
        2
    ) AS "t27"
  ) AS "t31"
    ON "t30"."as_of" = "t31"."as_of" AND "t30"."group" = "t31"."group"
) AS "t32"
WHERE
  (
    "t32"."open" - "t32"."later"
  ) > 0
  AND (
    "t32"."open" - "t32"."later"
  ) <= "t32"."billed"

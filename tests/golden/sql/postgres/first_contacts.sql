SELECT
  "t16"."as_of",
  "t16"."group",
  "t16"."median" AS "reminder_median_days"
FROM (
  SELECT
    "t15"."as_of",
    "t15"."group",
    AVG("t15"."value") AS "median"
  FROM (
    SELECT
      *
    FROM (
      SELECT
        "t13"."as_of",
        "t13"."group",
        "t13"."days" AS "value",
        ROW_NUMBER() OVER (
          PARTITION BY "t13"."as_of", "t13"."group"
          ORDER BY "t13"."days" ASC
          ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        ) - 1 AS "nth",
        COUNT(*) OVER (
          PARTITION BY "t13"."as_of", "t13"."group"
          ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        ) AS "size"
      FROM (
        SELECT
          *
        FROM (
          SELECT
            "t3"."as_of",
            "t11"."group",
            CAST(EXTRACT(epoch FROM CAST("t11"."contacted_on" AS TIMESTAMP) - CAST("t11"."due_on" AS TIMESTAMP)) / 86400 AS BIGINT) AS "days"
          FROM "calendar" AS "t3"
          INNER JOIN (
            SELECT
              "t9"."invoice_id",
              "t9"."since",
              "t9"."until",
              "t9"."contacted_on",
              "t5"."group",
              "t5"."due_on",
              "t5"."entered_on"
            FROM (
              SELECT
                "t7"."invoice_id",
                "t7"."since",
                COALESCE(
                  LEAD("t7"."since") OVER (
                    PARTITION BY "t7"."invoice_id"
                    ORDER BY "t7"."since" ASC
                    ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
                  ),
                  MAKE_DATE(9999, 12, 31)
                ) AS "until",
                MIN("t7"."contacted_on") OVER (
                  PARTITION BY "t7"."invoice_id"
                  ORDER BY "t7"."since" ASC
                  ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
                ) AS "contacted_on"
              FROM (
                SELECT
                  "t6"."invoice_id",
                  "t6"."entered_on" AS "since",
                  MIN("t6"."contacted_on") AS "contacted_on"
                FROM (
                  SELECT
                    *
                  FROM "contacts" AS "t2"
                  WHERE
                    "t2"."invoice_id" IS NOT NULL
                ) AS "t6"
                GROUP BY
                  1,
                  2
              ) AS "t7"
            ) AS "t9"
            INNER JOIN (
              SELECT
                "t1"."invoice_id",
                "t1"."group",
                "t1"."due_on",
                "t1"."entered_on"
              FROM "invoices" AS "t1"
            ) AS "t5"
              ON "t9"."invoice_id" = "t5"."invoice_id"
          ) AS "t11"
            ON "t11"."contacted_on" > "t3"."before_90_on"
            AND "t11"."since" <= "t3"."as_of"
            AND "t11"."until" > "t3"."as_of"
            AND "t11"."entered_on" <= "t3"."as_of"
        ) AS "t12"
        WHERE
          "t12"."days" IS NOT NULL
      ) AS "t13"
    ) AS "t14"
    WHERE
      (
        "t14"."nth" * 2
      ) >= (
        "t14"."size" - 2
      )
      AND (
        "t14"."nth" * 2
      ) <= "t14"."size"
  ) AS "t15"
  GROUP BY
    1,
    2
) AS "t16"

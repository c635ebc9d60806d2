SELECT
  "t11"."as_of",
  "t11"."group",
  "t11"."median_days" AS "km_median_days"
FROM (
  SELECT
    "t10"."as_of",
    "t10"."group",
    MIN("t10"."age") AS "median_days"
  FROM (
    SELECT
      *
    FROM (
      SELECT
        "t8"."as_of",
        "t8"."group",
        "t8"."age",
        "t8"."settled",
        "t8"."left",
        "t8"."share",
        EXP(
          SUM(LN(CASE WHEN "t8"."share" > 0 THEN "t8"."share" ELSE 1e-09 END)) OVER (
            PARTITION BY "t8"."as_of", "t8"."group"
            ORDER BY "t8"."age" ASC
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
          )
        ) AS "surviving"
      FROM (
        SELECT
          "t7"."as_of",
          "t7"."group",
          "t7"."age",
          "t7"."settled",
          "t7"."left",
          1 - (
            CAST("t7"."settled" AS DOUBLE PRECISION) / SUM("t7"."left") OVER (
              PARTITION BY "t7"."as_of", "t7"."group"
              ORDER BY "t7"."age" ASC
              ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
            )
          ) AS "share"
        FROM (
          SELECT
            "t6"."as_of",
            "t6"."group",
            "t6"."age",
            SUM("t6"."settled") AS "settled",
            COUNT(*) AS "left"
          FROM (
            SELECT
              "t3"."as_of",
              "t4"."group",
              GREATEST(
                CAST(EXTRACT(epoch FROM CAST(COALESCE("t5"."settled_on", "t3"."as_of") AS TIMESTAMP) - CAST("t4"."issued_on" AS TIMESTAMP)) / 86400 AS BIGINT),
                0
              ) AS "age",
              CASE WHEN "t5"."settled_on" IS NOT NULL THEN 1 ELSE 0 END AS "settled"
            FROM "calendar" AS "t3"
            INNER JOIN "invoices" AS "t4"
              ON "t4"."issued_on" > "t3"."before_90_on"
              AND "t4"."issued_on" <= "t3"."as_of"
              AND "t4"."entered_on" <= "t3"."as_of"
            LEFT OUTER JOIN "settlements" AS "t5"
              ON "t4"."invoice_id" = "t5"."invoice_id"
              AND "t5"."since" <= "t3"."as_of"
              AND "t5"."until" > "t3"."as_of"
          ) AS "t6"
          GROUP BY
            1,
            2,
            3
        ) AS "t7"
      ) AS "t8"
    ) AS "t9"
    WHERE
      "t9"."surviving" <= 0.500000001
  ) AS "t10"
  GROUP BY
    1,
    2
) AS "t11"

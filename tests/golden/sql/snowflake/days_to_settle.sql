SELECT
  "t13"."as_of",
  "t13"."group",
  "t13"."median_days" AS "km_median_days"
FROM (
  SELECT
    "t12"."as_of",
    "t12"."group",
    MIN("t12"."age") AS "median_days"
  FROM (
    SELECT
      *
    FROM (
      SELECT
        "t10"."as_of",
        "t10"."group",
        "t10"."age",
        "t10"."settled",
        "t10"."left",
        "t10"."share",
        EXP(
          SUM(LN(IFF("t10"."share" > 0, "t10"."share", 1e-09))) OVER (
            PARTITION BY "t10"."as_of", "t10"."group"
            ORDER BY "t10"."age" ASC
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
          )
        ) AS "surviving"
      FROM (
        SELECT
          "t9"."as_of",
          "t9"."group",
          "t9"."age",
          "t9"."settled",
          "t9"."left",
          1 - (
            "t9"."settled" / SUM("t9"."left") OVER (
              PARTITION BY "t9"."as_of", "t9"."group"
              ORDER BY "t9"."age" ASC
              ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
            )
          ) AS "share"
        FROM (
          SELECT
            "t8"."as_of",
            "t8"."group",
            "t8"."age",
            SUM("t8"."settled") AS "settled",
            COUNT(*) AS "left"
          FROM (
            SELECT
              "t6"."as_of",
              "t7"."group",
              GREATEST(DATEDIFF(DAY, "t7"."issued_on", COALESCE("t3"."settled_on", "t6"."as_of")), 0) AS "age",
              IFF("t3"."settled_on" IS NOT NULL, 1, 0) AS "settled"
            FROM (
              SELECT
                "t0"."as_of",
                "t0"."before_90_on"
              FROM "calendar" AS "t0"
            ) AS "t6"
            INNER JOIN (
              SELECT
                "t2"."invoice_id",
                "t2"."group",
                "t2"."issued_on",
                "t2"."entered_on"
              FROM "invoices" AS "t2"
            ) AS "t7"
              ON "t7"."issued_on" > "t6"."before_90_on"
              AND "t7"."issued_on" <= "t6"."as_of"
              AND "t7"."entered_on" <= "t6"."as_of"
            LEFT OUTER JOIN "settlements" AS "t3"
              ON "t7"."invoice_id" = "t3"."invoice_id"
              AND "t3"."since" <= "t6"."as_of"
              AND "t3"."until" > "t6"."as_of"
          ) AS "t8"
          GROUP BY
            1,
            2,
            3
        ) AS "t9"
      ) AS "t10"
    ) AS "t11"
    WHERE
      "t11"."surviving" <= 0.500000001
  ) AS "t12"
  GROUP BY
    1,
    2
) AS "t13"

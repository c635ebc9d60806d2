SELECT
  "t16"."as_of",
  "t16"."group",
  "t16"."median_days" AS "dispute_median_days"
FROM (
  SELECT
    "t15"."as_of",
    "t15"."group",
    MIN("t15"."age") AS "median_days"
  FROM (
    SELECT
      *
    FROM (
      SELECT
        "t13"."as_of",
        "t13"."group",
        "t13"."age",
        "t13"."settled",
        "t13"."left",
        "t13"."share",
        EXP(
          SUM(LN(IFF("t13"."share" > 0, "t13"."share", 1e-09))) OVER (
            PARTITION BY "t13"."as_of", "t13"."group"
            ORDER BY "t13"."age" ASC
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
          )
        ) AS "surviving"
      FROM (
        SELECT
          "t12"."as_of",
          "t12"."group",
          "t12"."age",
          "t12"."settled",
          "t12"."left",
          1 - (
            "t12"."settled" / SUM("t12"."left") OVER (
              PARTITION BY "t12"."as_of", "t12"."group"
              ORDER BY "t12"."age" ASC
              ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
            )
          ) AS "share"
        FROM (
          SELECT
            "t11"."as_of",
            "t11"."group",
            "t11"."age",
            SUM("t11"."settled") AS "settled",
            COUNT(*) AS "left"
          FROM (
            SELECT
              "t6"."as_of",
              "t10"."group",
              GREATEST(
                DATEDIFF(
                  DAY,
                  "t10"."opened_on",
                  IFF(COALESCE("t10"."closed_on" <= "t6"."as_of", FALSE), "t10"."closed_on", "t6"."as_of")
                ),
                0
              ) AS "age",
              IFF(COALESCE("t10"."closed_on" <= "t6"."as_of", FALSE), 1, 0) AS "settled"
            FROM (
              SELECT
                "t0"."as_of",
                "t0"."before_90_on"
              FROM "calendar" AS "t0"
            ) AS "t6"
            INNER JOIN (
              SELECT
                "t7"."invoice_id",
                "t7"."opened_on",
                "t7"."closed_on",
                "t7"."entered_on",
                "t8"."group",
                "t8"."billed_on"
              FROM (
                SELECT
                  "t1"."invoice_id",
                  "t1"."opened_on",
                  "t1"."closed_on",
                  "t1"."entered_on"
                FROM "disputes" AS "t1"
              ) AS "t7"
              INNER JOIN (
                SELECT
                  "t2"."invoice_id",
                  "t2"."group",
                  "t2"."entered_on" AS "billed_on"
                FROM "invoices" AS "t2"
              ) AS "t8"
                ON "t7"."invoice_id" = "t8"."invoice_id"
            ) AS "t10"
              ON "t10"."opened_on" > "t6"."before_90_on"
              AND "t10"."entered_on" <= "t6"."as_of"
              AND "t10"."billed_on" <= "t6"."as_of"
          ) AS "t11"
          GROUP BY
            1,
            2,
            3
        ) AS "t12"
      ) AS "t13"
    ) AS "t14"
    WHERE
      "t14"."surviving" <= 0.500000001
  ) AS "t15"
  GROUP BY
    1,
    2
) AS "t16"

SELECT
  "t15"."group",
  "t15"."on" AS "as_of",
  COALESCE(SUM(IFF("t15"."nth" < 10, "t15"."balance", NULL)), 0) AS "top10",
  CAST(SUM(
    CAST("t15"."balance" AS DECIMAL(38, 0)) * CAST("t15"."balance" AS DECIMAL(38, 0))
  ) AS DOUBLE) AS "squares"
FROM (
  SELECT
    "t14"."on",
    "t14"."group",
    "t14"."customer_id",
    "t14"."balance",
    ROW_NUMBER() OVER (
      PARTITION BY "t14"."on", "t14"."group"
      ORDER BY "t14"."balance" DESC NULLS LAST, "t14"."customer_id" ASC
    ) - 1 AS "nth"
  FROM (
    SELECT
      "t13"."on",
      "t13"."group",
      "t13"."customer_id",
      COALESCE(SUM("t13"."balance"), 0) AS "balance"
    FROM (
      SELECT
        "t12"."on",
        "t12"."invoice_id",
        "t12"."balance",
        "t12"."customer_id",
        "t12"."group",
        "t12"."issued_on",
        "t12"."due_on",
        "t12"."entered_on",
        DATEDIFF(DAY, "t12"."due_on", "t12"."on") AS "days_past_due"
      FROM (
        SELECT
          "t11"."on",
          "t11"."invoice_id",
          "t11"."balance",
          "t5"."customer_id",
          "t5"."group",
          "t5"."issued_on",
          "t5"."due_on",
          "t5"."entered_on"
        FROM (
          SELECT
            "t9"."on",
            "t9"."invoice_id",
            "t9"."balance"
          FROM (
            SELECT
              "t6"."on",
              "t8"."invoice_id",
              "t8"."since",
              "t8"."until",
              "t8"."balance"
            FROM (
              SELECT
                "t1"."as_of" AS "on"
              FROM "calendar" AS "t1"
            ) AS "t6"
            INNER JOIN (
              SELECT
                *
              FROM "spells" AS "t2"
              WHERE
                "t2"."balance" <> 0
            ) AS "t8"
              ON "t8"."since" <= "t6"."on" AND "t8"."until" > "t6"."on"
          ) AS "t9"
        ) AS "t11"
        INNER JOIN (
          SELECT
            "t0"."invoice_id",
            "t0"."customer_id",
            "t0"."group",
            "t0"."issued_on",
            "t0"."due_on",
            "t0"."entered_on"
          FROM "invoices" AS "t0"
        ) AS "t5"
          ON "t11"."invoice_id" = "t5"."invoice_id"
      ) AS "t12"
      WHERE
        "t12"."balance" > 0
    ) AS "t13"
    GROUP BY
      1,
      2,
      3
  ) AS "t14"
) AS "t15"
GROUP BY
  1,
  2

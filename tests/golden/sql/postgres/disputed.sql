SELECT
  "t19"."group",
  "t19"."on" AS "as_of",
  SUM("t19"."balance") AS "disputed"
FROM (
  SELECT DISTINCT
    "t18"."on",
    "t18"."group",
    "t18"."invoice_id",
    "t18"."balance"
  FROM (
    SELECT
      "t17"."on",
      "t17"."invoice_id",
      "t17"."balance",
      "t17"."customer_id",
      "t17"."group",
      "t17"."issued_on",
      "t17"."due_on",
      "t17"."days_past_due",
      "t7"."entered_on",
      "t7"."closed_on"
    FROM (
      SELECT
        "t15"."on",
        "t15"."invoice_id",
        "t15"."balance",
        "t15"."customer_id",
        "t15"."group",
        "t15"."issued_on",
        "t15"."due_on",
        CAST(EXTRACT(epoch FROM CAST("t15"."on" AS TIMESTAMP) - CAST("t15"."due_on" AS TIMESTAMP)) / 86400 AS BIGINT) AS "days_past_due"
      FROM (
        SELECT
          "t14"."on",
          "t14"."invoice_id",
          "t14"."balance",
          "t8"."customer_id",
          "t8"."group",
          "t8"."issued_on",
          "t8"."due_on"
        FROM (
          SELECT
            "t12"."on",
            "t12"."invoice_id",
            "t12"."balance"
          FROM (
            SELECT
              "t9"."on",
              "t11"."invoice_id",
              "t11"."since",
              "t11"."until",
              "t11"."balance"
            FROM (
              SELECT
                "t2"."as_of" AS "on"
              FROM "calendar" AS "t2"
            ) AS "t9"
            INNER JOIN (
              SELECT
                *
              FROM "spells" AS "t3"
              WHERE
                "t3"."balance" <> 0
            ) AS "t11"
              ON "t11"."since" <= "t9"."on" AND "t11"."until" > "t9"."on"
          ) AS "t12"
        ) AS "t14"
        INNER JOIN (
          SELECT
            "t1"."invoice_id",
            "t1"."customer_id",
            "t1"."group",
            "t1"."issued_on",
            "t1"."due_on"
          FROM "invoices" AS "t1"
        ) AS "t8"
          ON "t14"."invoice_id" = "t8"."invoice_id"
      ) AS "t15"
      WHERE
        "t15"."balance" > 0
    ) AS "t17"
    INNER JOIN (
      SELECT
        "t0"."invoice_id",
        "t0"."entered_on",
        "t0"."closed_on"
      FROM "disputes" AS "t0"
    ) AS "t7"
      ON "t17"."invoice_id" = "t7"."invoice_id"
  ) AS "t18"
  WHERE
    "t18"."entered_on" <= "t18"."on"
    AND (
      (
        "t18"."closed_on" IS NULL
      ) OR (
        "t18"."closed_on" > "t18"."on"
      )
    )
) AS "t19"
GROUP BY
  1,
  2

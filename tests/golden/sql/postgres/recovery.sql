SELECT
  "t13"."as_of",
  "t13"."group",
  COALESCE(SUM("t13"."recovered_month"), 0) AS "recovered_month"
FROM (
  SELECT
    "t12"."as_of",
    "t12"."on",
    "t12"."invoice_id",
    "t12"."amount",
    "t12"."customer_id",
    "t12"."group",
    "t12"."currency",
    "t12"."issued_on",
    "t12"."due_on",
    "t12"."entered_on",
    "t12"."balance",
    "t12"."days_past_due",
    "t12"."amount" AS "recovered_month"
  FROM (
    SELECT
      "t11"."as_of",
      "t11"."on",
      "t11"."invoice_id",
      "t11"."amount",
      "t7"."customer_id",
      "t7"."group",
      "t7"."currency",
      "t7"."issued_on",
      "t7"."due_on",
      "t7"."entered_on",
      "t7"."balance",
      CAST(EXTRACT(epoch FROM CAST("t11"."on" AS TIMESTAMP) - CAST("t7"."due_on" AS TIMESTAMP)) / 86400 AS BIGINT) AS "days_past_due"
    FROM (
      SELECT
        "t9"."as_of",
        "t9"."on",
        "t9"."invoice_id",
        "t9"."amount"
      FROM (
        SELECT
          "t5"."as_of",
          "t5"."on",
          "t8"."invoice_id",
          "t8"."amount",
          "t8"."entered_on"
        FROM (
          SELECT
            "t1"."as_of",
            "t1"."opening_on" AS "on"
          FROM "calendar" AS "t1"
        ) AS "t5"
        INNER JOIN (
          SELECT
            "t2"."invoice_id",
            "t2"."amount",
            "t2"."entered_on"
          FROM "entries" AS "t2"
          WHERE
            "t2"."kind" = 'cash'
        ) AS "t8"
          ON "t8"."entered_on" > "t5"."on" AND "t8"."entered_on" <= "t5"."as_of"
      ) AS "t9"
    ) AS "t11"
    INNER JOIN (
      SELECT
        *
      FROM "spells" AS "t0"
      WHERE
        "t0"."balance" <> 0
    ) AS "t7"
      ON "t11"."invoice_id" = "t7"."invoice_id"
      AND "t7"."since" <= "t11"."on"
      AND "t7"."until" > "t11"."on"
  ) AS "t12"
  WHERE
    "t12"."balance" > 0 AND "t12"."days_past_due" > 0
) AS "t13"
GROUP BY
  1,
  2

SELECT
  "t13"."as_of",
  "t13"."group",
  COALESCE(SUM("t13"."disputed"), 0) AS "disputed"
FROM (
  SELECT
    "t12"."on" AS "as_of",
    "t12"."invoice_id",
    "t12"."customer_id",
    "t12"."group",
    "t12"."currency",
    "t12"."issued_on",
    "t12"."due_on",
    "t12"."entered_on",
    "t12"."balance",
    "t12"."days_past_due",
    "t12"."balance" AS "disputed"
  FROM (
    SELECT
      "t11"."on",
      "t11"."invoice_id",
      "t7"."customer_id",
      "t7"."group",
      "t7"."currency",
      "t7"."issued_on",
      "t7"."due_on",
      "t7"."entered_on",
      "t7"."balance",
      DATEDIFF(DAY, "t7"."due_on", "t11"."on") AS "days_past_due"
    FROM (
      SELECT DISTINCT
        *
      FROM (
        SELECT
          "t5"."on",
          "t8"."invoice_id"
        FROM (
          SELECT
            "t1"."as_of" AS "on"
          FROM "calendar" AS "t1"
        ) AS "t5"
        INNER JOIN (
          SELECT
            "t2"."invoice_id",
            "t2"."entered_on",
            COALESCE("t2"."closed_on", DATE_FROM_PARTS(9999, 12, 31)) AS "closed_on"
          FROM "disputes" AS "t2"
        ) AS "t8"
          ON "t8"."entered_on" <= "t5"."on" AND "t8"."closed_on" > "t5"."on"
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
    "t12"."balance" > 0
) AS "t13"
GROUP BY
  1,
  2

SELECT
  "t7"."as_of",
  "t7"."group",
  COUNT(*) AS "delivered_count",
  SUM(DATEDIFF(DAY, "t7"."delivered_on", "t7"."issued_on")) AS "invoicing_days"
FROM (
  SELECT
    *
  FROM (
    SELECT
      "t4"."as_of",
      "t5"."group",
      "t5"."issued_on",
      "t5"."delivered_on"
    FROM (
      SELECT
        "t0"."as_of",
        "t0"."before_90_on" AS "after",
        "t0"."as_of" AS "until"
      FROM "calendar" AS "t0"
    ) AS "t4"
    INNER JOIN (
      SELECT
        "t1"."group",
        "t1"."issued_on",
        "t1"."delivered_on",
        "t1"."entered_on"
      FROM "invoices" AS "t1"
    ) AS "t5"
      ON "t5"."issued_on" > "t4"."after"
      AND "t5"."issued_on" <= "t4"."until"
      AND "t5"."entered_on" <= "t4"."as_of"
  ) AS "t6"
  WHERE
    "t6"."delivered_on" IS NOT NULL
) AS "t7"
GROUP BY
  1,
  2

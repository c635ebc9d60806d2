SELECT
  "t6"."as_of",
  "t6"."group",
  COUNT(*) AS "issued_count"
FROM (
  SELECT
    "t4"."as_of",
    "t5"."group"
  FROM (
    SELECT
      "t0"."as_of",
      "t0"."opening_on" AS "after",
      "t0"."as_of" AS "until"
    FROM "calendar" AS "t0"
  ) AS "t4"
  INNER JOIN (
    SELECT
      "t1"."group",
      "t1"."issued_on",
      "t1"."entered_on"
    FROM "invoices" AS "t1"
  ) AS "t5"
    ON "t5"."issued_on" > "t4"."after"
    AND "t5"."issued_on" <= "t4"."until"
    AND "t5"."entered_on" <= "t4"."as_of"
) AS "t6"
GROUP BY
  1,
  2

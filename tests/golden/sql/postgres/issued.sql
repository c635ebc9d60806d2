SELECT
  "t4"."as_of",
  "t4"."group",
  COALESCE(SUM("t4"."amount"), 0) AS "issued_90",
  SUM(CASE WHEN "t4"."issued_on" > "t4"."opening_on" THEN 1 ELSE 0 END) AS "issued_count",
  COUNT(
    CAST(EXTRACT(epoch FROM CAST("t4"."issued_on" AS TIMESTAMP) - CAST("t4"."delivered_on" AS TIMESTAMP)) / 86400 AS BIGINT)
  ) AS "delivered_count",
  COALESCE(
    SUM(
      CAST(EXTRACT(epoch FROM CAST("t4"."issued_on" AS TIMESTAMP) - CAST("t4"."delivered_on" AS TIMESTAMP)) / 86400 AS BIGINT)
    ),
    0
  ) AS "invoicing_days"
FROM (
  SELECT
    "t2"."as_of",
    "t3"."group",
    "t3"."amount",
    "t2"."opening_on",
    "t3"."issued_on",
    "t3"."delivered_on"
  FROM "calendar" AS "t2"
  INNER JOIN "invoices" AS "t3"
    ON "t3"."issued_on" > "t2"."before_90_on"
    AND "t3"."issued_on" <= "t2"."as_of"
    AND "t3"."entered_on" <= "t2"."as_of"
) AS "t4"
GROUP BY
  1,
  2

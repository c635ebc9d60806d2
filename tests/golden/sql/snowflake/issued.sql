SELECT
  "t4"."as_of",
  "t4"."group",
  COALESCE(SUM("t4"."amount"), 0) AS "issued_90",
  SUM(IFF("t4"."issued_on" > "t4"."opening_on", 1, 0)) AS "issued_count",
  COUNT(DATEDIFF(DAY, "t4"."delivered_on", "t4"."issued_on")) AS "delivered_count",
  COALESCE(SUM(DATEDIFF(DAY, "t4"."delivered_on", "t4"."issued_on")), 0) AS "invoicing_days"
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

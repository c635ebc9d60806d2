SELECT
  "t6"."as_of",
  '' AS "group",
  SUM("t6"."amount") AS "cost_month"
FROM (
  SELECT
    "t4"."as_of",
    "t4"."opening_on",
    "t5"."month",
    "t5"."amount"
  FROM (
    SELECT
      "t0"."as_of",
      "t0"."opening_on"
    FROM "calendar" AS "t0"
  ) AS "t4"
  INNER JOIN (
    SELECT
      "t1"."month",
      "t1"."amount"
    FROM "costs" AS "t1"
  ) AS "t5"
    ON "t5"."month" > "t4"."opening_on" AND "t5"."month" <= "t4"."as_of"
) AS "t6"
GROUP BY
  1,
  2

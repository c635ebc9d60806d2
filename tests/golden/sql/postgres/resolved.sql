SELECT
  "t9"."as_of",
  "t9"."group",
  COUNT(*) AS "resolved_count",
  SUM("t9"."late") AS "resolved_days",
  PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY
    "t9"."late") AS "resolved_median_days"
FROM (
  SELECT
    "t8"."as_of",
    "t8"."before_90_on",
    "t8"."invoice_id",
    "t8"."since",
    "t8"."until",
    "t8"."settled_on",
    "t8"."group",
    "t8"."due_on",
    CAST(EXTRACT(epoch FROM CAST("t8"."settled_on" AS TIMESTAMP) - CAST("t8"."due_on" AS TIMESTAMP)) / 86400 AS BIGINT) AS "late"
  FROM (
    SELECT
      "t6"."as_of",
      "t6"."before_90_on",
      "t3"."invoice_id",
      "t3"."since",
      "t3"."until",
      "t3"."settled_on",
      "t7"."group",
      "t7"."due_on"
    FROM (
      SELECT
        "t0"."as_of",
        "t0"."before_90_on"
      FROM "calendar" AS "t0"
    ) AS "t6"
    INNER JOIN "settlements" AS "t3"
      ON "t3"."since" <= "t6"."as_of"
      AND "t3"."until" > "t6"."as_of"
      AND "t3"."settled_on" > "t6"."before_90_on"
    INNER JOIN (
      SELECT
        "t2"."invoice_id",
        "t2"."group",
        "t2"."due_on"
      FROM "invoices" AS "t2"
    ) AS "t7"
      ON "t3"."invoice_id" = "t7"."invoice_id"
  ) AS "t8"
  WHERE
    CAST(EXTRACT(epoch FROM CAST("t8"."settled_on" AS TIMESTAMP) - CAST("t8"."due_on" AS TIMESTAMP)) / 86400 AS BIGINT) > 0
) AS "t9"
GROUP BY
  1,
  2

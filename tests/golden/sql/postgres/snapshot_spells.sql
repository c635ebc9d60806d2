SELECT
  "t6"."invoice_id",
  "t6"."since",
  "t6"."until",
  "t6"."balance",
  "t4"."customer_id",
  "t4"."group",
  "t4"."currency",
  "t4"."issued_on",
  "t4"."due_on",
  "t4"."entered_on"
FROM (
  SELECT
    "t3"."invoice_id",
    "t3"."since",
    COALESCE(
      LEAD("t3"."since") OVER (
        PARTITION BY "t3"."invoice_id"
        ORDER BY "t3"."since" ASC
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
      ),
      MAKE_DATE(9999, 12, 31)
    ) AS "until",
    SUM("t3"."change") OVER (
      PARTITION BY "t3"."invoice_id"
      ORDER BY "t3"."since" ASC
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS "balance"
  FROM (
    SELECT
      "t0"."invoice_id",
      "t0"."entered_on" AS "since",
      SUM("t0"."change") AS "change"
    FROM "entries" AS "t0"
    GROUP BY
      1,
      2
  ) AS "t3"
) AS "t6"
INNER JOIN (
  SELECT
    "t1"."invoice_id",
    "t1"."customer_id",
    "t1"."group",
    "t1"."currency",
    "t1"."issued_on",
    "t1"."due_on",
    "t1"."entered_on"
  FROM "invoices" AS "t1"
) AS "t4"
  ON "t6"."invoice_id" = "t4"."invoice_id"

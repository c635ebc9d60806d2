SELECT
  *
FROM (
  SELECT
    "t0"."invoice_id",
    "t0"."customer_id",
    "t0"."group",
    "t0"."currency",
    "t0"."issued_on",
    "t0"."due_on",
    "t0"."amount",
    "t0"."entered_on",
    "t0"."entered_on" AS "counted_on",
    "t0"."entered_on" AS "billed_on",
    "t0"."issued_on" AS "happened_on",
    "t0"."amount" AS "change",
    'billed' AS "kind"
  FROM "invoices" AS "t0"
) AS "t2"
UNION ALL
SELECT
  *
FROM (
  SELECT
    "t4"."invoice_id",
    "t4"."customer_id",
    "t4"."group",
    "t4"."currency",
    "t4"."issued_on",
    "t4"."due_on",
    "t6"."amount",
    "t6"."entered_on",
    "t6"."counted_on",
    "t4"."billed_on",
    "t6"."happened_on",
    "t6"."change",
    "t6"."kind"
  FROM (
    SELECT
      "t0"."invoice_id",
      "t0"."customer_id",
      "t0"."group",
      "t0"."currency",
      "t0"."issued_on",
      "t0"."due_on",
      "t0"."entered_on" AS "billed_on"
    FROM "invoices" AS "t0"
  ) AS "t4"
  INNER JOIN (
    SELECT
      "t1"."invoice_id",
      "t1"."amount",
      "t1"."entered_on",
      "t1"."counted_on",
      "t1"."happened_on",
      "t1"."kind",
      -(
        "t1"."amount"
      ) AS "change"
    FROM "applications" AS "t1"
  ) AS "t6"
    ON "t4"."invoice_id" = "t6"."invoice_id"
) AS "t7"

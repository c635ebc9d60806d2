SELECT
  "t11"."as_of",
  "t11"."group",
  SUM("t11"."amount") AS "due_amount",
  SUM("t11"."punctual") AS "on_time_amount",
  COUNT(*) AS "due_count",
  SUM(CASE WHEN "t11"."punctual" >= "t11"."amount" THEN 1 ELSE 0 END) AS "on_time_count"
FROM (
  SELECT
    "t10"."as_of",
    "t10"."group",
    "t10"."invoice_id",
    "t10"."amount",
    COALESCE(SUM("t10"."applied") FILTER(WHERE
      "t10"."applied_on" <= "t10"."due_on"), 0) AS "punctual"
  FROM (
    SELECT
      "t9"."as_of",
      "t9"."group",
      "t9"."invoice_id",
      "t9"."amount",
      "t9"."issued_on",
      "t9"."due_on",
      "t9"."kind",
      "t9"."applied",
      "t9"."applied_on"
    FROM (
      SELECT
        "t5"."as_of",
        "t6"."group",
        "t6"."invoice_id",
        "t6"."amount",
        "t6"."issued_on",
        "t6"."due_on",
        "t8"."invoice_id" AS "invoice_id_right",
        "t8"."kind",
        "t8"."entered_on",
        "t8"."applied",
        "t8"."applied_on"
      FROM (
        SELECT
          "t0"."as_of",
          "t0"."before_90_on" AS "after",
          "t0"."as_of" AS "until"
        FROM "calendar" AS "t0"
      ) AS "t5"
      INNER JOIN (
        SELECT
          "t1"."group",
          "t1"."invoice_id",
          "t1"."amount",
          "t1"."issued_on",
          "t1"."due_on",
          "t1"."entered_on"
        FROM "invoices" AS "t1"
      ) AS "t6"
        ON "t6"."due_on" > "t5"."after"
        AND "t6"."due_on" <= "t5"."until"
        AND "t6"."entered_on" <= "t5"."as_of"
      LEFT OUTER JOIN (
        SELECT
          "t2"."invoice_id",
          "t2"."kind",
          "t2"."entered_on",
          "t2"."amount" AS "applied",
          "t2"."happened_on" AS "applied_on"
        FROM "entries" AS "t2"
        WHERE
          "t2"."kind" <> 'billed'
      ) AS "t8"
        ON "t6"."invoice_id" = "t8"."invoice_id" AND "t8"."entered_on" <= "t5"."as_of"
    ) AS "t9"
  ) AS "t10"
  GROUP BY
    1,
    2,
    3,
    4
) AS "t11"
GROUP BY
  1,
  2

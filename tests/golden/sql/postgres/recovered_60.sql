SELECT
  "t13"."as_of",
  "t13"."group",
  COALESCE(SUM("t13"."amount" - "t13"."reduced"), 0) AS "left_60",
  COALESCE(SUM("t13"."recovered"), 0) AS "recovered_60"
FROM (
  SELECT
    "t12"."as_of",
    "t12"."group",
    "t12"."invoice_id",
    "t12"."amount",
    COALESCE(
      SUM("t12"."applied") FILTER(WHERE
        CAST(EXTRACT(epoch FROM CAST("t12"."applied_on" AS TIMESTAMP) - CAST("t12"."due_on" AS TIMESTAMP)) / 86400 AS BIGINT) <= 0),
      0
    ) AS "reduced",
    COALESCE(
      SUM("t12"."applied") FILTER(WHERE
        (
          "t12"."kind" = 'cash'
        )
        AND (
          CAST(EXTRACT(epoch FROM CAST("t12"."applied_on" AS TIMESTAMP) - CAST("t12"."due_on" AS TIMESTAMP)) / 86400 AS BIGINT) > 0
        )
        AND (
          CAST(EXTRACT(epoch FROM CAST("t12"."applied_on" AS TIMESTAMP) - CAST("t12"."due_on" AS TIMESTAMP)) / 86400 AS BIGINT) <= 60
        )),
      0
    ) AS "recovered"
  FROM (
    SELECT
      "t11"."as_of",
      "t11"."group",
      "t11"."invoice_id",
      "t11"."amount",
      "t11"."issued_on",
      "t11"."due_on",
      "t8"."kind",
      "t8"."applied",
      "t8"."applied_on"
    FROM (
      SELECT
        "t9"."as_of",
        "t9"."group",
        "t9"."invoice_id",
        "t9"."amount",
        "t9"."issued_on",
        "t9"."due_on",
        "t9"."entered_on" AS "billed_on"
      FROM (
        SELECT
          "t6"."as_of",
          "t7"."group",
          "t7"."invoice_id",
          "t7"."amount",
          "t7"."issued_on",
          "t7"."due_on",
          "t7"."entered_on"
        FROM (
          SELECT
            "t1"."as_of",
            "t1"."cohort_60_after" AS "after",
            "t1"."cohort_60_until" AS "until"
          FROM "calendar" AS "t1"
        ) AS "t6"
        INNER JOIN (
          SELECT
            "t2"."group",
            "t2"."invoice_id",
            "t2"."amount",
            "t2"."issued_on",
            "t2"."due_on",
            "t2"."entered_on"
          FROM "invoices" AS "t2"
        ) AS "t7"
          ON "t7"."due_on" > "t6"."after"
          AND "t7"."due_on" <= "t6"."until"
          AND "t7"."entered_on" <= "t6"."as_of"
      ) AS "t9"
    ) AS "t11"
    LEFT OUTER JOIN (
      SELECT
        "t0"."invoice_id",
        "t0"."kind",
        "t0"."entered_on",
        -(
          "t0"."change"
        ) AS "applied",
        "t0"."happened_on" AS "applied_on"
      FROM "entries" AS "t0"
      WHERE
        "t0"."kind" <> 'billed'
    ) AS "t8"
      ON "t11"."invoice_id" = "t8"."invoice_id" AND "t8"."entered_on" <= "t11"."as_of"
  ) AS "t12"
  GROUP BY
    1,
    2,
    3,
    4
) AS "t13"
GROUP BY
  1,
  2

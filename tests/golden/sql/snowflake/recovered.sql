SELECT
  "t7"."as_of",
  "t7"."group",
  COALESCE(SUM("t7"."left_30"), 0) AS "left_30",
  COALESCE(SUM("t7"."recovered_30"), 0) AS "recovered_30",
  COALESCE(SUM("t7"."left_60"), 0) AS "left_60",
  COALESCE(SUM("t7"."recovered_60"), 0) AS "recovered_60",
  COALESCE(SUM("t7"."left_90"), 0) AS "left_90",
  COALESCE(SUM("t7"."recovered_90"), 0) AS "recovered_90"
FROM (
  SELECT
    "t6"."as_of",
    "t6"."opening_on",
    "t6"."quarter_opening_on",
    "t6"."before_90_on",
    "t6"."before_365_on",
    "t6"."cohort_30_after",
    "t6"."cohort_30_until",
    "t6"."cohort_60_after",
    "t6"."cohort_60_until",
    "t6"."cohort_90_after",
    "t6"."cohort_90_until",
    "t6"."invoice_id",
    "t6"."customer_id",
    "t6"."group",
    "t6"."currency",
    "t6"."issued_on",
    "t6"."due_on",
    "t6"."amount",
    "t6"."entered_on",
    "t6"."counted_on",
    "t6"."billed_on",
    "t6"."happened_on",
    "t6"."change",
    "t6"."kind",
    "t6"."late",
    "t6"."left",
    "t6"."owed",
    IFF(
      (
        "t6"."due_on" > "t6"."cohort_30_after"
      )
      AND (
        "t6"."due_on" <= "t6"."cohort_30_until"
      ),
      "t6"."left",
      NULL
    ) AS "left_30",
    IFF(
      (
        "t6"."due_on" > "t6"."cohort_30_after"
      )
      AND (
        "t6"."due_on" <= "t6"."cohort_30_until"
      )
      AND "t6"."kind" IN ('cash', 'set_off', 'tax_withheld')
      AND (
        "t6"."late" > 0
      )
      AND (
        "t6"."late" <= 30
      ),
      "t6"."amount",
      NULL
    ) AS "recovered_30",
    IFF(
      (
        "t6"."due_on" > "t6"."cohort_60_after"
      )
      AND (
        "t6"."due_on" <= "t6"."cohort_60_until"
      ),
      "t6"."left",
      NULL
    ) AS "left_60",
    IFF(
      (
        "t6"."due_on" > "t6"."cohort_60_after"
      )
      AND (
        "t6"."due_on" <= "t6"."cohort_60_until"
      )
      AND "t6"."kind" IN ('cash', 'set_off', 'tax_withheld')
      AND (
        "t6"."late" > 0
      )
      AND (
        "t6"."late" <= 60
      ),
      "t6"."amount",
      NULL
    ) AS "recovered_60",
    IFF(
      (
        "t6"."due_on" > "t6"."cohort_90_after"
      )
      AND (
        "t6"."due_on" <= "t6"."cohort_90_until"
      ),
      "t6"."left",
      NULL
    ) AS "left_90",
    IFF(
      (
        "t6"."due_on" > "t6"."cohort_90_after"
      )
      AND (
        "t6"."due_on" <= "t6"."cohort_90_until"
      )
      AND "t6"."kind" IN ('cash', 'set_off', 'tax_withheld')
      AND (
        "t6"."late" > 0
      )
      AND (
        "t6"."late" <= 90
      ),
      "t6"."amount",
      NULL
    ) AS "recovered_90"
  FROM (
    SELECT
      "t5"."as_of",
      "t5"."opening_on",
      "t5"."quarter_opening_on",
      "t5"."before_90_on",
      "t5"."before_365_on",
      "t5"."cohort_30_after",
      "t5"."cohort_30_until",
      "t5"."cohort_60_after",
      "t5"."cohort_60_until",
      "t5"."cohort_90_after",
      "t5"."cohort_90_until",
      "t5"."invoice_id",
      "t5"."customer_id",
      "t5"."group",
      "t5"."currency",
      "t5"."issued_on",
      "t5"."due_on",
      "t5"."amount",
      "t5"."entered_on",
      "t5"."counted_on",
      "t5"."billed_on",
      "t5"."happened_on",
      "t5"."change",
      "t5"."kind",
      DATEDIFF(DAY, "t5"."due_on", "t5"."happened_on") AS "late",
      IFF(
        "t5"."kind" = 'billed',
        "t5"."amount",
        IFF(DATEDIFF(DAY, "t5"."due_on", "t5"."happened_on") <= 0, -(
          "t5"."amount"
        ), 0)
      ) AS "left",
      SUM(
        IFF(
          "t5"."kind" = 'billed',
          "t5"."amount",
          IFF(DATEDIFF(DAY, "t5"."due_on", "t5"."happened_on") <= 0, -(
            "t5"."amount"
          ), 0)
        )
      ) OVER (
        PARTITION BY "t5"."as_of", "t5"."invoice_id"
        ORDER BY NULL ASC
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
      ) AS "owed"
    FROM (
      SELECT
        "t2"."as_of",
        "t2"."opening_on",
        "t2"."quarter_opening_on",
        "t2"."before_90_on",
        "t2"."before_365_on",
        "t2"."cohort_30_after",
        "t2"."cohort_30_until",
        "t2"."cohort_60_after",
        "t2"."cohort_60_until",
        "t2"."cohort_90_after",
        "t2"."cohort_90_until",
        "t4"."invoice_id",
        "t4"."customer_id",
        "t4"."group",
        "t4"."currency",
        "t4"."issued_on",
        "t4"."due_on",
        "t4"."amount",
        "t4"."entered_on",
        "t4"."counted_on",
        "t4"."billed_on",
        "t4"."happened_on",
        "t4"."change",
        "t4"."kind"
      FROM "calendar" AS "t2"
      INNER JOIN (
        SELECT
          "t1"."invoice_id",
          "t1"."customer_id",
          "t1"."group",
          "t1"."currency",
          "t1"."issued_on",
          "t1"."due_on",
          IFF("t1"."kind" = 'billed', "t1"."change", -(
            "t1"."change"
          )) AS "amount",
          "t1"."entered_on",
          "t1"."counted_on",
          "t1"."billed_on",
          "t1"."happened_on",
          "t1"."change",
          "t1"."kind"
        FROM "entries" AS "t1"
      ) AS "t4"
        ON "t4"."due_on" > "t2"."cohort_90_after"
        AND "t4"."due_on" <= "t2"."cohort_30_until"
        AND "t4"."entered_on" <= "t2"."as_of"
    ) AS "t5"
  ) AS "t6"
  WHERE
    "t6"."owed" > 0
) AS "t7"
GROUP BY
  1,
  2

SELECT
  "t18"."as_of",
  "t18"."group",
  "t18"."offered_amount",
  "t18"."priced_amount",
  "t18"."offer_cost",
  COALESCE("t17"."taken_amount", 0) AS "taken_amount"
FROM (
  SELECT
    "t13"."as_of",
    "t13"."group",
    COALESCE(SUM("t13"."discount_amount"), 0) AS "offered_amount",
    COALESCE(SUM("t13"."discount_amount") FILTER(WHERE
      "t13"."offer_cost" IS NOT NULL), 0) AS "priced_amount",
    COALESCE(CAST(SUM("t13"."offer_cost") AS DOUBLE PRECISION), 0) AS "offer_cost"
  FROM (
    SELECT
      "t8"."as_of",
      "t8"."group",
      "t8"."invoice_id",
      "t8"."customer_id",
      "t8"."due_on",
      "t8"."discount_until",
      "t8"."amount",
      "t8"."discount_amount",
      CAST(CASE
        WHEN (
          CAST(EXTRACT(epoch FROM CAST("t8"."due_on" AS TIMESTAMP) - CAST("t8"."discount_until" AS TIMESTAMP)) / 86400 AS BIGINT) > 0
        )
        AND (
          (
            "t8"."amount" - "t8"."discount_amount"
          ) > 0
        )
        THEN CAST("t8"."discount_amount" AS DOUBLE PRECISION) * (
          CAST((
            (
              CAST("t8"."discount_amount" AS DOUBLE PRECISION) / CAST(NULLIF("t8"."amount" - "t8"."discount_amount", 0) AS DOUBLE PRECISION)
            ) * 365
          ) AS DOUBLE PRECISION) / NULLIF(
            CAST(EXTRACT(epoch FROM CAST("t8"."due_on" AS TIMESTAMP) - CAST("t8"."discount_until" AS TIMESTAMP)) / 86400 AS BIGINT),
            0
          )
        )
        ELSE NULL
      END AS DECIMAL(38, 9)) AS "offer_cost"
    FROM (
      SELECT
        "t3"."as_of",
        "t4"."group",
        "t4"."invoice_id",
        "t4"."customer_id",
        "t4"."due_on",
        "t4"."discount_until",
        "t4"."amount",
        "t4"."discount_amount"
      FROM "calendar" AS "t3"
      INNER JOIN "invoices" AS "t4"
        ON "t4"."discount_until" > "t3"."before_90_on"
        AND "t4"."discount_until" <= "t3"."as_of"
        AND "t4"."entered_on" <= "t3"."as_of"
    ) AS "t8"
    WHERE
      "t8"."discount_amount" > 0
  ) AS "t13"
  GROUP BY
    1,
    2
) AS "t18"
LEFT OUTER JOIN (
  SELECT
    "t14"."as_of",
    "t14"."group",
    COALESCE(SUM("t14"."taken_amount"), 0) AS "taken_amount"
  FROM (
    SELECT
      "t12"."as_of",
      "t12"."opening_on",
      "t12"."quarter_opening_on",
      "t12"."before_90_on",
      "t12"."before_365_on",
      "t12"."cohort_30_after",
      "t12"."cohort_30_until",
      "t12"."cohort_60_after",
      "t12"."cohort_60_until",
      "t12"."cohort_90_after",
      "t12"."cohort_90_until",
      "t12"."invoice_id",
      "t12"."customer_id",
      "t12"."group",
      "t12"."currency",
      "t12"."issued_on",
      "t12"."due_on",
      "t12"."amount",
      "t12"."entered_on",
      "t12"."counted_on",
      "t12"."billed_on",
      "t12"."happened_on",
      "t12"."change",
      "t12"."kind",
      "t12"."discount_until",
      "t12"."amount" AS "taken_amount"
    FROM (
      SELECT
        "t3"."as_of",
        "t3"."opening_on",
        "t3"."quarter_opening_on",
        "t3"."before_90_on",
        "t3"."before_365_on",
        "t3"."cohort_30_after",
        "t3"."cohort_30_until",
        "t3"."cohort_60_after",
        "t3"."cohort_60_until",
        "t3"."cohort_90_after",
        "t3"."cohort_90_until",
        "t11"."invoice_id",
        "t11"."customer_id",
        "t11"."group",
        "t11"."currency",
        "t11"."issued_on",
        "t11"."due_on",
        "t11"."amount",
        "t11"."entered_on",
        "t11"."counted_on",
        "t11"."billed_on",
        "t11"."happened_on",
        "t11"."change",
        "t11"."kind",
        "t11"."discount_until"
      FROM "calendar" AS "t3"
      INNER JOIN (
        SELECT
          "t9"."invoice_id",
          "t9"."customer_id",
          "t9"."group",
          "t9"."currency",
          "t9"."issued_on",
          "t9"."due_on",
          "t9"."amount",
          "t9"."entered_on",
          "t9"."counted_on",
          "t9"."billed_on",
          "t9"."happened_on",
          "t9"."change",
          "t9"."kind",
          "t6"."discount_until"
        FROM (
          SELECT
            "t2"."invoice_id",
            "t2"."customer_id",
            "t2"."group",
            "t2"."currency",
            "t2"."issued_on",
            "t2"."due_on",
            CASE WHEN "t2"."kind" = 'billed' THEN "t2"."change" ELSE -(
              "t2"."change"
            ) END AS "amount",
            "t2"."entered_on",
            "t2"."counted_on",
            "t2"."billed_on",
            "t2"."happened_on",
            "t2"."change",
            "t2"."kind"
          FROM "entries" AS "t2"
          WHERE
            "t2"."kind" = 'discount'
        ) AS "t9"
        INNER JOIN (
          SELECT
            "t1"."invoice_id",
            "t1"."discount_until"
          FROM "invoices" AS "t1"
          WHERE
            "t1"."discount_amount" > 0
        ) AS "t6"
          ON "t9"."invoice_id" = "t6"."invoice_id"
      ) AS "t11"
        ON "t11"."discount_until" > "t3"."before_90_on"
        AND "t11"."discount_until" <= "t3"."as_of"
        AND "t11"."entered_on" <= "t3"."as_of"
    ) AS "t12"
  ) AS "t14"
  GROUP BY
    1,
    2
) AS "t17"
  ON "t18"."as_of" = "t17"."as_of" AND "t18"."group" = "t17"."group"

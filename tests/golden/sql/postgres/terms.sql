SELECT
  "t8"."as_of",
  "t8"."group",
  COALESCE(SUM("t8"."discount_amount"), 0) AS "priced_amount",
  CAST(SUM("t8"."cost") AS DOUBLE PRECISION) AS "offer_cost"
FROM (
  SELECT
    *
  FROM (
    SELECT
      "t6"."as_of",
      "t6"."group",
      "t6"."due_on",
      "t6"."discount_until",
      "t6"."amount",
      "t6"."discount_amount",
      CAST(CASE
        WHEN (
          CAST(EXTRACT(epoch FROM CAST("t6"."due_on" AS TIMESTAMP) - CAST("t6"."discount_until" AS TIMESTAMP)) / 86400 AS BIGINT) > 0
        )
        AND (
          (
            "t6"."amount" - "t6"."discount_amount"
          ) > 0
        )
        THEN CAST("t6"."discount_amount" AS DOUBLE PRECISION) * (
          CAST((
            (
              CAST("t6"."discount_amount" AS DOUBLE PRECISION) / CAST(NULLIF("t6"."amount" - "t6"."discount_amount", 0) AS DOUBLE PRECISION)
            ) * 365
          ) AS DOUBLE PRECISION) / NULLIF(
            CAST(EXTRACT(epoch FROM CAST("t6"."due_on" AS TIMESTAMP) - CAST("t6"."discount_until" AS TIMESTAMP)) / 86400 AS BIGINT),
            0
          )
        )
        ELSE NULL
      END AS DECIMAL(38, 9)) AS "cost"
    FROM (
      SELECT
        "t4"."as_of",
        "t5"."group",
        "t5"."due_on",
        "t5"."discount_until",
        "t5"."amount",
        "t5"."discount_amount"
      FROM (
        SELECT
          "t0"."as_of",
          "t0"."before_90_on" AS "after",
          "t0"."as_of" AS "until"
        FROM "calendar" AS "t0"
      ) AS "t4"
      INNER JOIN (
        SELECT
          "t1"."group",
          "t1"."due_on",
          "t1"."discount_until",
          "t1"."amount",
          "t1"."discount_amount",
          "t1"."entered_on"
        FROM "invoices" AS "t1"
      ) AS "t5"
        ON "t5"."discount_until" > "t4"."after"
        AND "t5"."discount_until" <= "t4"."until"
        AND "t5"."entered_on" <= "t4"."as_of"
    ) AS "t6"
    WHERE
      "t6"."discount_amount" > 0
  ) AS "t7"
  WHERE
    "t7"."cost" IS NOT NULL
) AS "t8"
GROUP BY
  1,
  2

SELECT
  "t17"."on",
  "t17"."group",
  COALESCE(SUM("t17"."balance"), 0) AS "net",
  COALESCE(
    SUM("t17"."balance") FILTER(WHERE
      (
        "t17"."balance" > 0
      ) AND (
        "t17"."days_past_due" IS NOT NULL
      )),
    0
  ) AS "open",
  COALESCE(SUM("t17"."balance") FILTER(WHERE
    "t17"."balance" < 0), 0) AS "credit",
  COALESCE(
    SUM("t17"."balance") FILTER(WHERE
      (
        "t17"."balance" > 0
      ) AND (
        "t17"."days_past_due" <= 0
      )),
    0
  ) AS "current",
  COALESCE(
    SUM("t17"."balance") FILTER(WHERE
      (
        "t17"."balance" > 0
      ) AND (
        "t17"."days_past_due" > 0
      )),
    0
  ) AS "overdue",
  COALESCE(
    SUM("t17"."balance") FILTER(WHERE
      (
        "t17"."balance" > 0
      ) AND (
        "t17"."days_past_due" > 90
      )),
    0
  ) AS "over_90",
  COALESCE(
    SUM("t17"."balance") FILTER(WHERE
      (
        "t17"."balance" > 0
      ) AND (
        "t17"."days_past_due" <= 0
      )),
    0
  ) AS "aged_0",
  COALESCE(
    SUM("t17"."balance") FILTER(WHERE
      (
        "t17"."balance" > 0
      )
      AND (
        (
          "t17"."days_past_due" > 0
        ) AND (
          "t17"."days_past_due" <= 30
        )
      )),
    0
  ) AS "aged_1",
  COALESCE(
    SUM("t17"."balance") FILTER(WHERE
      (
        "t17"."balance" > 0
      )
      AND (
        (
          "t17"."days_past_due" > 30
        ) AND (
          "t17"."days_past_due" <= 60
        )
      )),
    0
  ) AS "aged_2",
  COALESCE(
    SUM("t17"."balance") FILTER(WHERE
      (
        "t17"."balance" > 0
      )
      AND (
        (
          "t17"."days_past_due" > 60
        ) AND (
          "t17"."days_past_due" <= 90
        )
      )),
    0
  ) AS "aged_3",
  COALESCE(
    SUM("t17"."balance") FILTER(WHERE
      (
        "t17"."balance" > 0
      )
      AND (
        (
          "t17"."days_past_due" > 90
        ) AND (
          "t17"."days_past_due" <= 120
        )
      )),
    0
  ) AS "aged_4",
  COALESCE(
    SUM("t17"."balance") FILTER(WHERE
      (
        "t17"."balance" > 0
      ) AND (
        "t17"."days_past_due" > 120
      )),
    0
  ) AS "aged_5"
FROM (
  SELECT
    "t16"."on",
    "t16"."invoice_id",
    "t16"."balance",
    "t16"."customer_id",
    "t16"."group",
    "t16"."issued_on",
    "t16"."due_on",
    "t16"."entered_on",
    CAST(EXTRACT(epoch FROM CAST("t16"."on" AS TIMESTAMP) - CAST("t16"."due_on" AS TIMESTAMP)) / 86400 AS BIGINT) AS "days_past_due"
  FROM (
    SELECT
      "t15"."on",
      "t15"."invoice_id",
      "t15"."balance",
      "t7"."customer_id",
      "t7"."group",
      "t7"."issued_on",
      "t7"."due_on",
      "t7"."entered_on"
    FROM (
      SELECT
        "t13"."on",
        "t13"."invoice_id",
        "t13"."balance"
      FROM (
        SELECT
          "t12"."on",
          "t11"."invoice_id",
          "t11"."since",
          "t11"."until",
          "t11"."balance"
        FROM (
          SELECT
            *
          FROM (
            SELECT
              "t1"."quarter_opening_on" AS "on"
            FROM "calendar" AS "t1"
          ) AS "t4"
          UNION
          SELECT
            *
          FROM (
            SELECT
              *
            FROM (
              SELECT
                "t1"."as_of" AS "on"
              FROM "calendar" AS "t1"
            ) AS "t5"
            UNION
            SELECT
              *
            FROM (
              SELECT
                "t1"."opening_on" AS "on"
              FROM "calendar" AS "t1"
            ) AS "t6"
          ) AS "t8"
        ) AS "t12"
        INNER JOIN (
          SELECT
            *
          FROM "spells" AS "t2"
          WHERE
            "t2"."balance" <> 0
        ) AS "t11"
          ON "t11"."since" <= "t12"."on" AND "t11"."until" > "t12"."on"
      ) AS "t13"
    ) AS "t15"
    INNER JOIN (
      SELECT
        "t0"."invoice_id",
        "t0"."customer_id",
        "t0"."group",
        "t0"."issued_on",
        "t0"."due_on",
        "t0"."entered_on"
      FROM "invoices" AS "t0"
    ) AS "t7"
      ON "t15"."invoice_id" = "t7"."invoice_id"
  ) AS "t16"
) AS "t17"
GROUP BY
  1,
  2

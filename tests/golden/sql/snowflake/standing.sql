SELECT
  "t11"."on",
  "t11"."group",
  COALESCE(SUM("t11"."net"), 0) AS "net",
  COALESCE(SUM("t11"."open"), 0) AS "open",
  COALESCE(SUM("t11"."credit"), 0) AS "credit",
  COALESCE(SUM("t11"."current"), 0) AS "current",
  COALESCE(SUM("t11"."overdue"), 0) AS "overdue",
  COALESCE(SUM("t11"."over_90"), 0) AS "over_90",
  COALESCE(SUM("t11"."aged_0"), 0) AS "aged_0",
  COALESCE(SUM("t11"."aged_1"), 0) AS "aged_1",
  COALESCE(SUM("t11"."aged_2"), 0) AS "aged_2",
  COALESCE(SUM("t11"."aged_3"), 0) AS "aged_3",
  COALESCE(SUM("t11"."aged_4"), 0) AS "aged_4",
  COALESCE(SUM("t11"."aged_5"), 0) AS "aged_5"
FROM (
  SELECT
    "t10"."on",
    "t10"."invoice_id",
    "t10"."customer_id",
    "t10"."group",
    "t10"."currency",
    "t10"."issued_on",
    "t10"."due_on",
    "t10"."entered_on",
    "t10"."balance",
    "t10"."days_past_due",
    "t10"."balance" AS "net",
    IFF("t10"."balance" > 0, "t10"."balance", NULL) AS "open",
    IFF("t10"."balance" < 0, "t10"."balance", NULL) AS "credit",
    IFF(
      (
        "t10"."balance" > 0
      ) AND (
        "t10"."days_past_due" <= 0
      ),
      "t10"."balance",
      NULL
    ) AS "current",
    IFF((
      "t10"."balance" > 0
    ) AND (
      "t10"."days_past_due" > 0
    ), "t10"."balance", NULL) AS "overdue",
    IFF(
      (
        "t10"."balance" > 0
      ) AND (
        "t10"."days_past_due" > 90
      ),
      "t10"."balance",
      NULL
    ) AS "over_90",
    IFF(
      (
        "t10"."balance" > 0
      ) AND (
        "t10"."days_past_due" <= 0
      ),
      "t10"."balance",
      NULL
    ) AS "aged_0",
    IFF(
      (
        "t10"."balance" > 0
      )
      AND (
        (
          "t10"."days_past_due" > 0
        ) AND (
          "t10"."days_past_due" <= 30
        )
      ),
      "t10"."balance",
      NULL
    ) AS "aged_1",
    IFF(
      (
        "t10"."balance" > 0
      )
      AND (
        (
          "t10"."days_past_due" > 30
        ) AND (
          "t10"."days_past_due" <= 60
        )
      ),
      "t10"."balance",
      NULL
    ) AS "aged_2",
    IFF(
      (
        "t10"."balance" > 0
      )
      AND (
        (
          "t10"."days_past_due" > 60
        ) AND (
          "t10"."days_past_due" <= 90
        )
      ),
      "t10"."balance",
      NULL
    ) AS "aged_3",
    IFF(
      (
        "t10"."balance" > 0
      )
      AND (
        (
          "t10"."days_past_due" > 90
        ) AND (
          "t10"."days_past_due" <= 120
        )
      ),
      "t10"."balance",
      NULL
    ) AS "aged_4",
    IFF(
      (
        "t10"."balance" > 0
      ) AND (
        "t10"."days_past_due" > 120
      ),
      "t10"."balance",
      NULL
    ) AS "aged_5"
  FROM (
    SELECT
      "t9"."on",
      "t8"."invoice_id",
      "t8"."customer_id",
      "t8"."group",
      "t8"."currency",
      "t8"."issued_on",
      "t8"."due_on",
      "t8"."entered_on",
      "t8"."balance",
      DATEDIFF(DAY, "t8"."due_on", "t9"."on") AS "days_past_due"
    FROM (
      SELECT
        *
      FROM (
        SELECT
          "t0"."quarter_opening_on" AS "on"
        FROM "calendar" AS "t0"
      ) AS "t2"
      UNION
      SELECT
        *
      FROM (
        SELECT
          *
        FROM (
          SELECT
            "t0"."as_of" AS "on"
          FROM "calendar" AS "t0"
        ) AS "t3"
        UNION
        SELECT
          *
        FROM (
          SELECT
            "t0"."opening_on" AS "on"
          FROM "calendar" AS "t0"
        ) AS "t4"
      ) AS "t5"
    ) AS "t9"
    INNER JOIN (
      SELECT
        *
      FROM "spells" AS "t1"
      WHERE
        "t1"."balance" <> 0
    ) AS "t8"
      ON "t8"."since" <= "t9"."on" AND "t8"."until" > "t9"."on"
  ) AS "t10"
) AS "t11"
GROUP BY
  1,
  2

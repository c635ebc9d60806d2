SELECT
  "t13"."as_of",
  "t13"."group",
  COALESCE(SUM("t13"."contested_90"), 0) AS "contested_90"
FROM (
  SELECT
    "t12"."as_of",
    "t12"."group",
    "t12"."invoice_id",
    "t12"."amount",
    "t12"."part",
    LEAST("t12"."part", "t12"."amount") AS "contested_90"
  FROM (
    SELECT
      "t11"."as_of",
      "t11"."group",
      "t11"."invoice_id",
      "t11"."amount",
      COALESCE(SUM(COALESCE("t11"."part", "t11"."amount")), 0) AS "part"
    FROM (
      SELECT
        *
      FROM (
        SELECT
          "t9"."as_of",
          "t9"."group",
          "t9"."invoice_id",
          "t9"."amount",
          "t9"."billed_on",
          "t6"."entered_on",
          "t6"."part"
        FROM (
          SELECT
            "t7"."as_of",
            "t7"."group",
            "t7"."invoice_id",
            "t7"."amount",
            "t7"."entered_on" AS "billed_on"
          FROM (
            SELECT
              "t3"."as_of",
              "t4"."group",
              "t4"."invoice_id",
              "t4"."amount",
              "t4"."entered_on"
            FROM "calendar" AS "t3"
            INNER JOIN "invoices" AS "t4"
              ON "t4"."issued_on" > "t3"."before_90_on"
              AND "t4"."issued_on" <= "t3"."as_of"
              AND "t4"."entered_on" <= "t3"."as_of"
          ) AS "t7"
        ) AS "t9"
        INNER JOIN (
          SELECT
            "t0"."invoice_id",
            "t0"."entered_on",
            "t0"."amount" AS "part"
          FROM "disputes" AS "t0"
        ) AS "t6"
          ON "t9"."invoice_id" = "t6"."invoice_id"
      ) AS "t10"
      WHERE
        "t10"."entered_on" <= "t10"."as_of"
    ) AS "t11"
    GROUP BY
      1,
      2,
      3,
      4
  ) AS "t12"
) AS "t13"
GROUP BY
  1,
  2

SELECT
  "t14"."as_of",
  "t14"."group",
  COALESCE(SUM("t14"."discount_amount"), 0) AS "offered_amount",
  COALESCE(SUM("t14"."taken"), 0) AS "taken_amount"
FROM (
  SELECT
    "t13"."as_of",
    "t13"."group",
    "t13"."invoice_id",
    "t13"."discount_amount",
    COALESCE(SUM("t13"."taken"), 0) AS "taken"
  FROM (
    SELECT
      "t12".*
      EXCLUDE ("invoice_id_right")
    FROM (
      SELECT
        "t11"."as_of",
        "t11"."group",
        "t11"."invoice_id",
        "t11"."discount_amount",
        "t11"."billed_on",
        "t8"."invoice_id" AS "invoice_id_right",
        "t8"."entered_on",
        "t8"."taken"
      FROM (
        SELECT
          "t9"."as_of",
          "t9"."group",
          "t9"."invoice_id",
          "t9"."discount_amount",
          "t9"."entered_on" AS "billed_on"
        FROM (
          SELECT
            "t6"."as_of",
            "t7"."group",
            "t7"."invoice_id",
            "t7"."discount_amount",
            "t7"."entered_on"
          FROM (
            SELECT
              "t1"."as_of",
              "t1"."before_90_on" AS "after",
              "t1"."as_of" AS "until"
            FROM "calendar" AS "t1"
          ) AS "t6"
          INNER JOIN (
            SELECT
              "t2"."group",
              "t2"."invoice_id",
              "t2"."discount_amount",
              "t2"."entered_on",
              "t2"."discount_until"
            FROM "invoices" AS "t2"
          ) AS "t7"
            ON "t7"."discount_until" > "t6"."after"
            AND "t7"."discount_until" <= "t6"."until"
            AND "t7"."entered_on" <= "t6"."as_of"
        ) AS "t9"
        WHERE
          "t9"."discount_amount" > 0
      ) AS "t11"
      LEFT OUTER JOIN (
        SELECT
          "t0"."invoice_id",
          "t0"."entered_on",
          -(
            "t0"."change"
          ) AS "taken"
        FROM "entries" AS "t0"
        WHERE
          "t0"."kind" = 'discount'
      ) AS "t8"
        ON "t11"."invoice_id" = "t8"."invoice_id" AND "t8"."entered_on" <= "t11"."as_of"
    ) AS "t12"
  ) AS "t13"
  GROUP BY
    1,
    2,
    3,
    4
) AS "t14"
GROUP BY
  1,
  2

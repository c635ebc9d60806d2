SELECT
  "t19"."as_of",
  "t19"."group",
  SUM("t19"."held") AS "unapplied"
FROM (
  SELECT
    *
  FROM (
    SELECT
      "t17"."as_of",
      "t17"."customer_id",
      "t17"."held",
      "t9"."group",
      "t9"."since"
    FROM (
      SELECT
        *
      FROM (
        SELECT
          "t14"."as_of",
          "t14"."customer_id",
          SUM("t14"."amount") AS "held"
        FROM (
          SELECT
            "t7"."as_of",
            "t13"."customer_id",
            "t13"."entered_on",
            "t13"."amount"
          FROM (
            SELECT
              "t1"."as_of"
            FROM "calendar" AS "t1"
          ) AS "t7"
          INNER JOIN (
            SELECT
              *
            FROM (
              SELECT
                "t0"."customer_id",
                "t0"."entered_on",
                "t0"."amount"
              FROM "receipts" AS "t0"
            ) AS "t4"
            UNION ALL
            SELECT
              *
            FROM (
              SELECT
                "t10"."customer_id",
                "t10"."entered_on",
                "t10"."amount"
              FROM (
                SELECT
                  "t2"."invoice_id",
                  "t2"."customer_id",
                  "t2"."group",
                  "t2"."issued_on",
                  "t2"."due_on",
                  -(
                    "t2"."amount"
                  ) AS "amount",
                  "t2"."entered_on",
                  "t2"."happened_on",
                  "t2"."change",
                  "t2"."kind"
                FROM "entries" AS "t2"
                WHERE
                  "t2"."kind" = 'cash'
              ) AS "t10"
              WHERE
                EXISTS(
                  SELECT
                    1
                  FROM "receipts" AS "t3"
                  WHERE
                    "t10"."customer_id" = "t3"."customer_id"
                )
            ) AS "t11"
          ) AS "t13"
            ON "t13"."entered_on" <= "t7"."as_of"
        ) AS "t14"
        GROUP BY
          1,
          2
      ) AS "t15"
      WHERE
        "t15"."held" > 0
    ) AS "t17"
    INNER JOIN (
      SELECT
        "t0"."customer_id",
        "t0"."group",
        MIN("t0"."entered_on") AS "since"
      FROM "receipts" AS "t0"
      GROUP BY
        1,
        2
    ) AS "t9"
      ON "t17"."customer_id" = "t9"."customer_id"
  ) AS "t18"
  WHERE
    "t18"."since" <= "t18"."as_of"
) AS "t19"
GROUP BY
  1,
  2

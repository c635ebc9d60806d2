SELECT
  "t23"."as_of",
  "t23"."group",
  "t23"."held" AS "unapplied"
FROM (
  SELECT
    "t22"."as_of",
    "t22"."group",
    COALESCE(SUM("t22"."held"), 0) AS "held"
  FROM (
    SELECT
      *
    FROM (
      SELECT
        "t20"."as_of",
        "t20"."customer_id",
        "t20"."held",
        "t9"."group",
        "t9"."since"
      FROM (
        SELECT
          *
        FROM (
          SELECT
            "t17"."as_of",
            "t17"."customer_id",
            COALESCE(SUM("t17"."balance"), 0) AS "held"
          FROM (
            SELECT
              "t7"."as_of",
              "t16"."customer_id",
              "t16"."currency",
              "t16"."balance"
            FROM (
              SELECT
                "t1"."as_of"
              FROM "calendar" AS "t1"
            ) AS "t7"
            INNER JOIN (
              SELECT
                "t14"."customer_id",
                "t14"."currency",
                "t14"."since",
                COALESCE(
                  LEAD("t14"."since") OVER (PARTITION BY "t14"."customer_id", "t14"."currency" ORDER BY "t14"."since" ASC),
                  DATE_FROM_PARTS(9999, 12, 31)
                ) AS "until",
                SUM("t14"."change") OVER (
                  PARTITION BY "t14"."customer_id", "t14"."currency"
                  ORDER BY "t14"."since" ASC
                  ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
                ) AS "balance"
              FROM (
                SELECT
                  "t13"."customer_id",
                  "t13"."currency",
                  "t13"."entered_on" AS "since",
                  SUM("t13"."change") AS "change"
                FROM (
                  SELECT
                    *
                  FROM (
                    SELECT
                      "t0"."customer_id",
                      "t0"."currency",
                      "t0"."entered_on",
                      "t0"."amount" AS "change"
                    FROM "receipts" AS "t0"
                  ) AS "t4"
                  UNION ALL
                  SELECT
                    *
                  FROM (
                    SELECT
                      *
                    FROM (
                      SELECT
                        "t10"."customer_id",
                        "t10"."currency",
                        "t10"."entered_on",
                        "t10"."change"
                      FROM (
                        SELECT
                          *
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
                  ) AS "t12"
                ) AS "t13"
                GROUP BY
                  1,
                  2,
                  3
              ) AS "t14"
            ) AS "t16"
              ON "t16"."since" <= "t7"."as_of" AND "t16"."until" > "t7"."as_of"
          ) AS "t17"
          GROUP BY
            1,
            2
        ) AS "t18"
        WHERE
          "t18"."held" > 0
      ) AS "t20"
      INNER JOIN (
        SELECT
          "t0"."customer_id",
          MIN("t0"."group") AS "group",
          MIN("t0"."entered_on") AS "since"
        FROM "receipts" AS "t0"
        GROUP BY
          1
      ) AS "t9"
        ON "t20"."customer_id" = "t9"."customer_id"
    ) AS "t21"
    WHERE
      "t21"."since" <= "t21"."as_of"
  ) AS "t22"
  GROUP BY
    1,
    2
) AS "t23"

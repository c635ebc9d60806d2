SELECT
  "t22"."as_of",
  "t22"."group",
  "t22"."held" AS "unapplied"
FROM (
  SELECT
    "t21"."as_of",
    "t21"."group",
    COALESCE(SUM("t21"."held"), 0) AS "held"
  FROM (
    SELECT
      *
    FROM (
      SELECT
        "t19"."as_of",
        "t19"."customer_id",
        "t19"."held",
        "t9"."group",
        "t9"."since"
      FROM (
        SELECT
          *
        FROM (
          SELECT
            "t16"."as_of",
            "t16"."customer_id",
            COALESCE(SUM("t16"."balance"), 0) AS "held"
          FROM (
            SELECT
              "t7"."as_of",
              "t15"."customer_id",
              "t15"."currency",
              "t15"."balance"
            FROM (
              SELECT
                "t1"."as_of"
              FROM "calendar" AS "t1"
            ) AS "t7"
            INNER JOIN (
              SELECT
                "t13"."customer_id",
                "t13"."currency",
                "t13"."since",
                COALESCE(
                  LEAD("t13"."since") OVER (PARTITION BY "t13"."customer_id", "t13"."currency" ORDER BY "t13"."since" ASC),
                  DATE_FROM_PARTS(9999, 12, 31)
                ) AS "until",
                SUM("t13"."change") OVER (
                  PARTITION BY "t13"."customer_id", "t13"."currency"
                  ORDER BY "t13"."since" ASC
                  ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
                ) AS "balance"
              FROM (
                SELECT
                  "t12"."customer_id",
                  "t12"."currency",
                  "t12"."entered_on" AS "since",
                  SUM("t12"."change") AS "change"
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
                GROUP BY
                  1,
                  2,
                  3
              ) AS "t13"
            ) AS "t15"
              ON "t15"."since" <= "t7"."as_of" AND "t15"."until" > "t7"."as_of"
          ) AS "t16"
          GROUP BY
            1,
            2
        ) AS "t17"
        WHERE
          "t17"."held" > 0
      ) AS "t19"
      INNER JOIN (
        SELECT
          "t0"."customer_id",
          MIN("t0"."group") AS "group",
          MIN("t0"."entered_on") AS "since"
        FROM "receipts" AS "t0"
        GROUP BY
          1
      ) AS "t9"
        ON "t19"."customer_id" = "t9"."customer_id"
    ) AS "t20"
    WHERE
      "t20"."since" <= "t20"."as_of"
  ) AS "t21"
  GROUP BY
    1,
    2
) AS "t22"

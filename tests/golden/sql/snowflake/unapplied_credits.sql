SELECT
  "t32"."as_of",
  "t32"."group",
  "t32"."held" AS "unapplied_credits"
FROM (
  SELECT
    "t31"."as_of",
    "t31"."group",
    COALESCE(SUM("t31"."held"), 0) AS "held"
  FROM (
    SELECT
      *
    FROM (
      SELECT
        "t29"."as_of",
        "t29"."customer_id",
        "t29"."held",
        "t23"."group",
        "t23"."since"
      FROM (
        SELECT
          *
        FROM (
          SELECT
            "t26"."as_of",
            "t26"."customer_id",
            COALESCE(SUM("t26"."balance"), 0) AS "held"
          FROM (
            SELECT
              "t11"."as_of",
              "t25"."customer_id",
              "t25"."currency",
              "t25"."balance"
            FROM (
              SELECT
                "t0"."as_of"
              FROM "calendar" AS "t0"
            ) AS "t11"
            INNER JOIN (
              SELECT
                "t21"."customer_id",
                "t21"."currency",
                "t21"."since",
                COALESCE(
                  LEAD("t21"."since") OVER (PARTITION BY "t21"."customer_id", "t21"."currency" ORDER BY "t21"."since" ASC),
                  DATE_FROM_PARTS(9999, 12, 31)
                ) AS "until",
                SUM("t21"."change") OVER (
                  PARTITION BY "t21"."customer_id", "t21"."currency"
                  ORDER BY "t21"."since" ASC
                  ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
                ) AS "balance"
              FROM (
                SELECT
                  "t19"."customer_id",
                  "t19"."currency",
                  "t19"."entered_on" AS "since",
                  SUM("t19"."change") AS "change"
                FROM (
                  SELECT
                    *
                  FROM (
                    SELECT
                      "t1"."customer_id",
                      "t1"."currency",
                      "t1"."entered_on",
                      "t1"."amount" AS "change"
                    FROM "credits" AS "t1"
                  ) AS "t7"
                  UNION ALL
                  SELECT
                    *
                  FROM (
                    SELECT
                      "t12"."customer_id",
                      "t15"."currency",
                      "t16"."entered_on",
                      "t16"."change"
                    FROM (
                      SELECT
                        "t3"."invoice_id",
                        "t3"."credit_id",
                        "t3"."entered_on",
                        -(
                          "t3"."amount"
                        ) AS "change"
                      FROM "applications" AS "t3"
                    ) AS "t16"
                    INNER JOIN (
                      SELECT
                        "t1"."credit_id",
                        "t1"."customer_id"
                      FROM "credits" AS "t1"
                    ) AS "t12"
                      ON "t16"."credit_id" = "t12"."credit_id"
                    INNER JOIN (
                      SELECT
                        "t4"."invoice_id",
                        "t4"."currency"
                      FROM "invoices" AS "t4"
                    ) AS "t15"
                      ON "t16"."invoice_id" = "t15"."invoice_id"
                  ) AS "t18"
                ) AS "t19"
                GROUP BY
                  1,
                  2,
                  3
              ) AS "t21"
            ) AS "t25"
              ON "t25"."since" <= "t11"."as_of" AND "t25"."until" > "t11"."as_of"
          ) AS "t26"
          GROUP BY
            1,
            2
        ) AS "t27"
        WHERE
          "t27"."held" > 0
      ) AS "t29"
      INNER JOIN (
        SELECT
          "t20"."customer_id",
          MIN("t20"."group") AS "group",
          MIN("t20"."entered_on") AS "since"
        FROM (
          SELECT
            "t17"."row",
            "t17"."credit_id",
            "t17"."customer_id",
            "t17"."issued_on",
            "t17"."amount",
            "t17"."currency",
            "t17"."reason",
            "t17"."known_on",
            "t17"."entered_on",
            "t17"."customer_id_right",
            "t17"."theirs",
            COALESCE("t17"."theirs", '(none)') AS "group"
          FROM (
            SELECT
              "t5"."row",
              "t5"."credit_id",
              "t5"."customer_id",
              "t5"."issued_on",
              "t5"."amount",
              "t5"."currency",
              "t5"."reason",
              "t5"."known_on",
              "t5"."entered_on",
              "t13"."customer_id" AS "customer_id_right",
              "t13"."theirs"
            FROM "credits" AS "t5"
            LEFT OUTER JOIN (
              SELECT
                "t2"."customer_id",
                "t2"."segment" AS "theirs"
              FROM "customers" AS "t2"
            ) AS "t13"
              ON "t5"."customer_id" = "t13"."customer_id"
          ) AS "t17"
        ) AS "t20"
        GROUP BY
          1
      ) AS "t23"
        ON "t29"."customer_id" = "t23"."customer_id"
    ) AS "t30"
    WHERE
      "t30"."since" <= "t30"."as_of"
  ) AS "t31"
  GROUP BY
    1,
    2
) AS "t32"

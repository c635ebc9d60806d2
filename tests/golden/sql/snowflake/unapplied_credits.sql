SELECT
  "t32"."as_of",
  "t32"."group",
  COALESCE(SUM("t32"."unapplied_credits"), 0) AS "unapplied_credits"
FROM (
  SELECT
    "t31"."as_of",
    "t31"."group",
    "t31"."customer_id",
    "t31"."held" AS "unapplied_credits"
  FROM (
    SELECT
      "t30"."as_of",
      "t30"."customer_id",
      "t30"."held",
      "t20"."group",
      "t20"."since"
    FROM (
      SELECT
        *
      FROM (
        SELECT
          "t27"."as_of",
          "t27"."customer_id",
          COALESCE(SUM("t27"."balance"), 0) AS "held"
        FROM (
          SELECT
            "t12"."as_of",
            "t26"."customer_id",
            "t26"."currency",
            "t26"."balance"
          FROM (
            SELECT
              "t1"."as_of"
            FROM "calendar" AS "t1"
          ) AS "t12"
          INNER JOIN (
            SELECT
              *
            FROM (
              SELECT
                "t23"."customer_id",
                "t23"."currency",
                "t23"."since",
                COALESCE(
                  LEAD("t23"."since") OVER (PARTITION BY "t23"."customer_id", "t23"."currency" ORDER BY "t23"."since" ASC),
                  DATE_FROM_PARTS(9999, 12, 31)
                ) AS "until",
                SUM("t23"."change") OVER (
                  PARTITION BY "t23"."customer_id", "t23"."currency"
                  ORDER BY "t23"."since" ASC
                  ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
                ) AS "balance"
              FROM (
                SELECT
                  "t22"."customer_id",
                  "t22"."currency",
                  "t22"."entered_on" AS "since",
                  SUM("t22"."change") AS "change"
                FROM (
                  SELECT
                    *
                  FROM (
                    SELECT
                      "t0"."customer_id",
                      "t0"."currency",
                      "t0"."entered_on",
                      "t0"."amount" AS "change"
                    FROM "credits" AS "t0"
                  ) AS "t6"
                  UNION ALL
                  SELECT
                    *
                  FROM (
                    SELECT
                      "t18"."customer_id",
                      COALESCE("t18"."own", "t18"."currency") AS "currency",
                      GREATEST("t18"."used_on", COALESCE("t18"."came_on", "t18"."used_on")) AS "entered_on",
                      "t18"."change"
                    FROM (
                      SELECT
                        "t16"."invoice_id",
                        "t16"."credit_id",
                        "t16"."used_on",
                        "t16"."change",
                        "t11"."credit_id" AS "credit_id_right",
                        "t11"."customer_id",
                        "t11"."own",
                        "t11"."came_on",
                        "t15"."invoice_id" AS "invoice_id_right",
                        "t15"."currency",
                        "t15"."billed_to"
                      FROM (
                        SELECT
                          "t3"."invoice_id",
                          "t3"."credit_id",
                          "t3"."entered_on" AS "used_on",
                          -(
                            "t3"."amount"
                          ) AS "change"
                        FROM "applications" AS "t3"
                      ) AS "t16"
                      LEFT OUTER JOIN (
                        SELECT
                          "t0"."credit_id",
                          "t0"."customer_id",
                          "t0"."currency" AS "own",
                          "t0"."entered_on" AS "came_on"
                        FROM "credits" AS "t0"
                      ) AS "t11"
                        ON "t16"."credit_id" = "t11"."credit_id"
                      LEFT OUTER JOIN (
                        SELECT
                          "t4"."invoice_id",
                          "t4"."currency",
                          "t4"."customer_id" AS "billed_to"
                        FROM "invoices" AS "t4"
                      ) AS "t15"
                        ON "t16"."invoice_id" = "t15"."invoice_id"
                    ) AS "t18"
                    WHERE
                      "t18"."customer_id" IS NOT NULL
                  ) AS "t21"
                ) AS "t22"
                GROUP BY
                  1,
                  2,
                  3
              ) AS "t23"
            ) AS "t24"
            WHERE
              "t24"."balance" <> 0
          ) AS "t26"
            ON "t26"."since" <= "t12"."as_of" AND "t26"."until" > "t12"."as_of"
        ) AS "t27"
        GROUP BY
          1,
          2
      ) AS "t28"
      WHERE
        "t28"."held" > 0
    ) AS "t30"
    INNER JOIN (
      SELECT
        "t17"."customer_id",
        MIN("t17"."group") AS "group",
        MIN("t17"."entered_on") AS "since"
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
          COALESCE("t13"."theirs_0", '(none)') AS "group"
        FROM "credits" AS "t5"
        LEFT OUTER JOIN (
          SELECT
            "t2"."customer_id",
            "t2"."segment" AS "theirs_0"
          FROM "customers" AS "t2"
        ) AS "t13"
          ON "t5"."customer_id" = "t13"."customer_id"
      ) AS "t17"
      GROUP BY
        1
    ) AS "t20"
      ON "t30"."customer_id" = "t20"."customer_id"
  ) AS "t31"
  WHERE
    "t31"."since" <= "t31"."as_of"
) AS "t32"
GROUP BY
  1,
  2

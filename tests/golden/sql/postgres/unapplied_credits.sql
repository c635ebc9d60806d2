SELECT
  "t70"."as_of",
  "t70"."group",
  COALESCE(SUM("t70"."unapplied_credits"), 0) AS "unapplied_credits"
FROM (
  SELECT
    "t69"."as_of",
    "t69"."group",
    "t69"."customer_id",
    "t69"."held" AS "unapplied_credits"
  FROM (
    SELECT
      "t68"."as_of",
      "t68"."customer_id",
      "t68"."held",
      "t32"."group",
      "t32"."since"
    FROM (
      SELECT
        *
      FROM (
        SELECT
          "t65"."as_of",
          "t65"."customer_id",
          COALESCE(SUM("t65"."balance"), 0) AS "held"
        FROM (
          SELECT
            *
          FROM (
            SELECT
              "t63"."as_of",
              "t63"."customer_id",
              "t63"."currency",
              SUM("t63"."balance") AS "balance"
            FROM (
              SELECT
                *
              FROM (
                SELECT
                  *
                FROM (
                  SELECT
                    "t17"."as_of",
                    "t49"."customer_id",
                    "t49"."currency",
                    "t49"."balance"
                  FROM (
                    SELECT
                      "t2"."as_of"
                    FROM "calendar" AS "t2"
                  ) AS "t17"
                  INNER JOIN (
                    SELECT
                      *
                    FROM (
                      SELECT
                        "t39"."customer_id",
                        "t39"."currency",
                        "t39"."since",
                        COALESCE(
                          LEAD("t39"."since") OVER (
                            PARTITION BY "t39"."customer_id", "t39"."currency"
                            ORDER BY "t39"."since" ASC
                            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
                          ),
                          MAKE_DATE(9999, 12, 31)
                        ) AS "until",
                        SUM("t39"."change") OVER (
                          PARTITION BY "t39"."customer_id", "t39"."currency"
                          ORDER BY "t39"."since" ASC
                          ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
                        ) AS "balance"
                      FROM (
                        SELECT
                          "t36"."customer_id",
                          "t36"."currency",
                          "t36"."entered_on" AS "since",
                          SUM("t36"."change") AS "change"
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
                          ) AS "t8"
                          UNION ALL
                          SELECT
                            *
                          FROM (
                            SELECT
                              "t28"."customer_id",
                              COALESCE("t28"."own", "t28"."currency") AS "currency",
                              GREATEST("t28"."used_on", COALESCE("t28"."came_on", "t28"."used_on")) AS "entered_on",
                              "t28"."change"
                            FROM (
                              SELECT
                                "t25"."invoice_id",
                                "t25"."credit_id",
                                "t25"."used_on",
                                "t25"."change",
                                "t15"."credit_id" AS "credit_id_right",
                                "t15"."customer_id",
                                "t15"."own",
                                "t15"."came_on",
                                "t23"."invoice_id" AS "invoice_id_right",
                                "t23"."currency",
                                "t23"."billed_to"
                              FROM (
                                SELECT
                                  "t4"."invoice_id",
                                  "t4"."credit_id",
                                  "t4"."entered_on" AS "used_on",
                                  -(
                                    "t4"."amount"
                                  ) AS "change"
                                FROM "applications" AS "t4"
                              ) AS "t25"
                              LEFT OUTER JOIN (
                                SELECT
                                  "t0"."credit_id",
                                  "t0"."customer_id",
                                  "t0"."currency" AS "own",
                                  "t0"."entered_on" AS "came_on"
                                FROM "credits" AS "t0"
                              ) AS "t15"
                                ON "t25"."credit_id" = "t15"."credit_id"
                              LEFT OUTER JOIN (
                                SELECT
                                  "t5"."invoice_id",
                                  "t5"."currency",
                                  "t5"."customer_id" AS "billed_to"
                                FROM "invoices" AS "t5"
                              ) AS "t23"
                                ON "t25"."invoice_id" = "t23"."invoice_id"
                            ) AS "t28"
                            WHERE
                              "t28"."customer_id" IS NOT NULL
                          ) AS "t33"
                        ) AS "t36"
                        GROUP BY
                          1,
                          2,
                          3
                      ) AS "t39"
                    ) AS "t44"
                    WHERE
                      "t44"."balance" <> 0
                  ) AS "t49"
                    ON "t49"."since" <= "t17"."as_of" AND "t49"."until" > "t17"."as_of"
                ) AS "t52"
                WHERE
                  "t52"."balance" > 0
              ) AS "t55"
              UNION ALL
              SELECT
                *
              FROM (
                SELECT
                  "t61"."as_of",
                  "t61"."customer_id",
                  "t61"."currency",
                  GREATEST("t61"."balance", "t58"."back") AS "balance"
                FROM (
                  SELECT
                    *
                  FROM (
                    SELECT
                      "t17"."as_of",
                      "t57"."customer_id",
                      "t57"."currency",
                      "t57"."balance"
                    FROM (
                      SELECT
                        "t2"."as_of"
                      FROM "calendar" AS "t2"
                    ) AS "t17"
                    INNER JOIN (
                      SELECT
                        *
                      FROM (
                        SELECT
                          "t46"."customer_id",
                          "t46"."currency",
                          "t46"."since",
                          COALESCE(
                            LEAD("t46"."since") OVER (
                              PARTITION BY "t46"."customer_id", "t46"."currency"
                              ORDER BY "t46"."since" ASC
                              ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
                            ),
                            MAKE_DATE(9999, 12, 31)
                          ) AS "until",
                          SUM("t46"."change") OVER (
                            PARTITION BY "t46"."customer_id", "t46"."currency"
                            ORDER BY "t46"."since" ASC
                            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
                          ) AS "balance"
                        FROM (
                          SELECT
                            "t43"."customer_id",
                            "t43"."currency",
                            "t43"."entered_on" AS "since",
                            SUM("t43"."change") AS "change"
                          FROM (
                            SELECT
                              *
                            FROM (
                              SELECT
                                "t3"."customer_id",
                                "t3"."currency",
                                "t3"."entered_on",
                                "t3"."amount" AS "change"
                              FROM "receipts" AS "t3"
                            ) AS "t12"
                            UNION ALL
                            SELECT
                              *
                            FROM (
                              SELECT
                                "t41"."customer_id",
                                "t41"."currency",
                                "t41"."entered_on",
                                "t41"."change"
                              FROM (
                                SELECT
                                  "t38"."customer_id",
                                  "t38"."entered_on",
                                  "t38"."change",
                                  "t38"."own" AS "currency"
                                FROM (
                                  SELECT
                                    "t30"."invoice_id",
                                    "t30"."receipt_id",
                                    "t30"."used_on",
                                    "t30"."change",
                                    "t30"."receipt_id_right",
                                    COALESCE("t30"."customer_id", "t30"."billed_to") AS "customer_id",
                                    COALESCE("t30"."own", "t30"."currency") AS "own",
                                    COALESCE("t30"."came_on", "t30"."used_on") AS "came_on",
                                    "t30"."invoice_id_right",
                                    COALESCE("t30"."currency", "t30"."own") AS "currency",
                                    "t30"."billed_to",
                                    GREATEST("t30"."used_on", COALESCE("t30"."came_on", "t30"."used_on")) AS "entered_on"
                                  FROM (
                                    SELECT
                                      "t26"."invoice_id",
                                      "t26"."receipt_id",
                                      "t26"."used_on",
                                      "t26"."change",
                                      "t20"."receipt_id" AS "receipt_id_right",
                                      "t20"."customer_id",
                                      "t20"."own",
                                      "t20"."came_on",
                                      "t23"."invoice_id" AS "invoice_id_right",
                                      "t23"."currency",
                                      "t23"."billed_to"
                                    FROM (
                                      SELECT
                                        "t4"."invoice_id",
                                        "t4"."receipt_id",
                                        "t4"."entered_on" AS "used_on",
                                        -(
                                          "t4"."amount"
                                        ) AS "change"
                                      FROM "applications" AS "t4"
                                      WHERE
                                        "t4"."kind" = 'cash'
                                    ) AS "t26"
                                    LEFT OUTER JOIN (
                                      SELECT
                                        "t3"."receipt_id",
                                        "t3"."customer_id",
                                        "t3"."currency" AS "own",
                                        "t3"."entered_on" AS "came_on"
                                      FROM "receipts" AS "t3"
                                    ) AS "t20"
                                      ON "t26"."receipt_id" = "t20"."receipt_id"
                                    LEFT OUTER JOIN (
                                      SELECT
                                        "t5"."invoice_id",
                                        "t5"."currency",
                                        "t5"."customer_id" AS "billed_to"
                                      FROM "invoices" AS "t5"
                                    ) AS "t23"
                                      ON "t26"."invoice_id" = "t23"."invoice_id"
                                  ) AS "t30"
                                ) AS "t38"
                                WHERE
                                  EXISTS(
                                    SELECT
                                      1
                                    FROM "receipts" AS "t7"
                                    WHERE
                                      "t38"."customer_id" = "t7"."customer_id"
                                  )
                              ) AS "t41"
                            ) AS "t42"
                          ) AS "t43"
                          GROUP BY
                            1,
                            2,
                            3
                        ) AS "t46"
                      ) AS "t51"
                      WHERE
                        "t51"."balance" <> 0
                    ) AS "t57"
                      ON "t57"."since" <= "t17"."as_of" AND "t57"."until" > "t17"."as_of"
                  ) AS "t59"
                  WHERE
                    "t59"."balance" < 0
                ) AS "t61"
                INNER JOIN (
                  SELECT
                    "t53"."as_of",
                    "t53"."customer_id",
                    "t53"."currency",
                    "t53"."balance" AS "back"
                  FROM (
                    SELECT
                      "t17"."as_of",
                      "t50"."customer_id",
                      "t50"."currency",
                      "t50"."balance"
                    FROM (
                      SELECT
                        "t2"."as_of"
                      FROM "calendar" AS "t2"
                    ) AS "t17"
                    INNER JOIN (
                      SELECT
                        *
                      FROM (
                        SELECT
                          "t40"."customer_id",
                          "t40"."currency",
                          "t40"."since",
                          COALESCE(
                            LEAD("t40"."since") OVER (
                              PARTITION BY "t40"."customer_id", "t40"."currency"
                              ORDER BY "t40"."since" ASC
                              ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
                            ),
                            MAKE_DATE(9999, 12, 31)
                          ) AS "until",
                          SUM("t40"."change") OVER (
                            PARTITION BY "t40"."customer_id", "t40"."currency"
                            ORDER BY "t40"."since" ASC
                            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
                          ) AS "balance"
                        FROM (
                          SELECT
                            "t37"."customer_id",
                            "t37"."currency",
                            "t37"."entered_on" AS "since",
                            SUM("t37"."change") AS "change"
                          FROM (
                            SELECT
                              *
                            FROM (
                              SELECT
                                "t3"."customer_id",
                                "t3"."currency",
                                "t3"."entered_on",
                                "t3"."amount" AS "change"
                              FROM "receipts" AS "t3"
                              WHERE
                                "t3"."amount" < 0
                            ) AS "t18"
                            UNION ALL
                            SELECT
                              *
                            FROM (
                              SELECT
                                "t29"."customer_id",
                                COALESCE("t29"."own", "t29"."currency") AS "currency",
                                GREATEST("t29"."used_on", COALESCE("t29"."came_on", "t29"."used_on")) AS "entered_on",
                                "t29"."change"
                              FROM (
                                SELECT
                                  "t26"."invoice_id",
                                  "t26"."receipt_id",
                                  "t26"."used_on",
                                  "t26"."change",
                                  "t24"."receipt_id" AS "receipt_id_right",
                                  "t24"."customer_id",
                                  "t24"."own",
                                  "t24"."came_on",
                                  "t23"."invoice_id" AS "invoice_id_right",
                                  "t23"."currency",
                                  "t23"."billed_to"
                                FROM (
                                  SELECT
                                    "t4"."invoice_id",
                                    "t4"."receipt_id",
                                    "t4"."entered_on" AS "used_on",
                                    -(
                                      "t4"."amount"
                                    ) AS "change"
                                  FROM "applications" AS "t4"
                                  WHERE
                                    "t4"."kind" = 'cash'
                                ) AS "t26"
                                LEFT OUTER JOIN (
                                  SELECT
                                    "t3"."receipt_id",
                                    "t3"."customer_id",
                                    "t3"."currency" AS "own",
                                    "t3"."entered_on" AS "came_on"
                                  FROM "receipts" AS "t3"
                                  WHERE
                                    "t3"."amount" < 0
                                ) AS "t24"
                                  ON "t26"."receipt_id" = "t24"."receipt_id"
                                LEFT OUTER JOIN (
                                  SELECT
                                    "t5"."invoice_id",
                                    "t5"."currency",
                                    "t5"."customer_id" AS "billed_to"
                                  FROM "invoices" AS "t5"
                                ) AS "t23"
                                  ON "t26"."invoice_id" = "t23"."invoice_id"
                              ) AS "t29"
                              WHERE
                                "t29"."customer_id" IS NOT NULL
                            ) AS "t34"
                          ) AS "t37"
                          GROUP BY
                            1,
                            2,
                            3
                        ) AS "t40"
                      ) AS "t45"
                      WHERE
                        "t45"."balance" <> 0
                    ) AS "t50"
                      ON "t50"."since" <= "t17"."as_of" AND "t50"."until" > "t17"."as_of"
                  ) AS "t53"
                  WHERE
                    "t53"."balance" < 0
                ) AS "t58"
                  ON "t61"."as_of" = "t58"."as_of"
                  AND "t61"."customer_id" = "t58"."customer_id"
                  AND "t61"."currency" = "t58"."currency"
              ) AS "t62"
            ) AS "t63"
            GROUP BY
              1,
              2,
              3
          ) AS "t64"
          WHERE
            "t64"."balance" > 0
        ) AS "t65"
        GROUP BY
          1,
          2
      ) AS "t66"
      WHERE
        "t66"."held" > 0
    ) AS "t68"
    INNER JOIN (
      SELECT
        "t27"."customer_id",
        MIN("t27"."group") AS "group",
        MIN("t27"."entered_on") AS "since"
      FROM (
        SELECT
          "t6"."row",
          "t6"."credit_id",
          "t6"."customer_id",
          "t6"."issued_on",
          "t6"."amount",
          "t6"."currency",
          "t6"."reason",
          "t6"."known_on",
          "t6"."entered_on",
          COALESCE("t16"."theirs_0", '(none)') AS "group"
        FROM "credits" AS "t6"
        LEFT OUTER JOIN (
          SELECT
            "t1"."customer_id",
            "t1"."segment" AS "theirs_0"
          FROM "customers" AS "t1"
        ) AS "t16"
          ON "t6"."customer_id" = "t16"."customer_id"
      ) AS "t27"
      GROUP BY
        1
    ) AS "t32"
      ON "t68"."customer_id" = "t32"."customer_id"
  ) AS "t69"
  WHERE
    "t69"."since" <= "t69"."as_of"
) AS "t70"
GROUP BY
  1,
  2

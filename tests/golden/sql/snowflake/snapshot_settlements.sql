SELECT
  "t12"."invoice_id",
  "t12"."since",
  "t12"."until",
  MIN("t12"."happened_on") AS "settled_on"
FROM (
  SELECT
    *
  FROM (
    SELECT
      "t10"."invoice_id",
      "t10"."since",
      "t10"."until",
      "t10"."happened_on",
      "t10"."change",
      "t10"."balance",
      MAX("t10"."balance") OVER (
        PARTITION BY "t10"."invoice_id", "t10"."since", "t10"."until"
        ORDER BY "t10"."happened_on" ASC
        ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
      ) AS "highest"
    FROM (
      SELECT
        "t9"."invoice_id",
        "t9"."since",
        "t9"."until",
        "t9"."happened_on",
        "t9"."change",
        SUM("t9"."change") OVER (
          PARTITION BY "t9"."invoice_id", "t9"."since", "t9"."until"
          ORDER BY "t9"."happened_on" ASC
          ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS "balance"
      FROM (
        SELECT
          "t8"."invoice_id",
          "t8"."since",
          "t8"."until",
          "t8"."happened_on",
          SUM("t8"."change") AS "change"
        FROM (
          SELECT
            *
          FROM (
            SELECT
              "t6"."invoice_id",
              "t6"."since",
              "t6"."until",
              "t3"."entered_on",
              "t3"."change",
              "t3"."happened_on"
            FROM (
              SELECT
                "t4"."invoice_id",
                "t4"."since",
                "t4"."until"
              FROM (
                SELECT
                  "t1"."invoice_id",
                  "t1"."since",
                  COALESCE(
                    LEAD("t1"."since") OVER (PARTITION BY "t1"."invoice_id" ORDER BY "t1"."since" ASC),
                    DATE_FROM_PARTS(9999, 12, 31)
                  ) AS "until",
                  SUM("t1"."change") OVER (
                    PARTITION BY "t1"."invoice_id"
                    ORDER BY "t1"."since" ASC
                    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
                  ) AS "balance"
                FROM (
                  SELECT
                    "t0"."invoice_id",
                    "t0"."entered_on" AS "since",
                    SUM("t0"."change") AS "change"
                  FROM "entries" AS "t0"
                  GROUP BY
                    1,
                    2
                ) AS "t1"
              ) AS "t4"
              WHERE
                "t4"."balance" <= 0
            ) AS "t6"
            INNER JOIN (
              SELECT
                "t0"."invoice_id",
                "t0"."entered_on",
                "t0"."change",
                IFF("t0"."kind" = 'billed', DATE_FROM_PARTS(1, 1, 1), "t0"."happened_on") AS "happened_on"
              FROM "entries" AS "t0"
            ) AS "t3"
              ON "t6"."invoice_id" = "t3"."invoice_id"
          ) AS "t7"
          WHERE
            "t7"."entered_on" <= "t7"."since"
        ) AS "t8"
        GROUP BY
          1,
          2,
          3,
          4
      ) AS "t9"
    ) AS "t10"
  ) AS "t11"
  WHERE
    "t11"."highest" <= 0
) AS "t12"
GROUP BY
  1,
  2,
  3

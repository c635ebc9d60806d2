SELECT
  "t11"."invoice_id",
  "t11"."since",
  "t11"."until",
  MIN("t11"."happened_on") AS "settled_on"
FROM (
  SELECT
    *
  FROM (
    SELECT
      "t9"."invoice_id",
      "t9"."since",
      "t9"."until",
      "t9"."happened_on",
      "t9"."change",
      "t9"."balance",
      MAX("t9"."balance") OVER (
        PARTITION BY "t9"."invoice_id", "t9"."since", "t9"."until"
        ORDER BY "t9"."happened_on" ASC
        ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
      ) AS "highest"
    FROM (
      SELECT
        "t8"."invoice_id",
        "t8"."since",
        "t8"."until",
        "t8"."happened_on",
        "t8"."change",
        SUM("t8"."change") OVER (
          PARTITION BY "t8"."invoice_id", "t8"."since", "t8"."until"
          ORDER BY "t8"."happened_on" ASC
          ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS "balance"
      FROM (
        SELECT
          "t7"."invoice_id",
          "t7"."since",
          "t7"."until",
          "t7"."happened_on",
          SUM("t7"."change") AS "change"
        FROM (
          SELECT
            *
          FROM (
            SELECT
              "t3"."invoice_id",
              "t3"."since",
              "t3"."until",
              "t5"."entered_on",
              "t5"."change",
              "t5"."happened_on"
            FROM (
              SELECT
                "t0"."invoice_id",
                "t0"."since",
                "t0"."until"
              FROM "spells" AS "t0"
              WHERE
                "t0"."balance" <= 0
            ) AS "t3"
            INNER JOIN (
              SELECT
                "t1"."invoice_id",
                "t1"."entered_on",
                "t1"."change",
                CASE WHEN "t1"."kind" = 'billed' THEN MAKE_DATE(1, 1, 1) ELSE "t1"."happened_on" END AS "happened_on"
              FROM "entries" AS "t1"
            ) AS "t5"
              ON "t3"."invoice_id" = "t5"."invoice_id"
          ) AS "t6"
          WHERE
            "t6"."entered_on" <= "t6"."since"
        ) AS "t7"
        GROUP BY
          1,
          2,
          3,
          4
      ) AS "t8"
    ) AS "t9"
  ) AS "t10"
  WHERE
    "t10"."highest" <= 0
) AS "t11"
GROUP BY
  1,
  2,
  3

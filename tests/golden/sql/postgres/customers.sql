WITH "t21" AS (
  SELECT
    "t18"."group",
    "t18"."customer_id",
    "t18"."on" AS "as_of",
    COALESCE(SUM("t18"."balance"), 0) AS "open",
    COALESCE(SUM("t18"."balance") FILTER(WHERE
      "t18"."days_past_due" > 0), 0) AS "overdue"
  FROM (
    SELECT
      *
    FROM (
      SELECT
        "t8"."on",
        "t13"."invoice_id",
        "t13"."customer_id",
        "t13"."group",
        "t13"."currency",
        "t13"."issued_on",
        "t13"."due_on",
        "t13"."entered_on",
        "t13"."balance",
        CAST(EXTRACT(epoch FROM CAST("t8"."on" AS TIMESTAMP) - CAST("t13"."due_on" AS TIMESTAMP)) / 86400 AS BIGINT) AS "days_past_due"
      FROM (
        SELECT
          "t0"."as_of" AS "on"
        FROM "calendar" AS "t0"
      ) AS "t8"
      INNER JOIN (
        SELECT
          *
        FROM "spells" AS "t2"
        WHERE
          "t2"."balance" <> 0
      ) AS "t13"
        ON "t13"."since" <= "t8"."on" AND "t13"."until" > "t8"."on"
    ) AS "t15"
    WHERE
      "t15"."balance" > 0
  ) AS "t18"
  GROUP BY
    1,
    2,
    3
)
SELECT
  "t32"."as_of",
  "t32"."group",
  "t32"."overdue_customers",
  "t32"."contacted_customers",
  "t33"."top10",
  "t33"."squares",
  "t37"."top10_companies",
  "t37"."squares_companies"
FROM (
  SELECT
    "t26"."as_of",
    "t26"."group",
    SUM(CASE WHEN "t26"."overdue" > 0 THEN 1 ELSE 0 END) AS "overdue_customers",
    COALESCE(SUM(CASE WHEN "t26"."overdue" > 0 THEN 1 ELSE 0 END * "t26"."met"), 0) AS "contacted_customers"
  FROM (
    SELECT
      "t24"."group",
      "t24"."customer_id",
      "t24"."as_of",
      "t24"."open",
      "t24"."overdue",
      "t22"."as_of" AS "as_of_right",
      "t22"."customer_id" AS "customer_id_right",
      "t22"."met"
    FROM "t21" AS "t24"
    LEFT OUTER JOIN (
      SELECT DISTINCT
        "t19"."as_of",
        "t19"."customer_id",
        1 AS "met"
      FROM (
        SELECT
          "t4"."as_of",
          "t17"."group",
          "t17"."customer_id",
          "t17"."right_party"
        FROM "calendar" AS "t4"
        INNER JOIN (
          SELECT
            "t14"."group",
            "t14"."customer_id",
            "t14"."right_party",
            "t14"."contacted_on",
            "t14"."entered_on"
          FROM (
            SELECT
              "t5"."row",
              "t5"."contact_id",
              "t5"."customer_id",
              "t5"."contacted_on",
              "t5"."channel",
              "t5"."invoice_id",
              "t5"."outcome",
              "t5"."right_party",
              "t5"."collector",
              "t5"."minutes",
              "t5"."known_on",
              "t5"."entered_on",
              COALESCE("t10"."theirs_0", '(none)') AS "group"
            FROM "contacts" AS "t5"
            LEFT OUTER JOIN (
              SELECT
                "t1"."customer_id",
                "t1"."segment" AS "theirs_0"
              FROM "customers" AS "t1"
            ) AS "t10"
              ON "t5"."customer_id" = "t10"."customer_id"
          ) AS "t14"
        ) AS "t17"
          ON "t17"."contacted_on" > "t4"."opening_on" AND "t17"."entered_on" <= "t4"."as_of"
      ) AS "t19"
    ) AS "t22"
      ON "t24"."as_of" = "t22"."as_of" AND "t24"."customer_id" = "t22"."customer_id"
  ) AS "t26"
  GROUP BY
    1,
    2
) AS "t32"
INNER JOIN (
  SELECT
    *
  FROM (
    SELECT
      "t27"."as_of",
      "t27"."group",
      COALESCE(SUM("t27"."open") FILTER(WHERE
        "t27"."nth" < 10), 0) AS "top10",
      CAST(SUM("t27"."square") AS DOUBLE PRECISION) AS "squares"
    FROM (
      SELECT
        "t23"."group",
        "t23"."customer_id",
        "t23"."as_of",
        "t23"."open",
        "t23"."overdue",
        CAST("t23"."open" AS DECIMAL(38, 0)) * CAST("t23"."open" AS DECIMAL(38, 0)) AS "square",
        ROW_NUMBER() OVER (
          PARTITION BY "t23"."as_of", "t23"."group"
          ORDER BY "t23"."open" DESC NULLS LAST
          ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        ) - 1 AS "nth"
      FROM "t21" AS "t23"
    ) AS "t27"
    GROUP BY
      1,
      2
  ) AS "t29"
) AS "t33"
  ON "t32"."as_of" = "t33"."as_of" AND "t32"."group" = "t33"."group"
INNER JOIN (
  SELECT
    "t35"."as_of",
    "t35"."group",
    "t35"."top10" AS "top10_companies",
    "t35"."squares" AS "squares_companies"
  FROM (
    SELECT
      "t34"."as_of",
      "t34"."group",
      COALESCE(SUM("t34"."open") FILTER(WHERE
        "t34"."nth" < 10), 0) AS "top10",
      CAST(SUM("t34"."square") AS DOUBLE PRECISION) AS "squares"
    FROM (
      SELECT
        "t28"."as_of",
        "t28"."group",
        "t28"."company",
        "t28"."open",
        CAST("t28"."open" AS DECIMAL(38, 0)) * CAST("t28"."open" AS DECIMAL(38, 0)) AS "square",
        ROW_NUMBER() OVER (
          PARTITION BY "t28"."as_of", "t28"."group"
          ORDER BY "t28"."open" DESC NULLS LAST
          ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        ) - 1 AS "nth"
      FROM (
        SELECT
          "t25"."as_of",
          "t25"."group",
          COALESCE("t25"."company", "t25"."customer_id") AS "company",
          COALESCE(SUM("t25"."open"), 0) AS "open"
        FROM (
          SELECT
            "t24"."group",
            "t24"."customer_id",
            "t24"."as_of",
            "t24"."open",
            "t24"."overdue",
            "t12"."customer_id" AS "customer_id_right",
            "t12"."company"
          FROM "t21" AS "t24"
          LEFT OUTER JOIN (
            SELECT
              "t1"."customer_id",
              COALESCE("t1"."parent_id", "t1"."customer_id") AS "company"
            FROM "customers" AS "t1"
          ) AS "t12"
            ON "t24"."customer_id" = "t12"."customer_id"
        ) AS "t25"
        GROUP BY
          1,
          2,
          3
      ) AS "t28"
    ) AS "t34"
    GROUP BY
      1,
      2
  ) AS "t35"
) AS "t37"
  ON "t32"."as_of" = "t37"."as_of" AND "t32"."group" = "t37"."group"

WITH "t18" AS (
  SELECT
    "t15"."group",
    "t15"."customer_id",
    "t15"."on" AS "as_of",
    COALESCE(SUM("t15"."balance"), 0) AS "open",
    COALESCE(SUM(IFF("t15"."days_past_due" > 0, "t15"."balance", NULL)), 0) AS "overdue"
  FROM (
    SELECT
      *
    FROM (
      SELECT
        "t8"."on",
        "t11"."invoice_id",
        "t11"."customer_id",
        "t11"."group",
        "t11"."currency",
        "t11"."issued_on",
        "t11"."due_on",
        "t11"."entered_on",
        "t11"."balance",
        DATEDIFF(DAY, "t11"."due_on", "t8"."on") AS "days_past_due"
      FROM (
        SELECT
          "t0"."as_of" AS "on"
        FROM "calendar" AS "t0"
      ) AS "t8"
      INNER JOIN (
        SELECT
          *
        FROM "spells" AS "t1"
        WHERE
          "t1"."balance" <> 0
      ) AS "t11"
        ON "t11"."since" <= "t8"."on" AND "t11"."until" > "t8"."on"
    ) AS "t13"
    WHERE
      "t13"."balance" > 0
  ) AS "t15"
  GROUP BY
    1,
    2,
    3
)
SELECT
  "t29"."as_of",
  "t29"."group",
  "t29"."squares",
  "t29"."overdue_customers",
  "t29"."contacted_customers",
  "t28"."top10"
FROM (
  SELECT
    "t24"."as_of",
    "t24"."group",
    CAST(SUM(CAST("t24"."open" AS DECIMAL(38, 0)) * CAST("t24"."open" AS DECIMAL(38, 0))) AS DOUBLE) AS "squares",
    SUM(IFF("t24"."overdue" > 0, 1, 0)) AS "overdue_customers",
    COALESCE(SUM(IFF("t24"."overdue" > 0, 1, 0) * "t24"."met"), 0) AS "contacted_customers"
  FROM (
    SELECT
      "t21"."group",
      "t21"."customer_id",
      "t21"."as_of",
      "t21"."open",
      "t21"."overdue",
      "t22"."as_of" AS "as_of_right",
      "t22"."customer_id" AS "customer_id_right",
      "t22"."met"
    FROM "t18" AS "t21"
    LEFT OUTER JOIN (
      SELECT DISTINCT
        "t17"."as_of",
        "t17"."customer_id",
        1 AS "met"
      FROM (
        SELECT
          "t4"."as_of",
          "t16"."group",
          "t16"."customer_id",
          "t16"."right_party"
        FROM "calendar" AS "t4"
        INNER JOIN (
          SELECT
            COALESCE("t12"."theirs", '(none)') AS "group",
            "t12"."customer_id",
            "t12"."right_party",
            "t12"."contacted_on",
            "t12"."entered_on"
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
              "t10"."customer_id" AS "customer_id_right",
              "t10"."theirs"
            FROM "contacts" AS "t5"
            LEFT OUTER JOIN (
              SELECT
                "t3"."customer_id",
                "t3"."segment" AS "theirs"
              FROM "customers" AS "t3"
            ) AS "t10"
              ON "t5"."customer_id" = "t10"."customer_id"
          ) AS "t12"
        ) AS "t16"
          ON "t16"."contacted_on" > "t4"."opening_on" AND "t16"."entered_on" <= "t4"."as_of"
      ) AS "t17"
    ) AS "t22"
      ON "t21"."as_of" = "t22"."as_of" AND "t21"."customer_id" = "t22"."customer_id"
  ) AS "t24"
  GROUP BY
    1,
    2
) AS "t29"
INNER JOIN (
  SELECT
    "t25"."as_of",
    "t25"."group",
    COALESCE(SUM("t25"."open"), 0) AS "top10"
  FROM (
    SELECT
      *
    FROM (
      SELECT
        "t19"."group",
        "t19"."customer_id",
        "t19"."as_of",
        "t19"."open",
        "t19"."overdue",
        ROW_NUMBER() OVER (PARTITION BY "t19"."as_of", "t19"."group" ORDER BY "t19"."open" DESC NULLS LAST) - 1 AS "nth"
      FROM "t18" AS "t19"
    ) AS "t23"
    WHERE
      "t23"."nth" < 10
  ) AS "t25"
  GROUP BY
    1,
    2
) AS "t28"
  ON "t29"."as_of" = "t28"."as_of" AND "t29"."group" = "t28"."group"

SELECT
  "t12"."as_of",
  "t12"."group",
  COUNT(*) AS "reached_known",
  SUM(IFF("t12"."right_party", 1, 0)) AS "right_party_count"
FROM (
  SELECT
    *
  FROM (
    SELECT
      "t6"."as_of",
      "t6"."opening_on",
      "t10"."group",
      "t10"."customer_id",
      "t10"."right_party",
      "t10"."contacted_on",
      "t10"."entered_on"
    FROM (
      SELECT
        "t0"."as_of",
        "t0"."opening_on"
      FROM "calendar" AS "t0"
    ) AS "t6"
    INNER JOIN (
      SELECT
        COALESCE("t8"."theirs", '(none)') AS "group",
        "t8"."customer_id",
        "t8"."right_party",
        "t8"."contacted_on",
        "t8"."entered_on"
      FROM (
        SELECT
          "t3"."row",
          "t3"."contact_id",
          "t3"."customer_id",
          "t3"."contacted_on",
          "t3"."channel",
          "t3"."invoice_id",
          "t3"."outcome",
          "t3"."right_party",
          "t3"."collector",
          "t3"."minutes",
          "t3"."known_on",
          "t3"."entered_on",
          "t7"."customer_id" AS "customer_id_right",
          "t7"."theirs"
        FROM "contacts" AS "t3"
        LEFT OUTER JOIN (
          SELECT
            "t2"."customer_id",
            "t2"."segment" AS "theirs"
          FROM "customers" AS "t2"
        ) AS "t7"
          ON "t3"."customer_id" = "t7"."customer_id"
      ) AS "t8"
    ) AS "t10"
      ON "t10"."contacted_on" > "t6"."opening_on" AND "t10"."entered_on" <= "t6"."as_of"
  ) AS "t11"
  WHERE
    "t11"."right_party" IS NOT NULL
) AS "t12"
GROUP BY
  1,
  2

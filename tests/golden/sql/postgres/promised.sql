SELECT
  "t20"."as_of",
  "t20"."group",
  COALESCE(SUM("t20"."amount"), 0) AS "promised_amount",
  COALESCE(SUM("t20"."amount") FILTER(WHERE
    "t20"."kept"), 0) AS "kept_amount",
  COUNT(*) AS "promised_count",
  SUM(CASE WHEN "t20"."kept" THEN 1 ELSE 0 END) AS "kept_count"
FROM (
  SELECT
    "t19"."as_of",
    "t19"."row",
    "t19"."group",
    "t19"."customer_id",
    "t19"."about",
    "t19"."made_on",
    "t19"."promised_on",
    "t19"."amount",
    "t19"."given_on",
    "t19"."paid",
    CAST(EXTRACT(epoch FROM CAST("t19"."as_of" AS TIMESTAMP) - CAST("t19"."promised_on" AS TIMESTAMP)) / 86400 AS BIGINT) >= 3 AS "over",
    "t19"."paid" >= "t19"."amount" AS "kept"
  FROM (
    SELECT
      "t18"."as_of",
      "t18"."row",
      "t18"."group",
      "t18"."customer_id",
      "t18"."about",
      "t18"."made_on",
      "t18"."promised_on",
      "t18"."amount",
      "t18"."given_on",
      COALESCE(SUM("t18"."paid"), 0) AS "paid"
    FROM (
      SELECT
        "t17"."as_of",
        "t17"."row",
        "t17"."group",
        "t17"."customer_id",
        "t17"."about",
        "t17"."made_on",
        "t17"."promised_on",
        "t17"."amount",
        "t17"."given_on",
        "t10"."customer_id" AS "customer_id_right",
        "t10"."entered_on",
        "t10"."happened_on",
        "t10"."invoice_id",
        "t10"."paid"
      FROM (
        SELECT
          "t15"."as_of",
          "t15"."row",
          "t15"."group",
          "t15"."customer_id",
          "t15"."invoice_id" AS "about",
          "t15"."made_on",
          "t15"."promised_on",
          "t15"."amount",
          "t15"."given_on"
        FROM (
          SELECT
            "t14"."as_of",
            "t14"."row",
            "t14"."group",
            "t14"."customer_id",
            "t14"."invoice_id",
            "t14"."made_on",
            "t14"."promised_on",
            "t14"."amount",
            "t14"."given_on"
          FROM (
            SELECT
              "t8"."as_of",
              "t8"."after",
              "t13"."row",
              "t13"."group",
              "t13"."customer_id",
              "t13"."invoice_id",
              "t13"."made_on",
              "t13"."promised_on",
              "t13"."amount",
              "t13"."given_on"
            FROM (
              SELECT
                "t1"."as_of",
                "t1"."before_90_on" AS "after"
              FROM "calendar" AS "t1"
            ) AS "t8"
            INNER JOIN (
              SELECT
                "t11"."row",
                COALESCE("t11"."theirs", '(none)') AS "group",
                "t11"."customer_id",
                "t11"."invoice_id",
                "t11"."made_on",
                "t11"."promised_on",
                "t11"."amount",
                "t11"."entered_on" AS "given_on"
              FROM (
                SELECT
                  "t4"."row",
                  "t4"."promise_id",
                  "t4"."customer_id",
                  "t4"."made_on",
                  "t4"."promised_on",
                  "t4"."amount",
                  "t4"."invoice_id",
                  "t4"."known_on",
                  "t4"."entered_on",
                  "t9"."customer_id" AS "customer_id_right",
                  "t9"."theirs"
                FROM "promises" AS "t4"
                LEFT OUTER JOIN (
                  SELECT
                    "t3"."customer_id",
                    "t3"."segment" AS "theirs"
                  FROM "customers" AS "t3"
                ) AS "t9"
                  ON "t4"."customer_id" = "t9"."customer_id"
              ) AS "t11"
            ) AS "t13"
              ON "t13"."promised_on" > "t8"."after" AND "t13"."given_on" <= "t8"."as_of"
          ) AS "t14"
        ) AS "t15"
      ) AS "t17"
      LEFT OUTER JOIN (
        SELECT
          "t0"."customer_id",
          "t0"."entered_on",
          "t0"."happened_on",
          "t0"."invoice_id",
          -(
            "t0"."change"
          ) AS "paid"
        FROM "entries" AS "t0"
        WHERE
          "t0"."kind" = 'cash'
      ) AS "t10"
        ON "t17"."customer_id" = "t10"."customer_id"
        AND (
          (
            "t17"."about" IS NULL
          ) OR (
            "t17"."about" = "t10"."invoice_id"
          )
        )
        AND "t10"."happened_on" >= "t17"."made_on"
        AND CAST(EXTRACT(epoch FROM CAST("t10"."happened_on" AS TIMESTAMP) - CAST("t17"."promised_on" AS TIMESTAMP)) / 86400 AS BIGINT) <= 3
        AND "t10"."entered_on" <= "t17"."as_of"
    ) AS "t18"
    GROUP BY
      1,
      2,
      3,
      4,
      5,
      6,
      7,
      8,
      9
  ) AS "t19"
  WHERE
    CAST(EXTRACT(epoch FROM CAST("t19"."as_of" AS TIMESTAMP) - CAST("t19"."promised_on" AS TIMESTAMP)) / 86400 AS BIGINT) >= 3
) AS "t20"
GROUP BY
  1,
  2

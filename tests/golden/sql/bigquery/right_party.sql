SELECT
  `t11`.`as_of`,
  `t11`.`group`,
  COALESCE(SUM(`t11`.`reached_known`), 0) AS `reached_known`,
  COALESCE(SUM(`t11`.`right_party_count`), 0) AS `right_party_count`
FROM (
  SELECT
    `t10`.`as_of`,
    `t10`.`group`,
    `t10`.`contact_id`,
    `t10`.`customer_id`,
    `t10`.`contacted_on`,
    `t10`.`channel`,
    `t10`.`right_party`,
    1 AS `reached_known`,
    IF(`t10`.`right_party`, 1, NULL) AS `right_party_count`
  FROM (
    SELECT
      `t6`.`as_of`,
      `t9`.`group`,
      `t9`.`contact_id`,
      `t9`.`customer_id`,
      `t9`.`contacted_on`,
      `t9`.`channel`,
      `t9`.`right_party`
    FROM (
      SELECT
        `t0`.`as_of`,
        `t0`.`opening_on`
      FROM `calendar` AS `t0`
    ) AS `t6`
    INNER JOIN (
      SELECT
        `t3`.`row`,
        `t3`.`contact_id`,
        `t3`.`customer_id`,
        `t3`.`contacted_on`,
        `t3`.`channel`,
        `t3`.`invoice_id`,
        `t3`.`outcome`,
        `t3`.`right_party`,
        `t3`.`collector`,
        `t3`.`minutes`,
        `t3`.`known_on`,
        `t3`.`entered_on`,
        COALESCE(`t7`.`theirs_0`, '(none)') AS `group`
      FROM `contacts` AS `t3`
      LEFT OUTER JOIN (
        SELECT
          `t2`.`customer_id`,
          `t2`.`segment` AS `theirs_0`
        FROM `customers` AS `t2`
      ) AS `t7`
        ON `t3`.`customer_id` = `t7`.`customer_id`
    ) AS `t9`
      ON `t9`.`contacted_on` > `t6`.`opening_on` AND `t9`.`entered_on` <= `t6`.`as_of`
  ) AS `t10`
  WHERE
    `t10`.`right_party` IS NOT NULL
) AS `t11`
GROUP BY
  1,
  2

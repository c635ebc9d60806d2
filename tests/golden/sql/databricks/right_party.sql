SELECT
  `t11`.`as_of`,
  `t11`.`group`,
  COUNT(*) AS `reached_known`,
  SUM(IF(`t11`.`right_party`, 1, 0)) AS `right_party_count`
FROM (
  SELECT
    *
  FROM (
    SELECT
      `t3`.`as_of`,
      `t9`.`group`,
      `t9`.`customer_id`,
      `t9`.`right_party`
    FROM `calendar` AS `t3`
    INNER JOIN (
      SELECT
        `t7`.`group`,
        `t7`.`customer_id`,
        `t7`.`right_party`,
        `t7`.`contacted_on`,
        `t7`.`entered_on`
      FROM (
        SELECT
          `t4`.`row`,
          `t4`.`contact_id`,
          `t4`.`customer_id`,
          `t4`.`contacted_on`,
          `t4`.`channel`,
          `t4`.`invoice_id`,
          `t4`.`outcome`,
          `t4`.`right_party`,
          `t4`.`collector`,
          `t4`.`minutes`,
          `t4`.`known_on`,
          `t4`.`entered_on`,
          COALESCE(`t6`.`theirs_0`, '(none)') AS `group`
        FROM `contacts` AS `t4`
        LEFT OUTER JOIN (
          SELECT
            `t2`.`customer_id`,
            `t2`.`segment` AS `theirs_0`
          FROM `customers` AS `t2`
        ) AS `t6`
          ON `t4`.`customer_id` = `t6`.`customer_id`
      ) AS `t7`
    ) AS `t9`
      ON `t9`.`contacted_on` > `t3`.`opening_on` AND `t9`.`entered_on` <= `t3`.`as_of`
  ) AS `t10`
  WHERE
    `t10`.`right_party` IS NOT NULL
) AS `t11`
GROUP BY
  1,
  2

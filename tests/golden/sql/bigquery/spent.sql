SELECT
  `t7`.`as_of`,
  `t7`.`group`,
  COALESCE(SUM(`t7`.`cost_month`), 0) AS `cost_month`
FROM (
  SELECT
    `t6`.`as_of`,
    `t6`.`opening_on`,
    `t6`.`row`,
    `t6`.`month`,
    `t6`.`category`,
    `t6`.`amount`,
    `t6`.`entity`,
    `t6`.`group`,
    `t6`.`amount` AS `cost_month`
  FROM (
    SELECT
      `t4`.`as_of`,
      `t4`.`opening_on`,
      `t5`.`row`,
      `t5`.`month`,
      `t5`.`category`,
      `t5`.`amount`,
      `t5`.`entity`,
      `t5`.`group`
    FROM (
      SELECT
        `t0`.`as_of`,
        `t0`.`opening_on`
      FROM `calendar` AS `t0`
    ) AS `t4`
    INNER JOIN (
      SELECT
        `t1`.`row`,
        `t1`.`month`,
        `t1`.`category`,
        `t1`.`amount`,
        `t1`.`entity`,
        '' AS `group`
      FROM `costs` AS `t1`
    ) AS `t5`
      ON `t5`.`month` > `t4`.`opening_on` AND `t5`.`month` <= `t4`.`as_of`
  ) AS `t6`
) AS `t7`
GROUP BY
  1,
  2

-- What one container said in one hour. Cluster, service and container have to be named; the hour bounds what is paid for.
SELECT "date", log
FROM ecs_archive
WHERE cluster = 'prod' AND service = 'web' AND container = 'app'
  AND hour BETWEEN '2026/11/28/09' AND '2026/11/28/10'
ORDER BY "date"

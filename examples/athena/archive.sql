-- The archive of standard output that examples/sidecar/extra.conf writes, as a table. Change the bucket, twice. Nothing
-- has to be added when a service, a container or an hour comes: Athena computes the folders (partition projection).
CREATE EXTERNAL TABLE ecs_archive (
  `date` string,
  `log` string,
  `source` string,
  container_id string,
  container_name string,
  ecs_cluster string,
  ecs_task_arn string,
  ecs_task_definition string
)
PARTITIONED BY (cluster string, service string, container string, hour string)
ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'
WITH SERDEPROPERTIES ('ignore.malformed.json' = 'true')
LOCATION 's3://my-logs/ecs/'
TBLPROPERTIES (
  'projection.enabled' = 'true',
  'projection.cluster.type' = 'injected',
  'projection.service.type' = 'injected',
  'projection.container.type' = 'injected',
  'projection.hour.type' = 'date',
  'projection.hour.format' = 'yyyy/MM/dd/HH',
  'projection.hour.interval' = '1',
  'projection.hour.interval.unit' = 'HOURS',
  'projection.hour.range' = '2026/01/01/00,NOW',
  'storage.location.template' = 's3://my-logs/ecs/${cluster}/${service}/${container}/${hour}/'
)

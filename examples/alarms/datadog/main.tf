# Monitors and a dashboard on stop reports and on the counters of ecs_router; see docs/alarms.md.

locals {
  # On reports that a destination of type datadog sends.
  log_monitors = {
    failed_stops = {
      name    = "An ECS task failed"
      query   = "logs(\"class:stop @severity:error -@update:true\").index(\"*\").rollup(\"count\").by(\"ecs_service\").last(\"5m\") >= 1"
      message = "{{ecs_service.name}}: a task failed. The log says why, and what to check next."
    }
    crash_loop = {
      name    = "An ECS service crashes again and again"
      query   = "logs(\"class:stop @ecs_event:task_stopped (@severity:error OR (@category:app_completed @severity:warning)) -@update:true\").index(\"*\").rollup(\"count\").by(\"ecs_service\").last(\"10m\") >= 3"
      message = "{{ecs_service.name}}: at least three tasks failed, or ended by themselves, in ten minutes."
    }
    image_pull = {
      name    = "An image cannot be pulled"
      query   = "logs(\"class:stop @category:image_pull -@update:true\").index(\"*\").rollup(\"count\").by(\"ecs_service\").last(\"5m\") >= 1"
      message = "{{ecs_service.name}} cannot start new tasks: its image cannot be pulled."
    }
    deployment_failed = {
      name    = "An ECS deployment failed"
      query   = "logs(\"class:stop @ecs_event:deployment_failed\").index(\"*\").rollup(\"count\").by(\"ecs_service\").last(\"5m\") >= 1"
      message = "{{ecs_service.name}}: a deployment was given up or rolled back."
    }
    lost_at_exit = {
      name    = "A router lost records"
      query   = "logs(\"@router_event:exit @records_lost:>0\").index(\"*\").rollup(\"count\").last(\"5m\") >= 1"
      message = "The router of a task that ended had lost records; its last record says how many, where and why."
    }
  }

  # On the counters, as openmetrics.yaml has the Agent collect them.
  metric_monitors = {
    lost_records = {
      name    = "ecs_router loses records"
      query   = "sum(last_5m):sum:ecs_router.lost_records.count{!reason:filtered,!reason:empty} by {destination}.as_count() > 0"
      message = "{{destination.name}}: records were given up. The log of the router says why, and what to do."
    }
    breaker_open = {
      name    = "A destination of ecs_router fails"
      query   = "min(last_10m):max:ecs_router.breaker_state{*} by {destination} >= 2"
      message = "{{destination.name}} has failed for ten minutes; records wait in Fluent Bit."
    }
    records_wait = {
      name    = "Records wait for a destination of ecs_router"
      query   = "min(last_15m):max:ecs_router.waiting_records{*} by {destination} >= 1"
      message = "{{destination.name}}: records have waited in Fluent Bit for a quarter of an hour. Its buffer is finite."
    }
    misconfigured = {
      name    = "A destination of ecs_router is set wrongly"
      query   = "sum(last_5m):sum:ecs_router.misconfigured_replies.count{*} by {destination}.as_count() > 0"
      message = "{{destination.name}} says that a key, an address, a name or a permission is wrong. The log of the router names it."
    }
  }

  # A threshold has to be the number at the end of its query.
  thresholds = { for key, monitor in merge(local.log_monitors, local.metric_monitors) : key => tonumber(regex("[0-9]+$", monitor.query)) }
}

resource "datadog_monitor" "log" {
  for_each            = local.log_monitors
  name                = each.value.name
  type                = "log alert"
  query               = each.value.query
  message             = "${each.value.message} ${var.notify}"
  on_missing_data     = "resolve"
  require_full_window = false
  tags                = var.tags

  monitor_thresholds {
    critical = local.thresholds[each.key]
  }
}

resource "datadog_monitor" "metric" {
  for_each            = var.with_counters ? local.metric_monitors : {}
  name                = each.value.name
  type                = "metric alert"
  query               = each.value.query
  message             = "${each.value.message} ${var.notify}"
  require_full_window = false
  tags                = var.tags

  monitor_thresholds {
    critical = local.thresholds[each.key]
  }
}

# Whether any router is scraped at all: no state is below 0, so that only missing data alerts.
resource "datadog_monitor" "silent" {
  count               = var.with_counters ? 1 : 0
  name                = "No ecs_router is scraped"
  type                = "metric alert"
  query               = "max(last_5m):sum:ecs_router.breaker_state{*} < 0"
  message             = "No router's counters have arrived for a quarter of an hour: none runs, or the Agent does not reach it. ${var.notify}"
  notify_no_data      = true
  no_data_timeframe   = 15
  require_full_window = false
  tags                = var.tags

  monitor_thresholds {
    critical = 0
  }
}

resource "datadog_dashboard_json" "this" {
  dashboard = file("${path.module}/dashboard.json")
}

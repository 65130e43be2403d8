# Alert conditions and a dashboard on stop reports that a destination of type newrelic sends; see docs/alarms.md.

locals {
  conditions = {
    failed_stops = {
      name        = "An ECS task failed"
      query       = "SELECT count(*) FROM Log WHERE route_class = 'stop' AND severity = 'error' AND `update` IS NULL FACET service"
      threshold   = 1
      window      = 300
      description = "A task failed. The log says why, and what to check next."
    }
    crash_loop = {
      name        = "An ECS service crashes again and again"
      query       = "SELECT count(*) FROM Log WHERE ecs_event = 'task_stopped' AND (severity = 'error' OR (category = 'app_completed' AND severity = 'warning')) AND `update` IS NULL FACET cluster, service"
      threshold   = 3
      window      = 600
      description = "At least three tasks of a service failed, or ended by themselves, in ten minutes."
    }
    image_pull = {
      name        = "An image cannot be pulled"
      query       = "SELECT count(*) FROM Log WHERE category = 'image_pull' AND `update` IS NULL FACET service"
      threshold   = 1
      window      = 300
      description = "New tasks cannot start: the image cannot be pulled."
    }
    deployment_failed = {
      name        = "An ECS deployment failed"
      query       = "SELECT count(*) FROM Log WHERE ecs_event = 'deployment_failed' FACET service"
      threshold   = 1
      window      = 300
      description = "A deployment was given up or rolled back."
    }
    lost_at_exit = {
      name        = "A router lost records"
      query       = "SELECT sum(records_lost) FROM Log WHERE router_event = 'exit' FACET service"
      threshold   = 1
      window      = 300
      description = "The router of a task that ended had lost records; its last record says how many, where and why."
    }
  }
}

resource "newrelic_alert_policy" "this" {
  name                = "ECS stops and ecs_router"
  incident_preference = "PER_CONDITION_AND_TARGET"
}

resource "newrelic_nrql_alert_condition" "this" {
  for_each                     = local.conditions
  policy_id                    = newrelic_alert_policy.this.id
  name                         = each.value.name
  description                  = each.value.description
  type                         = "static"
  aggregation_window           = each.value.window
  aggregation_method           = "event_timer"
  aggregation_timer            = 60
  violation_time_limit_seconds = 86400

  # Where nothing fails there is no data. Without this, an incident would stay open for a day, and hide the next failure.
  expiration_duration            = 2 * each.value.window
  close_violations_on_expiration = true

  nrql {
    query = each.value.query
  }

  critical {
    operator              = "above_or_equals"
    threshold             = each.value.threshold
    threshold_duration    = each.value.window
    threshold_occurrences = "at_least_once"
  }
}

resource "newrelic_one_dashboard_json" "this" {
  json = replace(file("${path.module}/dashboard.json"), "\"accountIds\": []", "\"accountIds\": [${var.account_id}]")
}

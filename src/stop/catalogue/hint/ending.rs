//! Hints for ends of containers, where the task tells more than the exit code does.

pub(in crate::stop) const ROUTER_HINT: &str = "The log router died, not the application: read its own log (give it a log driver other than FireLens), and check its configuration and its memory limit.";
pub(in crate::stop) const PROXY_HINT: &str = "The Service Connect proxy died, not the application: read its own log (`logConfiguration` of Service Connect), and give the task more memory for it.";
pub(in crate::stop) const PROXY_MEMORY_HINT: &str = "Give the task more `memory`: the Service Connect proxy ran out of it, not the application; AWS asks for 64 MiB more for it, and for 128 MiB with many requests.";
pub(in crate::stop) const FINISHED_BESIDE_HINT: &str = "A container beside it ended with 0 and ECS does not say which ended first: if that one did, it should run on, and this one only outlived its `stopTimeout`. Otherwise look at this one's memory and at who sends SIGKILL.";
pub(in crate::stop) const TOLD_BESIDE_HINT: &str = "If the container beside it ended first, it took the task down: it should run on, so read its log. Otherwise find out who sent SIGTERM.";
pub(in crate::stop) const NOT_STARTED_HINT: &str = "The task did not start, and ECS does not say why: read the service's events of that minute and the last lines of every container; the exit code may be a consequence.";
pub(in crate::stop) const TASK_MEMORY_HINT: &str = "Raise the task's `memory`: its containers used it up together; Container Insights shows which of them grew.";
pub(in crate::stop) const COMPLETED_HINT: &str = "Nothing to do: the job is done.";
pub(in crate::stop) const KILLED_BESIDE_HINT: &str = "A container beside it was killed (exit 137) and ECS does not say which ended first: if that one only outlived its `stopTimeout`, let it handle SIGTERM or ignore it. Otherwise look for what killed it.";
pub(in crate::stop) const FAILED_BESIDE_HINT: &str = "A log router or proxy beside it failed, and ECS does not say which ended first: read that one's log, too. If the application did, check whether its command returns; a service's container should run on.";
pub(in crate::stop) const AGENT_LOG_HINT: &str = "The agent's log does not say who stopped the task, nor whether it belongs to a service: look at EventBridge's event, for a scale-in or a job that is done looks like this as well.";
pub(in crate::stop) const SERVICE_COMPLETED_HINT: &str = "Check whether the command returns (runs in the background, has no work): a service's container should not end; for a job use RunTask.";

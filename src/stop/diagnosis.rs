//! Decides why a task stopped. A task event says several things at once; the first step below that knows an answer
//! ends the search. The order keeps false alarms out, so nothing may be moved without a test.
//!
//! 1. A person's stop: its text is free, in any language, and may contain any phrase of the catalogue.
//! 2. Spot and hosts: they kill with any exit code, 137 included.
//! 3. An application container out of memory: also in the middle of a planned stop.
//! 4. The scheduler's plans and health checks: exit codes are consequences then, 0 included. What ECS plans for the host
//!    counts whatever the stop code.
//! 5. What the catalogue knows of the reasons given.
//! 6. A container that never ran because the one it depends on was not ready: the others' ends are consequences then.
//! 7. A scheduler's stop that nobody explains.
//! 8. The culprit's exit code.
//! 9. A container that could not be stopped: the course of a stop, which counts only when nothing gives its reason.
//! 10. The stop code alone, which does not say why a task failed to start.
//!
//! The death of a log router, or of a proxy that ECS injects, is then called what it is, whichever step found it.
//!
//! Stop codes: <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Task.html>

use super::catalogue::external::{self, ExternalStop};
use super::catalogue::hint::ending::{
    AGENT_LOG_HINT, COMPLETED_HINT, FAILED_BESIDE_HINT, FINISHED_BESIDE_HINT, KILLED_BESIDE_HINT,
    NOT_STARTED_HINT, PROXY_HINT, PROXY_MEMORY_HINT, ROUTER_HINT, SERVICE_COMPLETED_HINT, TASK_MEMORY_HINT,
    TOLD_BESIDE_HINT,
};
use super::catalogue::{cause, exit_code, hint, reason};
use super::container::{EventContainer, Evidence};
use super::kind::{Category, Cause, Severity};
use super::task::{StopCode, TaskEvent};
use super::{EventReader, culprit};

/// Why one task or container stopped, and how bad that is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Diagnosis<'t> {
    pub(super) category: Category,
    pub(super) cause: Option<Cause>,
    pub(super) expected: bool,
    pub(super) container: Option<&'t EventContainer<'t>>,
    /// The second half of the summary, where the category says too little.
    pub(super) description: Option<Description>,
    pub(super) hint: Option<&'static str>,
    /// The stop may have been planned.
    pub(super) maybe_planned: bool,
}

/// What to say where the category says too little.
#[derive(Debug, Clone, Copy)]
pub(super) enum Description {
    Fixed(&'static str),
    /// The log router took the task down; the category is what its exit would be called elsewhere.
    RouterDied(Category),
    /// The Service Connect proxy did, with the same meaning.
    ProxyDied(Category),
    /// These words, with ECS's reason.
    Quoted(&'static str),
    /// Others may have ended before the culprit did.
    OthersEnded,
}

impl<'t> Diagnosis<'t> {
    pub(super) const fn new(category: Category, container: Option<&'t EventContainer<'t>>) -> Self {
        Self {
            category,
            cause: None,
            expected: false,
            container,
            description: None,
            hint: None,
            maybe_planned: false,
        }
    }

    /// Planned stops are info; those from outside, or maybe planned, are warnings; the rest needs a human.
    pub(super) fn severity(&self) -> Severity {
        match self.category {
            _ if self.expected => Severity::Info,
            Category::Spot | Category::Host | Category::Deployment | Category::AppCompleted => {
                Severity::Warning
            }
            Category::AppSignal if self.was_told_to_end() || self.maybe_planned => Severity::Warning,
            Category::ImagePull
            | Category::Secret
            | Category::Logging
            | Category::Storage
            | Category::Network => Severity::Error,
            Category::Capacity | Category::ContainerStart | Category::Platform | Category::Oom => {
                Severity::Error
            }
            Category::AppError | Category::AppSignal | Category::HealthCheck | Category::User => {
                Severity::Error
            }
            Category::ServiceEvent | Category::Unknown => Severity::Error,
        }
    }

    fn was_told_to_end(&self) -> bool {
        self.container.and_then(|container| container.exit_code).is_some_and(exit_code::is_told_to_end)
    }
}

/// Diagnoses the end of a task.
pub(super) fn diagnose<'t>(task: &'t TaskEvent<'t>, reader: &EventReader) -> Diagnosis<'t> {
    let found = stopped_by_user(task, reader)
        .or_else(|| forced(task).map(|stop| stopped_from_outside(task, stop)))
        .or_else(|| out_of_memory(task))
        .or_else(|| scheduled(task).map(|stop| stopped_from_outside(task, stop)))
        .or_else(|| from_reasons(task))
        .or_else(|| waited_in_vain(task))
        .or_else(|| unexplained(task))
        .or_else(|| from_exit_code(task))
        .or_else(|| could_not_be_stopped(task));
    of_helper(found.unwrap_or_else(|| from_stop_code(task)))
}

fn stopped_by_user<'t>(task: &'t TaskEvent<'t>, reader: &EventReader) -> Option<Diagnosis<'t>> {
    if task.stop_code() != StopCode::UserInitiated {
        return None;
    }
    if let Some(stop) = by_reason(task, &external::SENTENCES) {
        return Some(stopped_from_outside(task, stop));
    }
    let statement = task.stopped_reason().map(reason::normalize).unwrap_or_default();
    let cause = cause::find(Category::User, &statement);
    Some(Diagnosis {
        // A job that AWS Batch gave up on has failed.
        expected: cause.is_none() && !reader.blames_user(task.stopped_reason()),
        cause,
        hint: Some(hint::find(Category::User, cause, &[statement])),
        ..Diagnosis::new(Category::User, culprit::only_application(task))
    })
}

/// Spot and hosts: first by ECS's code, then by its reason, for Spot stops have come without a code.
fn forced(task: &TaskEvent<'_>) -> Option<&'static ExternalStop> {
    match task.stop_code() {
        StopCode::SpotInterruption => Some(&external::SPOT),
        StopCode::TerminationNotice => Some(terminated(task)),
        StopCode::UserInitiated => None,
        StopCode::TaskFailedToStart | StopCode::EssentialContainerExited => {
            by_reason(task, &external::FORCED)
        }
        StopCode::ServiceSchedulerInitiated | StopCode::Other => by_reason(task, &external::FORCED),
    }
}

/// A termination notice without a reason that we know: Spot if the capacity is, else the host.
fn terminated(task: &TaskEvent<'_>) -> &'static ExternalStop {
    by_reason(task, &external::FORCED).or_else(|| by_reason(task, &external::SCHEDULED)).unwrap_or_else(
        || match (task.is_on_spot(), task.launch_type()) {
            (true, _) => &external::SPOT,
            (false, Some("FARGATE")) => &external::FARGATE_HOST,
            (false, _) => &external::HOST,
        },
    )
}

/// What the scheduler did. A task that ended by itself or did not start is not the scheduler's, whatever words occur in
/// its reason, except where its host was due or it failed a health check.
fn scheduled(task: &TaskEvent<'_>) -> Option<&'static ExternalStop> {
    match task.stop_code() {
        StopCode::ServiceSchedulerInitiated | StopCode::Other => by_reason(task, &external::SCHEDULED),
        StopCode::TaskFailedToStart | StopCode::EssentialContainerExited => {
            by_reason(task, &external::PLANNED_FOR_HOST).or_else(|| by_reason(task, &external::FAILED_CHECKS))
        }
        StopCode::UserInitiated | StopCode::SpotInterruption | StopCode::TerminationNotice => None,
    }
}

/// The scheduler did it and gives no reason we know: exit codes are consequences then, so they must not decide.
fn unexplained<'t>(task: &'t TaskEvent<'t>) -> Option<Diagnosis<'t>> {
    if task.stop_code() != StopCode::ServiceSchedulerInitiated {
        return None;
    }
    let stop = &external::UNKNOWN_SCHEDULER_ACTION;
    Some(match task.applications().find(|container| container.is_unhealthy()) {
        Some(unhealthy) => {
            let diagnosis = stopped_from_outside(task, &external::CONTAINER_CHECK);
            Diagnosis { container: Some(unhealthy), ..diagnosis }
        }
        None => Diagnosis {
            description: Some(Description::Quoted(stop.description)),
            ..stopped_from_outside(task, stop)
        },
    })
}

fn by_reason(task: &TaskEvent<'_>, table: &'static [ExternalStop]) -> Option<&'static ExternalStop> {
    external::find(table, task.stopped_reason()?)
}

fn stopped_from_outside<'t>(task: &'t TaskEvent<'t>, stop: &'static ExternalStop) -> Diagnosis<'t> {
    Diagnosis {
        expected: stop.expected,
        description: Some(Description::Fixed(stop.description)),
        hint: Some(stop.hint),
        ..Diagnosis::new(stop.category, culprit::only_application(task))
    }
}

/// Not of a bystander, whose end may be a consequence: it is left to the catalogue, with the bystander as culprit.
fn out_of_memory<'t>(task: &'t TaskEvent<'t>) -> Option<Diagnosis<'t>> {
    let culprit = culprit::find(task).filter(|culprit| !culprit.is_bystander)?;
    (culprit.evidence == Evidence::OutOfMemory).then_some(Diagnosis::new(Category::Oom, Some(culprit)))
}

fn from_reasons<'t>(task: &'t TaskEvent<'t>) -> Option<Diagnosis<'t>> {
    let culprit = culprit::find_of_start(task);
    let mut statements = statements(task, culprit);
    // For the hint: what ECS says of Fargate's capacity does not name Spot.
    statements.extend(task.is_on_spot().then(|| "fargate_spot".to_owned()));
    let diagnosis = from_statements(&statements, culprit)?;
    // ECS says that the task was out of memory, not which container had it.
    let is_task_oom = diagnosis.category == Category::Oom && diagnosis.container.is_none();
    let container = if is_task_oom { culprit::only_killed(task) } else { diagnosis.container };
    let hint = if is_task_oom && task.containers.len() > 1 { Some(TASK_MEMORY_HINT) } else { diagnosis.hint };
    Some(Diagnosis { container, hint, ..diagnosis })
}

/// An application that waited for another container in vain. One that failed says more than the one that waited.
fn waited_in_vain<'t>(task: &'t TaskEvent<'t>) -> Option<Diagnosis<'t>> {
    let waiting = task.applications().find(|container| container.evidence == Evidence::Waiting);
    let by_container = waiting.and_then(|container| container.reason).map(reason::normalize);
    let by_task =
        || task.stopped_reason().map(reason::normalize).filter(|it| reason::is_timed_out_dependency(it));
    let statement = by_container.or_else(by_task)?;
    let waiting = waiting.or_else(|| culprit::only_silent(task));
    let timed_out = reason::is_timed_out_dependency(&statement);
    let says_more = |container: &&EventContainer<'_>| match container.evidence {
        Evidence::OutOfMemory | Evidence::Reported | Evidence::Failed => true,
        Evidence::Killed => !timed_out,
        Evidence::Finished | Evidence::ToldToEnd | Evidence::Waiting | Evidence::Silent => false,
    };
    if task.applications().any(|container| says_more(&container)) {
        return None;
    }
    Some(from_statement(Category::ContainerStart, waiting, statement))
}

fn from_statement<'t>(
    category: Category,
    container: Option<&'t EventContainer<'t>>,
    statement: String,
) -> Diagnosis<'t> {
    let cause = cause::find(category, &statement);
    let hint = Some(hint::find(category, cause, &[statement]));
    Diagnosis { cause, hint, ..Diagnosis::new(category, container) }
}

/// The reasons given for a task's and its culprit's end, plain, without the uninformative ones.
fn statements(task: &TaskEvent<'_>, culprit: Option<&EventContainer<'_>>) -> Vec<String> {
    let container_reason = culprit.and_then(|culprit| culprit.reason);
    let reasons = container_reason.into_iter().chain(task.stopped_reason());
    let informative = reasons.map(reason::normalize).filter(|statement| !reason::is_uninformative(statement));
    // An attachment's type names the category, its reason only the cause. Once the task runs, the attachment held.
    let attachments = task.attachment_reasons().filter(|_| !task.has_started());
    informative.chain(attachments.map(|(kind, reason)| attachment_statement(kind, reason))).collect()
}

/// What an attachment is, by a part of its type; the others (Service Connect, service discovery) speak for themselves.
const ATTACHMENTS: [(&str, &str); 3] = [
    ("elasticblockstorage", "ebs volume:"),
    ("networkinterface", "network interface:"),
    ("eni", "network interface:"),
];

fn attachment_statement(kind: &str, reason: &str) -> String {
    let kind = reason::normalize(kind);
    let subject = ATTACHMENTS.iter().find(|(part, _)| kind.contains(part)).map_or("", |(_, subject)| subject);
    reason::normalize(&format!("{subject} {reason}"))
}

/// What the catalogue knows of plain statements.
pub(super) fn from_statements<'t>(
    statements: &[String],
    culprit: Option<&'t EventContainer<'t>>,
) -> Option<Diagnosis<'t>> {
    let (rule, statement) = reason::find(statements)?;
    let all = std::iter::once(statement).chain(statements.iter().map(String::as_str));
    let cause = all.filter_map(|statement| cause::find(rule.category, statement)).next();
    let hint = Some(hint::find(rule.category, cause, statements));
    Some(Diagnosis { cause, hint, ..Diagnosis::new(rule.category, culprit) })
}

fn from_exit_code<'t>(task: &'t TaskEvent<'t>) -> Option<Diagnosis<'t>> {
    let culprit = culprit::find(task)?;
    if task.stop_code() == StopCode::TaskFailedToStart && is_consequence(culprit) {
        return not_started(task, culprit);
    }
    let diagnosis = from_container_exit(culprit)?;
    Some(match diagnosis.category {
        Category::AppCompleted => completed(task, diagnosis),
        Category::AppSignal if task.is_from_agent_log() => signalled(diagnosis),
        Category::AppSignal => among_others(task, diagnosis),
        Category::AppError => among_others(task, diagnosis),
        _ => diagnosis,
    })
}

fn is_consequence(container: &EventContainer<'_>) -> bool {
    matches!(container.evidence, Evidence::Finished | Evidence::Killed | Evidence::ToldToEnd)
}

/// ECS stops the other containers of a task that does not start, so their codes explain nothing: its reason does.
fn not_started<'t>(task: &'t TaskEvent<'t>, culprit: &'t EventContainer<'t>) -> Option<Diagnosis<'t>> {
    let statement = task.stopped_reason().map(reason::normalize);
    if statement.is_some_and(|statement| !reason::is_uninformative(&statement)) {
        return None;
    }
    let diagnosis = from_container_exit(culprit)?;
    // A job that is done before its helpers have started is done.
    Some(match diagnosis.category {
        Category::AppCompleted => completed(task, diagnosis),
        _ => Diagnosis { hint: Some(NOT_STARTED_HINT), ..diagnosis },
    })
}

/// What a container's exit code says by itself.
pub(super) fn from_container_exit<'t>(container: &'t EventContainer<'t>) -> Option<Diagnosis<'t>> {
    let exit = exit_code::read(container.exit_code?);
    Some(Diagnosis { cause: exit.cause, hint: exit.hint, ..Diagnosis::new(exit.category, Some(container)) })
}

/// A job is done with 0, a service should run on. A job beside which another container was killed may have been
/// the one that was told to end, so that is not called planned.
fn completed<'t>(task: &TaskEvent<'_>, diagnosis: Diagnosis<'t>) -> Diagnosis<'t> {
    let killed_beside = task.applications().any(|container| container.evidence == Evidence::Killed);
    let failed_beside = task.containers.iter().any(|it| it.is_bystander && it.crashed() && !it.is_optional);
    let hint = if task.is_service() && failed_beside {
        FAILED_BESIDE_HINT
    } else if task.is_service() {
        SERVICE_COMPLETED_HINT
    } else if task.is_from_agent_log() {
        AGENT_LOG_HINT
    } else if killed_beside {
        KILLED_BESIDE_HINT
    } else {
        COMPLETED_HINT
    };
    let expected = !task.is_service() && !killed_beside && !task.is_from_agent_log();
    Diagnosis { expected, hint: Some(hint), ..diagnosis }
}

/// Where others ended as well, the event does not say which was first.
fn among_others<'t>(task: &'t TaskEvent<'t>, diagnosis: Diagnosis<'t>) -> Diagnosis<'t> {
    let Some(culprit) = diagnosis.container else { return diagnosis };
    let others = culprit::ended_beside(task, culprit);
    if others.is_empty() {
        return diagnosis;
    }
    let finished = others.iter().any(|other| other.evidence == Evidence::Finished);
    let hint = match culprit.evidence {
        Evidence::Killed if finished => Some(FINISHED_BESIDE_HINT),
        Evidence::ToldToEnd => Some(TOLD_BESIDE_HINT),
        _ => diagnosis.hint,
    };
    Diagnosis { description: Some(Description::OthersEnded), hint, ..diagnosis }
}

/// What an exit says of an application says nothing of the log router or of ECS's proxy: the logging failed, or ECS did.
pub(super) fn of_helper(diagnosis: Diagnosis<'_>) -> Diagnosis<'_> {
    let exit = diagnosis.category;
    if !matches!(exit, Category::Oom | Category::AppError | Category::AppSignal) {
        return diagnosis;
    }
    match diagnosis.container {
        Some(container) if container.routes_for_others() => {
            called(diagnosis, Category::Logging, Description::RouterDied(exit), ROUTER_HINT)
        }
        Some(container) if container.connects_for_others() => {
            // More memory for the task helps, whosever it is.
            let category = if exit == Category::Oom { Category::Oom } else { Category::Platform };
            let hint = if exit == Category::Oom { PROXY_MEMORY_HINT } else { PROXY_HINT };
            called(diagnosis, category, Description::ProxyDied(exit), hint)
        }
        _ => diagnosis,
    }
}

fn called<'t>(
    diagnosis: Diagnosis<'t>,
    category: Category,
    description: Description,
    hint: &'static str,
) -> Diagnosis<'t> {
    Diagnosis { category, cause: None, description: Some(description), hint: Some(hint), ..diagnosis }
}

/// A container that was told to end looks the same whether ECS or somebody else told it.
fn signalled(diagnosis: Diagnosis<'_>) -> Diagnosis<'_> {
    match diagnosis.container.map(|container| container.evidence) {
        Some(Evidence::ToldToEnd | Evidence::Killed) => {
            Diagnosis { maybe_planned: true, hint: Some(AGENT_LOG_HINT), ..diagnosis }
        }
        _ => diagnosis,
    }
}

fn could_not_be_stopped<'t>(task: &'t TaskEvent<'t>) -> Option<Diagnosis<'t>> {
    let (container, statement) = task.applications().find_map(|container| {
        let statement = container.reason.map(reason::normalize)?;
        reason::is_about_stopping(&statement).then_some((container, statement))
    })?;
    Some(from_statement(Category::Platform, Some(container), statement))
}

fn from_stop_code<'t>(task: &'t TaskEvent<'t>) -> Diagnosis<'t> {
    let category = match task.stop_code() {
        // That it failed to start says nothing of why: not even that a container did.
        StopCode::TaskFailedToStart | StopCode::EssentialContainerExited | StopCode::Other => {
            Category::Unknown
        }
        // Diagnosed before; named here so that a new code cannot be forgotten.
        StopCode::UserInitiated => Category::User,
        StopCode::ServiceSchedulerInitiated => Category::Deployment,
        StopCode::SpotInterruption => Category::Spot,
        StopCode::TerminationNotice => Category::Host,
    };
    Diagnosis::new(category, culprit::find_of_start(task))
}

#[cfg(test)]
mod tests;

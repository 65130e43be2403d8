//! The order of judgement: which of the things that a task event says decides. Each step that knows the answer
//! ends the search; the order is what keeps false alarms out, so nothing may be moved without a test.
//!
//! 1. A person's stop: its text is free, in any language, and may contain any phrase of the catalogue.
//! 2. Spot and hosts: they kill with any exit code, 137 included.
//! 3. An application container out of memory: also in the middle of a planned stop.
//! 4. The scheduler's plans and health checks: exit codes are consequences then, 0 included.
//! 5. What the catalogue knows of the reasons given.
//! 6. A scheduler's stop that nobody explains.
//! 7. The culprit's exit code.
//! 8. A container that could not be stopped: the course of a stop, which counts only when nothing gives its reason.
//! 9. The stop code alone.
//!
//! Stop codes: <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Task.html>

use super::catalogue::external::ExternalStop;
use super::catalogue::{cause, exit_code, external, reason};
use super::container::{EventContainer, Evidence};
use super::kind::{Category, Cause, Severity};
use super::task::{StopCode, TaskEvent};
use super::{EventReader, culprit};

/// The verdict on one task.
#[derive(Debug, Clone, Copy)]
pub(super) struct Diagnosis<'t> {
    pub(super) category: Category,
    pub(super) cause: Option<Cause>,
    pub(super) expected: bool,
    pub(super) container: Option<&'t EventContainer<'t>>,
    /// The second half of a summary, where the category says too little.
    pub(super) what: Option<&'static str>,
    pub(super) hint: Option<&'static str>,
    /// It may as well have been planned.
    pub(super) unsure: bool,
}

impl<'t> Diagnosis<'t> {
    pub(super) const fn new(category: Category, container: Option<&'t EventContainer<'t>>) -> Self {
        Self { category, cause: None, expected: false, container, what: None, hint: None, unsure: false }
    }

    /// Planned is info; what comes from outside or may have been meant is a warning; the rest needs a human.
    pub(super) fn severity(&self) -> Severity {
        match self.category {
            _ if self.expected => Severity::Info,
            Category::Spot | Category::Host | Category::Deployment | Category::AppCompleted => {
                Severity::Warning
            }
            Category::AppSignal if self.ended_politely() || self.unsure => Severity::Warning,
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

    fn ended_politely(&self) -> bool {
        self.container.and_then(|container| container.exit_code).is_some_and(exit_code::is_polite)
    }
}

pub(super) fn diagnose<'t>(task: &'t TaskEvent<'t>, reader: &EventReader) -> Diagnosis<'t> {
    user(task, reader)
        .or_else(|| external::forced(task).map(|found| stopped(task, found)))
        .or_else(|| out_of_memory(task))
        .or_else(|| external::scheduled(task).map(|found| stopped(task, found)))
        .or_else(|| told(task))
        .or_else(|| external::unexplained(task).map(|found| stopped(task, found)))
        .or_else(|| exited(task))
        .or_else(|| stuck(task))
        .unwrap_or_else(|| coded(task))
}

fn user<'t>(task: &'t TaskEvent<'t>, reader: &EventReader) -> Option<Diagnosis<'t>> {
    let expected = !reader.blames_user(task.stopped_reason());
    let finding = Diagnosis { expected, ..Diagnosis::new(Category::User, culprit::only_application(task)) };
    (task.stop_code() == StopCode::UserInitiated).then_some(finding)
}

fn stopped<'t>(task: &'t TaskEvent<'t>, found: &'static ExternalStop) -> Diagnosis<'t> {
    let finding = Diagnosis::new(found.category, culprit::only_application(task));
    Diagnosis { expected: found.expected, what: Some(found.what), hint: Some(found.hint), ..finding }
}

/// The router's own memory is not the application's: it is left to the catalogue, with the router as culprit.
fn out_of_memory<'t>(task: &'t TaskEvent<'t>) -> Option<Diagnosis<'t>> {
    let culprit = culprit::find(task).filter(|culprit| !culprit.bystander)?;
    (culprit.evidence == Evidence::OutOfMemory).then_some(Diagnosis::new(Category::Oom, Some(culprit)))
}

fn told<'t>(task: &'t TaskEvent<'t>) -> Option<Diagnosis<'t>> {
    let culprit = culprit::find_of_start(task);
    by_statements(&reason::statements(task, culprit), culprit)
}

/// What the catalogue knows of plain statements.
pub(super) fn by_statements<'t>(
    statements: &[String],
    culprit: Option<&'t EventContainer<'t>>,
) -> Option<Diagnosis<'t>> {
    let (rule, statement) = reason::find(statements)?;
    let all = std::iter::once(statement).chain(statements.iter().map(String::as_str));
    let cause = all.filter_map(|statement| cause::find(rule.category, statement)).next();
    Some(Diagnosis { cause, hint: rule.hint, ..Diagnosis::new(rule.category, culprit) })
}

fn exited<'t>(task: &'t TaskEvent<'t>) -> Option<Diagnosis<'t>> {
    let finding = by_exit_code(culprit::find(task)?)?;
    Some(match finding.category {
        Category::AppCompleted => completed(task, finding),
        Category::AppSignal if task.is_told_by_agent() => signalled(finding),
        _ => finding,
    })
}

/// What a container's exit code says by itself.
pub(super) fn by_exit_code<'t>(culprit: &'t EventContainer<'t>) -> Option<Diagnosis<'t>> {
    let exit = exit_code::read(culprit.exit_code?);
    Some(Diagnosis { cause: exit.cause, hint: exit.hint, ..Diagnosis::new(exit.category, Some(culprit)) })
}

/// A job is done with 0, a service should run on. A job beside which another container was killed may have been
/// the one that obeyed, so that is not called planned.
fn completed<'t>(task: &TaskEvent<'_>, finding: Diagnosis<'t>) -> Diagnosis<'t> {
    let another_was_killed = task.applications().any(|container| container.evidence == Evidence::Killed);
    let expected = !task.is_service() && !another_was_killed && !task.is_told_by_agent();
    let hint = if another_was_killed { BESIDE_A_KILL } else { DONE };
    let hint = if task.is_told_by_agent() { OF_AGENT } else { hint };
    let hint = if task.is_service() { NOT_A_JOB } else { hint };
    Diagnosis { expected, hint: Some(hint), ..finding }
}

/// A container that was told to end looks the same whether ECS or somebody else told it.
fn signalled(finding: Diagnosis<'_>) -> Diagnosis<'_> {
    let told_to =
        |container: &EventContainer<'_>| matches!(container.evidence, Evidence::Obeyed | Evidence::Killed);
    match finding.container.is_some_and(told_to) {
        true => Diagnosis { unsure: true, hint: Some(OF_AGENT), ..finding },
        false => finding,
    }
}

fn stuck<'t>(task: &'t TaskEvent<'t>) -> Option<Diagnosis<'t>> {
    let said = |container: &&EventContainer<'_>| {
        container.reason.map(reason::plain).filter(|said| reason::is_of_stop(said))
    };
    let container = task.applications().find(|container| said(container).is_some())?;
    let cause = cause::find(Category::Platform, &said(&container)?);
    Some(Diagnosis { cause, ..Diagnosis::new(Category::Platform, Some(container)) })
}

const DONE: &str = "Nothing to do: the job is done.";
const BESIDE_A_KILL: &str = "A container beside it was killed (exit 137) and ECS does not say which ended first: if that one only outlived its `stopTimeout`, let it handle SIGTERM or ignore it; otherwise look for what killed it.";
const OF_AGENT: &str = "The agent's log does not say who stopped the task, nor whether it belongs to a service: a scale-in, a deployment and a job that is done look like this as well; EventBridge's event for the task tells.";
const NOT_A_JOB: &str = "A service's container should not end: check whether the command returns (runs in the background, has no work) and whether this should be a task of RunTask instead.";

fn coded<'t>(task: &'t TaskEvent<'t>) -> Diagnosis<'t> {
    let category = match task.stop_code() {
        StopCode::TaskFailedToStart => Category::ContainerStart,
        StopCode::EssentialContainerExited | StopCode::Other => Category::Unknown,
        // Judged before; named here so that a new code cannot be forgotten.
        StopCode::UserInitiated => Category::User,
        StopCode::ServiceSchedulerInitiated => Category::Deployment,
        StopCode::SpotInterruption => Category::Spot,
        StopCode::TerminationNotice => Category::Host,
    };
    Diagnosis::new(category, culprit::find_of_start(task))
}

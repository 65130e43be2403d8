//! SQS: queues with visibility timeouts, over AWS JSON 1.0.
//!
//! Owns the operations; what a queue does with time is in `queue`. API reference:
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/> (read 2026-11). FIFO queues
//! and dead-letter redrive are left out.

mod query;
mod queue;

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use serde_json::{Map, Value, json};

pub use self::query::Sqs;
use self::queue::{Handle, Queue};
use crate::{
    aws_json::{self, Input},
    core::Core,
    identity::ACCOUNT,
    received::Received,
    reply::{Refusal, Reply},
    route::Api,
};

const MAX_MESSAGES: i64 = 10;
const MAX_WAIT_SECONDS: i64 = 20;
const MAX_VISIBILITY_SECONDS: i64 = 43_200;
const MAX_BATCH: usize = 10;
/// How often a waiting ReceiveMessage looks again.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// All queues by name.
#[derive(Debug, Default)]
pub(crate) struct Store {
    queues: BTreeMap<String, Queue>,
}

impl Store {
    fn queue(&mut self, url: &str) -> Result<&mut Queue, Refusal> {
        let name = url.rsplit('/').next().unwrap_or_default();
        let missing = || {
            let refusal =
                Refusal::state("com.amazonaws.sqs#QueueDoesNotExist", "The specified queue does not exist.");
            refusal.header("x-amzn-query-error", "AWS.SimpleQueueService.NonExistentQueue;Sender")
        };
        self.queues.get_mut(name).ok_or_else(missing)
    }
}

/// ReceiveMessage, the only operation that waits.
pub(crate) async fn receive(core: &Core, request: &Received) -> Result<Reply, Refusal> {
    let input = read(core, request)?;
    let url = input.required("QueueUrl")?;
    let most = input.integer("MaxNumberOfMessages", 1..=MAX_MESSAGES)?.unwrap_or(1);
    let wait = input.integer("WaitTimeSeconds", 0..=MAX_WAIT_SECONDS)?.unwrap_or(0);
    let visibility = input.integer("VisibilityTimeout", 0..=MAX_VISIBILITY_SECONDS)?;
    let deadline = Instant::now() + Duration::from_secs(wait.unsigned_abs());
    loop {
        let messages = core.sqs.lock().queue(url)?.receive(core.now_ms(), most, visibility);
        if !messages.is_empty() {
            return Ok(aws_json::reply(request.api, json!({ "Messages": messages })));
        }
        if Instant::now() >= deadline {
            return Ok(aws_json::done(request.api));
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// Every other operation.
pub(crate) fn serve(core: &Core, request: &Received) -> Result<Reply, Refusal> {
    let input = read(core, request)?;
    let reply = match request.api {
        Api::DeleteMessage => single(core, &input, delete),
        Api::ChangeMessageVisibility => single(core, &input, change_visibility),
        Api::DeleteMessageBatch => batch(core, &input, delete),
        Api::ChangeMessageVisibilityBatch => batch(core, &input, change_visibility),
        Api::GetQueueUrl => queue_url(core, request, &input),
        _ => attributes(core, &input),
    };
    reply.map(|body| aws_json::reply(request.api, body))
}

fn read(core: &Core, request: &Received) -> Result<Input, Refusal> {
    let input = Input::read(request)?;
    input.complain_about_strangers(core, known_members(request.api));
    Ok(input)
}

type Operation = fn(&mut Queue, i64, &Input) -> Result<(), Refusal>;

fn single(core: &Core, input: &Input, operation: Operation) -> Result<Value, Refusal> {
    let now = core.now_ms();
    operation(core.sqs.lock().queue(input.required("QueueUrl")?)?, now, input)?;
    Ok(Map::new().into())
}

/// Up to ten of an operation, each of which succeeds or fails by itself.
fn batch(core: &Core, input: &Input, operation: Operation) -> Result<Value, Refusal> {
    let entries = entries(input)?;
    let now = core.now_ms();
    let mut store = core.sqs.lock();
    let queue = store.queue(input.required("QueueUrl")?)?;
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for (id, entry) in entries {
        match operation(queue, now, &entry) {
            Ok(()) => good.push(json!({ "Id": id })),
            Err(Refusal { code, message, .. }) => {
                bad.push(json!({ "Id": id, "SenderFault": true, "Code": code, "Message": message }));
            }
        }
    }
    Ok(json!({ "Successful": good, "Failed": bad }))
}

fn entries(input: &Input) -> Result<Vec<(String, Input)>, Refusal> {
    let entries = input.list("Entries")?;
    let error =
        |code: &str| Err(Refusal::broken(&format!("com.amazonaws.sqs#{code}"), "entries break a rule"));
    if entries.is_empty() {
        return error("EmptyBatchRequest");
    }
    if entries.len() > MAX_BATCH {
        return error("TooManyEntriesInBatchRequest");
    }
    let mut read = BTreeMap::new();
    for entry in entries {
        let members = entry.as_object().cloned().unwrap_or_default();
        let entry = Input { api: input.api, members };
        if read.insert(entry.required("Id")?.to_owned(), entry).is_some() {
            return error("BatchEntryIdsNotDistinct");
        }
    }
    Ok(read.into_iter().collect())
}

fn delete(queue: &mut Queue, _now: i64, input: &Input) -> Result<(), Refusal> {
    queue.delete(&handle(input)?);
    Ok(())
}

fn change_visibility(queue: &mut Queue, now: i64, input: &Input) -> Result<(), Refusal> {
    let seconds = input.integer("VisibilityTimeout", 0..=MAX_VISIBILITY_SECONDS)?;
    let seconds = seconds.ok_or_else(|| input.missing("VisibilityTimeout"))?;
    match queue.change_visibility(&handle(input)?, now, seconds) {
        true => Ok(()),
        false => Err(Refusal::state("com.amazonaws.sqs#MessageNotInflight", "The message is not in flight.")),
    }
}

fn handle(input: &Input) -> Result<Handle, Refusal> {
    let handle = input.required("ReceiptHandle")?;
    let invalid = || format!("The input receipt handle \"{handle}\" is not a valid receipt handle.");
    Handle::parse(handle)
        .ok_or_else(|| Refusal::broken("com.amazonaws.sqs#ReceiptHandleIsInvalid", invalid()))
}

fn queue_url(core: &Core, request: &Received, input: &Input) -> Result<Value, Refusal> {
    let name = input.required("QueueName")?;
    core.sqs.lock().queue(name)?;
    let host = request.header("host").unwrap_or_default();
    Ok(json!({ "QueueUrl": format!("http://{host}/{ACCOUNT}/{name}") }))
}

fn attributes(core: &Core, input: &Input) -> Result<Value, Refusal> {
    let url = input.required("QueueUrl")?;
    let now = core.now_ms();
    let mut store = core.sqs.lock();
    let queue = store.queue(url)?;
    let name = url.rsplit('/').next().unwrap_or_default();
    Ok(json!({ "Attributes": {
        "QueueArn": format!("arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"),
        "VisibilityTimeout": queue.visibility_seconds.to_string(),
        "ApproximateNumberOfMessages": queue.visible(now).to_string(),
        "ApproximateNumberOfMessagesNotVisible": queue.in_flight(now).to_string(),
    }}))
}

/// Members the API reference lists.
fn known_members(api: Api) -> &'static [&'static str] {
    match api {
        Api::ReceiveMessage => &[
            "QueueUrl",
            "MaxNumberOfMessages",
            "WaitTimeSeconds",
            "VisibilityTimeout",
            "AttributeNames",
            "MessageAttributeNames",
            "MessageSystemAttributeNames",
            "ReceiveRequestAttemptId",
        ],
        Api::DeleteMessage => &["QueueUrl", "ReceiptHandle"],
        Api::ChangeMessageVisibility => &["QueueUrl", "ReceiptHandle", "VisibilityTimeout"],
        Api::GetQueueUrl => &["QueueName", "QueueOwnerAWSAccountId"],
        Api::GetQueueAttributes => &["QueueUrl", "AttributeNames"],
        _ => &["QueueUrl", "Entries"],
    }
}

#[cfg(test)]
mod tests;

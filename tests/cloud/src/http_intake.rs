//! Any HTTP endpoint: `POST` or `PUT /http/…` with JSON, newline-delimited JSON, or lines of text.
//!
//! Has no limits; a body that is not what its content type says is refused.

use serde_json::Value;

use crate::{
    core::Core,
    http_api,
    received::Received,
    reply::{Refusal, Reply},
};

/// A record that arrived at a path under `/http`.
#[derive(Debug, Clone, PartialEq)]
pub struct HttpRecord {
    /// The path it was sent to.
    pub path: String,
    /// The record: a JSON value, or a string for a line of text.
    pub value: Value,
}

/// What arrived.
#[derive(Debug, Default)]
pub(crate) struct Store {
    records: Vec<HttpRecord>,
}

pub(crate) fn serve(core: &Core, request: &Received) -> Result<Reply, Refusal> {
    serve_as(core, request, http_api::of_path(&request.path))
}

/// Takes what a service takes, by its rules if it has some.
pub(crate) fn serve_as(
    core: &Core,
    request: &Received,
    intake: Option<http_api::Intake>,
) -> Result<Reply, Refusal> {
    if request.method == "HEAD" {
        return Ok(Reply::empty(405));
    }
    let taken = match intake {
        Some(intake) => intake(request),
        None => values(request).map(|values| (values, Reply::empty(200))),
    };
    let (values, reply) = taken.map_err(|error| Refusal::broken("BadRequest", error))?;
    let records = values.into_iter().map(|value| HttpRecord { path: request.path.clone(), value });
    core.http.lock().records.extend(records);
    Ok(reply)
}

fn values(request: &Received) -> Result<Vec<Value>, String> {
    let content_type = request.header("content-type").unwrap_or_default();
    let text = std::str::from_utf8(&request.body).map_err(|error| error.to_string())?;
    match content_type.split(';').next().unwrap_or_default().trim() {
        "application/json" => match json(text)? {
            Value::Array(values) => Ok(values),
            other => Ok(vec![other]),
        },
        "application/x-ndjson" | "application/ndjson" | "application/jsonl" | "application/x-jsonlines" => {
            text.lines().filter(|line| !line.is_empty()).map(json).collect()
        }
        "text/plain" => Ok(text.lines().map(Value::from).collect()),
        other => Err(format!("unknown Content-Type `{other}`")),
    }
}

fn json(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| format!("{error} in: {text}"))
}

/// What arrived under `/http`; from [`crate::Cloud::http`].
#[derive(Debug, Clone, Copy)]
pub struct HttpIntake<'a> {
    core: &'a Core,
}

impl<'a> HttpIntake<'a> {
    pub(crate) fn new(core: &'a Core) -> Self {
        Self { core }
    }

    /// Every record, in order of arrival.
    pub fn records(&self) -> Vec<HttpRecord> {
        self.core.http.lock().records.clone()
    }

    /// The records of one path, in order of arrival.
    pub fn values(&self, path: &str) -> Vec<Value> {
        self.records().into_iter().filter(|record| record.path == path).map(|record| record.value).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{Cloud, testing::Call};

    fn post(cloud: &Cloud, content_type: &str, body: &str) -> u16 {
        Call::new("POST", "/http/logs")
            .header("content-type", content_type)
            .body(body)
            .send(cloud)
            .unwrap()
            .status
    }

    #[test]
    fn lists_lines_and_text_become_records() {
        let cloud = Cloud::start();
        assert_eq!(post(&cloud, "application/json", r#"[{"n": 1}, {"n": 2}]"#), 200);
        assert_eq!(post(&cloud, "application/x-ndjson", "{\"n\": 3}\n{\"n\": 4}\n"), 200);
        assert_eq!(post(&cloud, "text/plain; charset=utf-8", "five"), 200);
        let expected = [json!({"n": 1}), json!({"n": 2}), json!({"n": 3}), json!({"n": 4}), json!("five")];
        assert_eq!(cloud.http().values("/http/logs"), expected);
        cloud.assert_no_complaints();
    }

    #[test]
    fn broken_bodies_are_refused() {
        let cloud = Cloud::start();
        assert_eq!(post(&cloud, "application/x-ndjson", "{\"n\": 3}\n{"), 400);
        assert_eq!(post(&cloud, "application/json", "{}{}"), 400);
        assert_eq!(cloud.complaints().len(), 2);
    }
}

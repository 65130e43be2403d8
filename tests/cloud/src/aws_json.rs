//! The JSON object of an AWS JSON request, and the refusals of AWS's own validation.
//!
//! Shared by CloudWatch Logs, Firehose and SQS; knows no service's limits.

use serde_json::{Map, Value};

use crate::{
    core::Core,
    received::Received,
    reply::{Refusal, Reply},
    route::{Api, Protocol},
};

/// The members of a request.
#[derive(Debug)]
pub(crate) struct Input {
    pub(crate) api: Api,
    pub(crate) members: Map<String, Value>,
}

impl Input {
    /// Reads a request's body, if its content type is the one of the service's protocol.
    pub(crate) fn read(request: &Received) -> Result<Self, Refusal> {
        let content_type = request.header("content-type");
        if content_type != Some(content_type_of(request.api)) {
            return Err(Refusal::broken(
                "UnknownOperationException",
                format!("Content-Type is {content_type:?}"),
            ));
        }
        let body: Value =
            serde_json::from_slice(&request.body).map_err(|error| malformed(error.to_string()))?;
        match body {
            Value::Object(members) => Ok(Self { api: request.api, members }),
            _ => Err(malformed("the body is not a JSON object")),
        }
    }

    /// AWS ignores members it does not know; a test had better not.
    pub(crate) fn complain_about_strangers(&self, core: &Core, known: &[&str]) {
        for name in self.members.keys().filter(|name| !known.contains(&name.as_str())) {
            core.complain(format!("{:?}: unknown member `{name}`", self.api));
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.members.get(name).filter(|value| !value.is_null())
    }

    pub(crate) fn text(&self, name: &str) -> Result<Option<&str>, Refusal> {
        self.get(name).map(|value| value.as_str().ok_or_else(|| wrong_type(name, "string"))).transpose()
    }

    pub(crate) fn required(&self, name: &str) -> Result<&str, Refusal> {
        self.text(name)?.ok_or_else(|| self.missing(name))
    }

    pub(crate) fn list(&self, name: &str) -> Result<&[Value], Refusal> {
        let value = self.get(name).ok_or_else(|| self.missing(name))?;
        value.as_array().map(Vec::as_slice).ok_or_else(|| wrong_type(name, "list"))
    }

    /// An integer within limits, if it is there.
    pub(crate) fn integer(
        &self,
        name: &str,
        limits: std::ops::RangeInclusive<i64>,
    ) -> Result<Option<i64>, Refusal> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let number = value.as_i64().ok_or_else(|| wrong_type(name, "integer"))?;
        match limits.contains(&number) {
            true => Ok(Some(number)),
            false => {
                Err(self.constraint(&number.to_string(), name, &format!("Member must be in {limits:?}")))
            }
        }
    }

    pub(crate) fn missing(&self, name: &str) -> Refusal {
        self.constraint("null", name, "Member must not be null")
    }

    /// A refusal in the words of AWS's validation, with the code the service uses for it.
    pub(crate) fn constraint(&self, value: &str, member: &str, rule: &str) -> Refusal {
        let message = format!(
            "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: {rule}"
        );
        Refusal::broken(validation_code(self.api), message)
    }
}

fn validation_code(api: Api) -> &'static str {
    match api.signing_name() {
        Some("logs") => "InvalidParameterException",
        Some("sqs") => "com.amazonaws.sqs#InvalidParameterValue",
        _ => "ValidationException",
    }
}

/// The content type of an API's requests and replies.
pub(crate) fn content_type_of(api: Api) -> &'static str {
    match api.protocol() {
        Protocol::Json10 => "application/x-amz-json-1.0",
        _ => "application/x-amz-json-1.1",
    }
}

/// A good answer.
pub(crate) fn reply(api: Api, body: impl Into<Value>) -> Reply {
    Reply::new(200, content_type_of(api), body.into().to_string())
}

/// A good answer that says nothing.
pub(crate) fn done(api: Api) -> Reply {
    reply(api, Map::new())
}

pub(crate) fn malformed(message: impl Into<String>) -> Refusal {
    Refusal::broken("SerializationException", message)
}

pub(crate) fn wrong_type(member: &str, wanted: &str) -> Refusal {
    malformed(format!("{member} is not a {wanted}"))
}

//! An answer to a request, and a refusal in the wording of AWS.
//!
//! Owns how errors look in each protocol. Does not know why something is refused.

use bytes::Bytes;
use serde_json::{Value, json};

/// An answer before it becomes HTTP.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
}

impl Reply {
    pub(crate) fn new(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        Self { status, headers: vec![("content-type".into(), content_type.into())], body: body.into() }
    }

    pub(crate) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Bytes::new() }
    }

    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::new(status, "application/json", body.to_string())
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// Why AWS does not do what it was asked for.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: String,
    /// Whether a correct client could not have caused this.
    pub(crate) complaint: bool,
    pub(crate) headers: Vec<(String, String)>,
}

impl Refusal {
    /// The request broke a rule a correct client knows: refused, and a complaint.
    pub(crate) fn broken(code: &str, message: impl Into<String>) -> Self {
        Self {
            status: 400,
            code: code.to_owned(),
            message: message.into(),
            complaint: true,
            headers: Vec::new(),
        }
    }

    /// The cloud's state does not allow it, which a correct client has to handle: no complaint.
    pub(crate) fn state(code: &str, message: impl Into<String>) -> Self {
        Self { complaint: false, ..Self::broken(code, message) }
    }

    pub(crate) fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// How AWS's own protocols spell a refusal.
impl Refusal {
    pub(crate) fn aws_json(&self, content_type: &str) -> Reply {
        let body = json!({ "__type": self.code, "message": self.message });
        Reply::new(self.status, content_type, body.to_string())
    }

    pub(crate) fn query_xml(&self) -> Reply {
        let (code, message) = (escape(&self.code), escape(&self.message));
        let body = format!(
            "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
             <Code>{code}</Code><Message>{message}</Message></Error><RequestId>{REQUEST_ID}</RequestId></ErrorResponse>"
        );
        Reply::new(self.status, "text/xml", body)
    }

    pub(crate) fn s3_xml(&self) -> Reply {
        let (code, message) = (escape(&self.code), escape(&self.message));
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message>\
             <RequestId>{REQUEST_ID}</RequestId><HostId>fake</HostId></Error>"
        );
        Reply::new(self.status, "application/xml", body)
    }
}

/// The id every reply carries; AWS's are unique, but no client may care.
pub(crate) const REQUEST_ID: &str = "8f4a2b1c-0000-4000-8000-fa4ec10d0000";

/// Text made safe for XML.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

//! A small HTTP client with a signer, for this crate's own tests.

use std::{
    collections::BTreeMap,
    io::{self, Read, Write},
    net::TcpStream,
    time::Duration,
};

use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use crate::{
    Cloud,
    sigv4::{self, Authorization, Message},
};

/// A reply as read from the socket.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// Status and error code of an AWS JSON reply.
    pub(crate) fn error(&self) -> (u16, String) {
        (self.status, self.json()["__type"].as_str().unwrap_or_default().to_owned())
    }
}

/// A request being made.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    method: String,
    target: String,
    headers: HeaderMap,
    body: Vec<u8>,
    key: (String, String),
    region: String,
    patience: Duration,
}

impl Call {
    pub(crate) fn new(method: &str, target: &str) -> Self {
        Self {
            method: method.to_owned(),
            target: target.to_owned(),
            headers: HeaderMap::new(),
            body: Vec::new(),
            key: ("AKIDEXAMPLE".to_owned(), "secret".to_owned()),
            region: "us-east-1".to_owned(),
            patience: Duration::from_secs(30),
        }
    }

    /// An AWS JSON call.
    pub(crate) fn aws(version: &str, target: &str, body: &Value) -> Self {
        let content_type = format!("application/x-amz-json-{version}");
        Self::new("POST", "/")
            .header("content-type", &content_type)
            .header("x-amz-target", target)
            .body(body.to_string())
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(HeaderName::try_from(name).unwrap(), HeaderValue::try_from(value).unwrap());
        self
    }

    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    pub(crate) fn key(mut self, id: &str, secret: &str) -> Self {
        self.key = (id.to_owned(), secret.to_owned());
        self
    }

    pub(crate) fn region(mut self, region: &str) -> Self {
        region.clone_into(&mut self.region);
        self
    }

    /// How long to wait for a reply.
    pub(crate) fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Signs for a service and sends.
    pub(crate) fn sign(self, cloud: &Cloud, service: &str) -> Answer {
        self.try_sign(cloud, service).unwrap()
    }

    pub(crate) fn try_sign(mut self, cloud: &Cloud, service: &str) -> io::Result<Answer> {
        let date = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
        let hash = sigv4::sha256_hex(&self.body);
        self = self.host(cloud).header("x-amz-date", &date).header("x-amz-content-sha256", &hash);
        let authorization = self.authorization(service, &date, &hash);
        self.header("authorization", &authorization).send(cloud)
    }

    fn host(self, cloud: &Cloud) -> Self {
        let host = format!("127.0.0.1:{}", cloud.port());
        match self.headers.contains_key("host") {
            true => self,
            false => self.header("host", &host),
        }
    }

    fn authorization(&self, service: &str, date: &str, hash: &str) -> String {
        let mut names: Vec<_> = self.headers.keys().map(|name| name.to_string()).collect();
        names.sort();
        let mut authorization = Authorization {
            access_key_id: self.key.0.clone(),
            day: date.split('T').next().unwrap().to_owned(),
            region: self.region.clone(),
            service: service.to_owned(),
            signed_headers: names,
            signature: String::new(),
        };
        let (path, query) = self.target.split_once('?').unwrap_or((&self.target, ""));
        let message =
            Message { method: &self.method, path, query, headers: &self.headers, payload_hash: hash };
        authorization.signature = sigv4::signature(&authorization, &self.key.1, &message);
        let Authorization { access_key_id, day, region, signed_headers, signature, .. } = authorization;
        let names = signed_headers.join(";");
        format!(
            "AWS4-HMAC-SHA256 Credential={access_key_id}/{day}/{region}/{service}/aws4_request, \
             SignedHeaders={names}, Signature={signature}"
        )
    }

    /// Sends as is.
    pub(crate) fn send(self, cloud: &Cloud) -> io::Result<Answer> {
        let call = self.host(cloud);
        let mut stream = TcpStream::connect(("127.0.0.1", cloud.port()))?;
        stream.set_read_timeout(Some(call.patience))?;
        stream.write_all(
            format!("{} {} HTTP/1.1\r\nconnection: close\r\n", call.method, call.target).as_bytes(),
        )?;
        for (name, value) in &call.headers {
            stream.write_all(format!("{name}: {}\r\n", value.to_str().unwrap()).as_bytes())?;
        }
        stream.write_all(format!("content-length: {}\r\n\r\n", call.body.len()).as_bytes())?;
        stream.write_all(&call.body)?;
        let mut reply = Vec::new();
        stream.read_to_end(&mut reply)?;
        parse(&reply).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}

fn parse(reply: &[u8]) -> Option<Answer> {
    let end = reply.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&reply[..end]).into_owned();
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let answer = Answer { status, headers: headers.collect(), body: reply[end + 4..].to_vec() };
    // 204 has neither a body nor a length.
    let whole = status == 204 || answer.headers.get("content-length")?.parse() == Ok(answer.body.len());
    whole.then_some(answer)
}

//! Just enough HTTP to ask a local server a question.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

/// A call of an AWS JSON API, unsigned.
pub(crate) fn aws_call(port: u16, target: &str, body: &Value) -> io::Result<Value> {
    let (service, version) = match target.split_once(['_', '.']) {
        Some(("Firehose", _)) => ("firehose", "1.1"),
        Some(("AmazonSQS", _)) => ("sqs", "1.0"),
        _ => ("logs", "1.1"),
    };
    let headers = format!("X-Amz-Target: {target}\r\nContent-Type: application/x-amz-json-{version}\r\n");
    let reply = exchange(port, service, "POST /", &headers, &body.to_string())?;
    Ok(serde_json::from_str(&reply)?)
}

/// A call of S3, unsigned; `what` is the method and the path.
pub(crate) fn s3_call(port: u16, what: &str) -> io::Result<String> {
    exchange(port, "s3", what, "", "")
}

/// One request and the body of its reply, if that is a success.
fn exchange(port: u16, service: &str, what: &str, headers: &str, body: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    // moto finds the service in the credential's scope and does not verify the rest.
    let request = format!(
        "{what} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n{headers}Content-Length: {}\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/{service}/aws4_request, \
         SignedHeaders=host, Signature=x\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes())?;
    let mut reply = String::new();
    stream.read_to_string(&mut reply)?;
    let (head, body) = reply.split_once("\r\n\r\n").ok_or(io::ErrorKind::UnexpectedEof)?;
    match head.starts_with("HTTP/1.1 200") {
        true => Ok(body.to_owned()),
        false => Err(io::Error::other(format!("{what}: {reply}"))),
    }
}

//! Just enough HTTP to ask a local server a question.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

/// A call of an AWS JSON API, unsigned.
pub fn aws_call(port: u16, target: &str, body: &Value) -> io::Result<Value> {
    json_call(port, target, "", body)
}

/// The same in another account of moto's.
pub fn aws_call_as(account: &str, port: u16, target: &str, body: &Value) -> io::Result<Value> {
    json_call(port, target, &format!("x-moto-account-id: {account}\r\n"), body)
}

fn json_call(port: u16, target: &str, more: &str, body: &Value) -> io::Result<Value> {
    let (service, version) = match target.split_once(['_', '.']) {
        Some(("Firehose", _)) => ("firehose", "1.1"),
        Some(("AmazonSQS", _)) => ("sqs", "1.0"),
        Some(("Kinesis", _)) => ("kinesis", "1.1"),
        Some(("AWSEvents", _)) => ("events", "1.1"),
        Some(("AmazonEC2ContainerServiceV20141113", _)) => ("ecs", "1.1"),
        _ => ("logs", "1.1"),
    };
    let headers =
        format!("{more}X-Amz-Target: {target}\r\nContent-Type: application/x-amz-json-{version}\r\n");
    let reply = exchange(port, service, "POST /", &headers, &body.to_string())?;
    Ok(serde_json::from_str(&reply)?)
}

/// A call of an API of AWS's query protocol, unsigned: a form goes in, XML comes back.
pub fn query_call(port: u16, service: &str, form: &str) -> io::Result<String> {
    exchange(port, service, "POST /", "Content-Type: application/x-www-form-urlencoded\r\n", form)
}

/// A call of S3, unsigned; `what` is the method and the path.
pub fn s3_call(port: u16, what: &str) -> io::Result<String> {
    exchange(port, "s3", what, "", "")
}

/// What a server shows at this path. Fluent Bit's does not close the connection, so the reply says where it ends.
pub fn get(port: u16, path: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n").as_bytes())?;
    let (mut reply, mut some) = (Vec::new(), [0; 16 << 10]);
    loop {
        let read = stream.read(&mut some)?;
        reply.extend_from_slice(some.get(..read).unwrap_or_default());
        let text = String::from_utf8_lossy(&reply);
        match text.split_once("\r\n\r\n").and_then(|(head, rest)| whole_body(head, rest)) {
            Some(body) if text.starts_with("HTTP/1.1 200") => return Ok(body),
            None if read > 0 => {}
            _ => return Err(io::Error::other(format!("{path}: {text}"))),
        }
    }
}

/// Posts JSON, and what the server answers: status line and headers.
pub fn post_json(port: u16, path: &str, body: &Value) -> io::Result<String> {
    let body = body.to_string();
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    let length = body.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\nContent-Length: {length}"
    );
    stream.write_all(format!("{head}\r\n\r\n{body}").as_bytes())?;
    let mut reply = [0; 4 << 10];
    let read = stream.read(&mut reply)?;
    Ok(String::from_utf8_lossy(reply.get(..read).unwrap_or_default()).into_owned())
}

/// The body, once all of it has come.
fn whole_body(head: &str, rest: &str) -> Option<String> {
    let head = head.to_ascii_lowercase();
    match head.split_once("content-length:") {
        Some((_, length)) => rest.get(..length.lines().next()?.trim().parse().ok()?).map(str::to_owned),
        None => unchunked(rest),
    }
}

fn unchunked(mut rest: &str) -> Option<String> {
    let mut body = String::new();
    loop {
        let (size, chunk) = rest.split_once("\r\n")?;
        let size = usize::from_str_radix(size.trim(), 16).ok()?;
        if size == 0 {
            return Some(body);
        }
        body.push_str(chunk.get(..size)?);
        rest = chunk.get(size + 2..)?;
    }
}

/// One request and the body of its reply, if that is a success.
fn exchange(port: u16, service: &str, what: &str, headers: &str, body: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
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

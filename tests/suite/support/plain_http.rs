//! Just enough HTTP to ask a local server a question.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

/// A call of an AWS JSON API, unsigned.
pub(crate) fn aws_call(port: u16, target: &str, body: &Value) -> io::Result<Value> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let body = body.to_string();
    // moto finds the service in the credential's scope and does not verify the rest.
    let request = format!(
        "POST / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\nX-Amz-Target: {target}\r\n\
         Content-Type: application/x-amz-json-1.1\r\nContent-Length: {}\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/logs/aws4_request, SignedHeaders=host, Signature=x\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes())?;
    let mut reply = String::new();
    stream.read_to_string(&mut reply)?;
    let (head, body) = reply.split_once("\r\n\r\n").ok_or(io::ErrorKind::UnexpectedEof)?;
    match head.starts_with("HTTP/1.1 200") {
        true => Ok(serde_json::from_str(body)?),
        false => Err(io::Error::other(format!("{target}: {reply}"))),
    }
}

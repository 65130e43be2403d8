//! `health` is what the containers' health checks run: its exit code is all that ECS sees.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use super::{Ran, ran};

/// Asks a server that reads a request and answers with this.
fn asked(answer: &'static str) -> (Ran, String) {
    let server = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = server.local_addr().unwrap().to_string();
    let answering = std::thread::spawn(move || {
        let (mut stream, _) = server.accept().unwrap();
        let mut request = [0; 1024];
        let read = stream.read(&mut request).unwrap();
        stream.write_all(answer.as_bytes()).unwrap();
        String::from_utf8_lossy(&request[..read]).into_owned()
    });
    let ran = ran(&["health", "--address", &address]);
    (ran, answering.join().unwrap())
}

#[test]
fn whoever_answers_is_well() {
    for answer in ["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "HTTP/1.1 200\r\n\r\n{}"] {
        let (ran, request) = asked(answer);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{answer}");
        assert!(request.starts_with("GET /api/v1/uptime HTTP/1.1\r\n"), "{request}");
    }
}

#[test]
fn whoever_answers_something_else_or_nothing_is_not() {
    for answer in ["HTTP/1.1 404 Not Found\r\n\r\n", "HTTP/1.1 500 Oops\r\n\r\n", "SSH-2.0-OpenSSH_9\r\n", ""]
    {
        let (ran, _) = asked(answer);
        assert_eq!(ran.code, 1, "{answer}");
        assert!(
            ran.err.contains("no Fluent Bit answers") && ran.err.contains("HTTP_Server On"),
            "{}",
            ran.err
        );
    }
}

#[test]
fn nobody_is_not() {
    let free = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
    let ran = ran(&["health", "--address", &free.to_string()]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains(&free.to_string()), "{}", ran.err);
}

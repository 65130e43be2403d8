//! The cheapest endpoint there can be: reads requests of HTTP/1.1, forgets them and accepts them all. A thread for each
//! connection, and nothing is copied out of its buffer.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

const BUFFER_BYTES: usize = 256 << 10;
const END_OF_HEAD: &[u8] = b"\r\n\r\n";
const ACCEPTED: &[u8] =
    b"HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.1\r\ncontent-length: 2\r\n\r\n{}";

/// Starts an endpoint that lives as long as the process; returns its URL.
pub fn start() -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || converse(stream));
        }
    });
    format!("http://127.0.0.1:{port}")
}

/// Answers until the connection ends.
fn converse(mut stream: TcpStream) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut buffer = vec![0; BUFFER_BYTES];
    let mut filled = 0;
    loop {
        let head = loop {
            if let Some(end) =
                buffer[..filled].windows(END_OF_HEAD.len()).position(|part| part == END_OF_HEAD)
            {
                break end + END_OF_HEAD.len();
            }
            filled += read(&mut stream, &mut buffer[filled..])?;
        };
        let mut missing = body_bytes(&buffer[..head]) - (filled - head);
        filled = 0;
        while missing > 0 {
            missing -= read(&mut stream, &mut buffer)?;
        }
        stream.write_all(ACCEPTED).ok()?;
    }
}

/// `None` at the end of the connection.
fn read(stream: &mut TcpStream, buffer: &mut [u8]) -> Option<usize> {
    stream.read(buffer).ok().filter(|length| *length > 0)
}

fn body_bytes(head: &[u8]) -> usize {
    let head = std::str::from_utf8(head).unwrap().to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    length.map_or(0, |length| length.trim().parse().unwrap())
}

//! Stands between the plugin and the cloud and breaks some connections off in the middle of a request's body.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

/// Half a body stays on the wire for so long.
const HALF_BODY: Duration = Duration::from_millis(20);

/// The address of a way to `port` that cuts three of ten requests in half. Serves until the process ends.
pub(crate) fn breaking_way_to(port: u16) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            std::thread::spawn(move || carry(client, port));
        }
    });
    address
}

/// Request by request, until one side has had enough or one request is cut.
fn carry(client: TcpStream, port: u16) -> std::io::Result<()> {
    static SEEN: AtomicUsize = AtomicUsize::new(0);
    let service = TcpStream::connect(("127.0.0.1", port))?;
    let (mut to_service, mut to_client) = (service.try_clone()?, client.try_clone()?);
    let (mut from_client, mut from_service) = (BufReader::new(client), BufReader::new(service));
    loop {
        let (head, length) = head(&mut from_client)?;
        to_service.write_all(&head)?;
        if length > 0 && SEEN.fetch_add(7, Relaxed) % 10 < 3 {
            to_service.write_all(&body(&mut from_client, length / 2)?)?;
            std::thread::sleep(HALF_BODY);
            return Ok(());
        }
        to_service.write_all(&body(&mut from_client, length)?)?;
        let (head, length) = self::head(&mut from_service)?;
        to_client.write_all(&head)?;
        to_client.write_all(&body(&mut from_service, length)?)?;
    }
}

/// A message's head, and the length of its body.
fn head(from: &mut BufReader<TcpStream>) -> std::io::Result<(Vec<u8>, usize)> {
    let (mut head, mut length) = (Vec::new(), 0);
    loop {
        let mut line = String::new();
        if from.read_line(&mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        head.extend(line.as_bytes());
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line == "\r\n" {
            return Ok((head, length));
        }
    }
}

fn body(from: &mut BufReader<TcpStream>, length: usize) -> std::io::Result<Vec<u8>> {
    let mut body = vec![0; length];
    from.read_exact(&mut body)?;
    Ok(body)
}

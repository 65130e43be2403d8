//! `ecs-router health`: the health check of the router's container, which needs no shell and no curl in the image.
//!
//! It asks whether Fluent Bit lives, not whether it delivers: an outage of a destination must not replace tasks.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

/// Shorter than the least timeout that ECS allows a health check.
const PATIENCE: Duration = Duration::from_millis(1500);

/// Every Fluent Bit with `HTTP_Server On` has it.
const PATH: &str = "/api/v1/uptime";

/// How a good answer begins. Fluent Bit 5 says nothing after the number.
const GOOD: [u8; 12] = *b"HTTP/1.1 200";

#[derive(Debug, Args)]
pub(crate) struct HealthArguments {
    /// Where Fluent Bit's own server listens: HTTP_Listen and HTTP_Port
    #[arg(long, default_value = "127.0.0.1:2020")]
    address: SocketAddr,
}

pub(crate) fn run(arguments: &HealthArguments) -> ExitCode {
    match ask(arguments.address) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            crate::terminal::complain(format_args!(
                "ecs-router: no Fluent Bit answers at http://{}{PATH}: {error}; [SERVICE] needs HTTP_Server On, and \
                 HTTP_Listen and HTTP_Port have to say what --address does",
                arguments.address
            ));
            ExitCode::FAILURE
        }
    }
}

fn ask(address: SocketAddr) -> io::Result<()> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let request = format!("GET {PATH} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut start = [0; GOOD.len()];
    stream.read_exact(&mut start)?;
    match start == GOOD {
        true => Ok(()),
        false => Err(io::Error::other(format!("it says {}", String::from_utf8_lossy(&start)))),
    }
}

//! Keeps one Fluent Bit, and is between it and the benchmark: when the benchmark ends, however it ends, the pipe to here
//! closes and Fluent Bit is killed. As its parent, the supervisor also knows that its id is still its own.
//!
//! The supervisor says `PID`, then, when it has ended, how. Told anything, it asks Fluent Bit to end.

use std::fs::File;
use std::io::Write as _;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use crate::Fallible;

pub(crate) const ROLE: &str = "--as-supervisor";
/// For Fluent Bit to end after it was asked to: its grace and some more.
const END: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(50);

/// The supervisor's life.
pub(crate) fn keep(log: &str, program: &str, arguments: &[&str]) -> Fallible<()> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(log)?);
    let mut child = command.spawn()?;
    println!("{}", child.id());
    let ending = attend(&mut child, &orders());
    // Both fail when it has ended, which is the usual case.
    drop(child.kill());
    drop(child.wait());
    // Nobody listens any more when the benchmark was interrupted.
    drop(writeln!(std::io::stdout(), "{}", ending?));
    Ok(())
}

/// What comes in on standard input, as it comes.
fn orders() -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        std::io::stdin().lines().map_while(Result::ok).all(|line| sender.send(line).is_ok())
    });
    receiver
}

fn attend(child: &mut Child, orders: &Receiver<String>) -> Fallible<String> {
    let mut limit = None;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status.to_string());
        }
        if limit.is_some_and(|limit| Instant::now() > limit) {
            return Ok(format!("killed after {} s", END.as_secs()));
        }
        match orders.recv_timeout(LOOK) {
            Ok(_) => {
                Command::new("kill").args(["-s", "TERM", &child.id().to_string()]).status()?;
                limit = Some(Instant::now() + END);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Ok("killed".to_owned()),
        }
    }
}

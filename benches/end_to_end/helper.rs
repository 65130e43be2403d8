//! A process of this program in one of its roles, spoken to over pipes, line by line.
//!
//! Not in the terminal's group of processes, so that an interrupt reaches the benchmark alone; the end of its pipes ends
//! the helper.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::Fallible;

/// Asked to end, and waited for, on drop.
pub(crate) struct Helper {
    child: Child,
    /// `None` once it is to end.
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Helper {
    /// Runs this program with `arguments`, of which the first is a role, in this environment.
    pub(crate) fn start<'e>(
        arguments: impl IntoIterator<Item = &'e OsStr>,
        environment: &[(&str, &OsStr)],
    ) -> Fallible<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(arguments).env_clear().envs(environment.iter().copied());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).process_group(0).spawn()?;
        let orders = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().unwrap());
        Ok(Self { child, orders, answers })
    }

    pub(crate) fn tell(&mut self, order: &str) -> Fallible<()> {
        Ok(writeln!(self.orders.as_ref().unwrap(), "{order}")?)
    }

    /// The next line it says.
    pub(crate) fn answer(&mut self) -> Fallible<String> {
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        line.pop().map(|_| line).ok_or_else(|| "a helper has ended too early".into())
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        self.orders = None;
        drop(self.child.wait());
    }
}

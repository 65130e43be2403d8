//! Requests as the endpoint reads them: as much of HTTP/1.1 as Fluent Bit's outputs and ours speak.

use std::io::{BufRead, Read as _};

/// What was asked for.
#[derive(Debug, Default)]
pub(crate) struct Request {
    /// The method is not of interest; the query is part of this.
    pub(crate) path: String,
    /// `X-Amz-Target`, which names the operation of AWS's JSON APIs.
    pub(crate) operation: String,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// `None` at the end of the connection, and when what comes is not a request.
    pub(crate) fn read(from: &mut impl BufRead) -> Option<Self> {
        let first = line(from)?;
        let mut request = Self { path: first.split(' ').nth(1)?.to_owned(), ..Self::default() };
        let mut length = Some(0);
        while let Some((name, value)) = line(from)?.split_once(':') {
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = Some(value.trim().parse().ok()?),
                "transfer-encoding" => length = None,
                "x-amz-target" => value.trim().clone_into(&mut request.operation),
                _ => {}
            }
        }
        match length {
            Some(length) => exactly(from, length, &mut request.body)?,
            None => chunks(from, &mut request.body)?,
        }
        Some(request)
    }
}

/// Without its end; the empty one ends a head.
fn line(from: &mut impl BufRead) -> Option<String> {
    let mut line = String::new();
    from.read_line(&mut line).ok().filter(|read| *read > 0)?;
    Some(line.trim_end().to_owned())
}

fn exactly(from: &mut impl BufRead, length: u64, body: &mut Vec<u8>) -> Option<()> {
    let read = from.take(length).read_to_end(body).ok()?;
    (read as u64 == length).then_some(())
}

fn chunks(from: &mut impl BufRead, body: &mut Vec<u8>) -> Option<()> {
    loop {
        let size = u64::from_str_radix(line(from)?.split(';').next()?, 16).ok()?;
        exactly(from, size, body)?;
        line(from)?;
        if size == 0 {
            return Some(());
        }
    }
}

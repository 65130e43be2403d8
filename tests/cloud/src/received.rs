//! A request as it arrived: what it was meant for, its headers, and its body after decompression.
//!
//! Owns decompression by `Content-Encoding` and by content. Does not judge what the body says.

use std::{io::Read, time::Instant};

use bytes::Bytes;
use http::{HeaderMap, request::Parts};
use serde_json::Value;

use crate::route::{self, Api};

/// One request that reached the cloud, whether it was served, refused or answered by a fault.
#[derive(Debug, Clone)]
pub struct Received {
    /// What the request was meant for.
    pub api: Api,
    /// HTTP method, in capitals.
    pub method: String,
    /// Path as sent, still percent-encoded.
    pub path: String,
    /// Query as sent, without the question mark; empty if there is none.
    pub query: String,
    /// Headers as sent.
    pub headers: HeaderMap,
    /// Body after decompression, or as sent if it could not be decompressed.
    pub body: Bytes,
    /// Body length on the wire, before decompression.
    pub wire_len: usize,
    /// When its headers had arrived.
    pub at: Instant,
    /// When its reply was ready; `None` while it is in progress and for good if it was hung or cut.
    pub ended: Option<Instant>,
    /// Status of the reply; `None` as for [`Received::ended`].
    pub status: Option<u16>,
}

impl Received {
    /// A request whose body is still as it was sent.
    pub(crate) fn new(parts: &Parts, raw: &Bytes, at: Instant) -> Self {
        Self {
            api: route::api_of(parts, raw),
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            headers: parts.headers.clone(),
            body: raw.clone(),
            wire_len: raw.len(),
            at,
            ended: None,
            status: None,
        }
    }

    /// Decompresses the body; the error says why that cannot be done.
    pub(crate) fn decompress(&mut self) -> Result<(), String> {
        let encoding = self.header("content-encoding").filter(|_| !self.api.keeps_encoding());
        if encoding == Some("zstd") && !self.api.reads_zstd() {
            return Err(format!("{:?} does not read zstd", self.api));
        }
        self.body = decompress(encoding, &self.body)?;
        Ok(())
    }

    /// A header's value, if it is there and is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The body as text, with replacement characters where it is not UTF-8.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON; `Null` if it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }
}

/// Undoes a `Content-Encoding`.
fn decompress(encoding: Option<&str>, raw: &Bytes) -> Result<Bytes, String> {
    match encoding.map(str::trim) {
        None | Some("" | "identity") => Ok(raw.clone()),
        Some("gzip") => gunzip(raw),
        Some("deflate") => inflate(raw),
        Some("zstd") => unzstd(raw),
        Some(other) => Err(format!("unknown Content-Encoding `{other}`")),
    }
}

/// Decompresses what looks compressed by its first bytes, as stored objects must be; else a copy.
pub(crate) fn decompress_by_content(raw: &Bytes) -> Result<Bytes, String> {
    match raw.as_ref() {
        [0x1f, 0x8b, ..] => gunzip(raw),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => unzstd(raw),
        _ => Ok(raw.clone()),
    }
}

/// All members of a gzip file: concatenated members are one stream by RFC 1952.
fn gunzip(raw: &Bytes) -> Result<Bytes, String> {
    read_all(flate2::read::MultiGzDecoder::new(raw.as_ref()), "gzip")
}

fn inflate(raw: &Bytes) -> Result<Bytes, String> {
    read_all(flate2::read::ZlibDecoder::new(raw.as_ref()), "deflate")
}

fn unzstd(raw: &Bytes) -> Result<Bytes, String> {
    let mut rest = raw.as_ref();
    let mut body = Vec::new();
    while !rest.is_empty() {
        let decoder =
            ruzstd::decoding::StreamingDecoder::new(&mut rest).map_err(|error| format!("zstd: {error}"))?;
        body.extend_from_slice(&read_all(decoder, "zstd")?);
    }
    Ok(body.into())
}

fn read_all(mut reader: impl Read, format: &str) -> Result<Bytes, String> {
    let mut body = Vec::new();
    reader.read_to_end(&mut body).map_err(|error| format!("{format}: {error}"))?;
    Ok(body.into())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn gzip(text: &str) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    fn zstd(text: &str) -> Vec<u8> {
        ruzstd::encoding::compress_to_vec(text.as_bytes(), ruzstd::encoding::CompressionLevel::Fastest)
    }

    #[test]
    fn gzip_members_are_one_stream() {
        let both = [gzip("one "), gzip("two")].concat();
        assert_eq!(decompress(Some("gzip"), &both.into()).unwrap(), "one two");
    }

    #[test]
    fn zstd_frames_are_one_stream() {
        let both = [zstd("one "), zstd("two")].concat();
        assert_eq!(decompress_by_content(&both.into()).unwrap(), "one two");
    }

    #[test]
    fn broken_and_unknown_encodings_are_told() {
        assert!(decompress(Some("gzip"), &Bytes::from_static(b"plain")).unwrap_err().starts_with("gzip"));
        assert!(decompress(Some("br"), &Bytes::new()).unwrap_err().contains("`br`"));
    }
}

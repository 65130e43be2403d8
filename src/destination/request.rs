//! What is sent: a request, its purpose, and where it goes.

use std::path::PathBuf;

use http::{HeaderMap, Method};

use super::body_compression::BodyCompression;
use crate::encode::payload::Payload;

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// It delivers the batch.
    Deliver,
    /// It delivers the batch in a compression that the endpoint may not read.
    DeliverCompressed,
    /// It delivers the batch uncompressed, because the endpoint may not read its compression.
    DeliverUncompressed,
    /// It creates what the batch needs; the name is the API's.
    Prepare(&'static str),
}

impl Purpose {
    /// Whether the request brings the batch.
    #[must_use]
    pub const fn delivers(self) -> bool {
        !matches!(self, Self::Prepare(_))
    }
}

/// A request and its purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// What the request is for.
    pub purpose: Purpose,
    /// Where the request goes, with its content.
    pub endpoint: Endpoint,
}

impl Request {
    /// Compresses the body that is still to be compressed.
    #[must_use]
    pub fn compressed(self) -> Self {
        match self.endpoint {
            Endpoint::Uncompressed { request, compression } => compression.apply(self.purpose, request),
            endpoint => Self { endpoint, ..self },
        }
    }
}

/// Where a request goes: the network, a file, standard output or the spool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// Over the network.
    Http(HttpRequest),
    /// Over the network, with a body that is to be compressed first.
    Uncompressed {
        /// The request as it would be without compression.
        request: HttpRequest,
        /// How its body is compressed.
        compression: BodyCompression,
    },
    /// To the end of a local file.
    File {
        /// The file; missing folders are created.
        path: PathBuf,
        /// Permission bits of a file that is created.
        mode: u32,
        /// Whole lines.
        lines: Payload,
    },
    /// To Fluent Bit's standard output.
    Stdout(Payload),
    /// To an object that is being filled on disk.
    Spool {
        /// The object's name, with [`super::object_store::UUID_PLACEHOLDER`] for its uuid.
        name: Vec<u8>,
        /// Whole lines.
        lines: Payload,
    },
}

impl Endpoint {
    /// The request, where it goes over the network; its body may still have to be compressed.
    #[must_use]
    pub fn http(&self) -> Option<&HttpRequest> {
        match self {
            Self::Http(request) | Self::Uncompressed { request, .. } => Some(request),
            Self::File { .. } | Self::Stdout(_) | Self::Spool { .. } => None,
        }
    }

    /// Bytes that leave the router; those that only go to the spool are counted when they leave it.
    #[must_use]
    pub fn bytes_sent(&self) -> u64 {
        match self {
            Self::Http(request) | Self::Uncompressed { request, .. } => request.body.len() as u64,
            Self::File { lines, .. } | Self::Stdout(lines) => lines.len() as u64,
            Self::Spool { .. } => 0,
        }
    }
}

/// An HTTP request before it is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// Usually POST.
    pub method: Method,
    /// The URL, with its query.
    pub url: String,
    /// Headers, secrets among them marked sensitive.
    pub headers: HeaderMap,
    /// The body as it goes over the wire.
    pub body: Payload,
    /// The AWS service to sign for, for example `logs`.
    pub sign: Option<&'static str>,
}

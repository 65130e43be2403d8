//! Requests of the AWS JSON 1.1 protocol: the service's address, and the headers every operation has.
//!
//! <https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html>, read 2026-11.

use http::{HeaderMap, HeaderName, HeaderValue, Method, header};

use super::{Endpoint, HttpRequest, Purpose, Request};
use crate::config::endpoint::AwsService;
use crate::config::{AwsEnvironments, Identity, KeyReader};
use crate::encode::payload::Payload;

/// One service in one region.
#[derive(Debug)]
pub(super) struct AwsJsonService {
    /// Name in addresses and signatures.
    name: &'static str,
    /// Stands before the operation in `X-Amz-Target`.
    api: &'static str,
    endpoint: String,
}

impl AwsJsonService {
    /// Reads `endpoint`; by default it is what the environment names, or AWS's own in the identity's region.
    pub(super) fn read(
        reader: &KeyReader<'_>,
        environments: &AwsEnvironments,
        identity: &Identity,
        service: AwsService,
        api: &'static str,
    ) -> Self {
        let environment = environments.of(identity.profile.as_deref());
        Self {
            name: service.label(),
            api,
            endpoint: environment.address(reader, "endpoint", service, identity),
        }
    }

    /// The request for one operation; `extra` are headers besides the protocol's.
    pub(super) fn call(&self, purpose: Purpose, operation: &str, body: Payload, extra: HeaderMap) -> Request {
        let mut headers = extra;
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-amz-json-1.1"));
        if let Ok(target) = HeaderValue::from_str(&format!("{}.{operation}", self.api)) {
            headers.insert(HeaderName::from_static("x-amz-target"), target);
        }
        let request = HttpRequest {
            method: Method::POST,
            url: self.endpoint.clone(),
            headers,
            body,
            sign: Some(self.name),
        };
        Request { purpose, endpoint: Endpoint::Http(request) }
    }
}

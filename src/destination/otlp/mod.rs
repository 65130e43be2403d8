//! Any receiver of OTLP logs over HTTP, such as an OpenTelemetry Collector.
//!
//! Protocol: <https://opentelemetry.io/docs/specs/otlp/#otlphttp>, messages:
//! <https://github.com/open-telemetry/opentelemetry-proto/tree/main/opentelemetry/proto/logs/v1>, read 2026-11.
//!
//! The target of an entry is its encoded resource. A request holds the records of many resources, for an application may
//! be able to make a new one with each line; `request` only puts the outer messages around the records.

mod json;
mod protobuf;
mod record;
mod reply;
mod resource;
mod trace;

use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use percent_encoding::percent_decode_str;

use self::record::LogRecord;
use self::resource::Resources;
use super::body_compression::BodyCompression;
use super::{
    Destination, Encoded, Endpoint, HttpRequest, Network, Purpose, Reply, ReplyAction, Request, Vendor,
    authentication, http_post,
};
use crate::classify::classes::Entry;
use crate::config::{AwsEnvironments, Common, KeyReader, RequestAuth};
use crate::encode::batch::{Batch, Limits};
use crate::encode::partition::Partitions;
use crate::encode::template::RenderContext;
use crate::input::record::Value;

/// The protocol recommends that receivers take 64 MiB. Proxies before them often take less, so a request stays within
/// the 4 MiB that gRPC receivers take; one that is still too long is split.
const LIMITS: Limits = Limits { bytes: 4 << 20, records: 10_000, span_ms: None, ordered: false };

/// CloudWatch takes less than a receiver of one's own.
const CLOUDWATCH_LIMITS: Limits = Limits { bytes: 1 << 20, ..LIMITS };

/// Where CloudWatch keeps what it takes, which no request may leave out
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-OTLPEndpoint.html>, read 2026-11).
const CLOUDWATCH_HEADERS: [&str; 2] = ["x-aws-log-group", "x-aws-log-stream"];

/// What every address ends in (<https://opentelemetry.io/docs/specs/otlp/#otlphttp-request>): Grafana, Loki and others
/// give the part before it.
const PATH: &str = "/v1/logs";

/// Containers nested deeper become JSON text: each level is up to three messages, and protobuf readers take 100.
const MAX_DEPTH: u8 = 16;

/// Name and version of the instrumentation scope.
const SCOPE: (&str, &str) = ("fluent-bit-ecs-router", env!("CARGO_PKG_VERSION"));

/// How messages are encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Json,
    Protobuf,
}

impl Encoding {
    fn content_type(self) -> &'static str {
        match self {
            Encoding::Json => "application/json",
            Encoding::Protobuf => "application/x-protobuf",
        }
    }
}

/// What a receiver says about records that it did not take: `ExportLogsPartialSuccess`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct PartialSuccess {
    rejected: usize,
    message: String,
}

#[derive(Debug)]
struct Otlp {
    url: String,
    auth: RequestAuth,
    headers: HeaderMap,
    encoding: Encoding,
    gzip: bool,
    resources: Resources,
}

pub(super) fn open(common: Common, reader: &KeyReader<'_>, environments: &AwsEnvironments) -> Destination {
    let encoding = match reader.choice("encoding") {
        Some("json") => Encoding::Json,
        _ => Encoding::Protobuf,
    };
    let mut headers = read_headers(reader);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(encoding.content_type()));
    let url = read_url(reader);
    let auth = RequestAuth::read(reader, &url, environments);
    let network = Network::read_api(reader, &url, &auth);
    let is_cloudwatch = auth.signed_service() == Some("logs");
    if is_cloudwatch {
        report_missing_headers(reader, &headers);
    }
    let vendor = Otlp {
        url,
        auth,
        headers,
        encoding,
        gzip: reader.choice("compress") == Some("gzip"),
        resources: Resources::read(reader),
    };
    let limits = if is_cloudwatch { CLOUDWATCH_LIMITS } else { LIMITS };
    Destination::new(common, limits, Some(network), vendor)
}

fn report_missing_headers(reader: &KeyReader<'_>, headers: &HeaderMap) {
    let missing: Vec<&str> =
        CLOUDWATCH_HEADERS.into_iter().filter(|name| !headers.contains_key(*name)).collect();
    if !missing.is_empty() {
        let what = format!(
            "lacks {}, without which CloudWatch takes nothing; for example: {} x-aws-log-group=/ecs/app, x-aws-log-stream=otlp",
            missing.join(" and "),
            reader.full_name("headers")
        );
        reader.problem("headers", what);
    }
}

impl Otlp {
    fn write_record<'v>(
        &self,
        record: &LogRecord<'v>,
        attributes: impl Iterator<Item = (Value<'v>, Value<'v>)>,
        out: &mut Vec<u8>,
    ) {
        match self.encoding {
            Encoding::Json => json::record(record, attributes, out),
            Encoding::Protobuf => protobuf::record(record, attributes, out),
        }
    }
}

/// The endpoint's URL, with the protocol's path at its end.
fn read_url(reader: &KeyReader<'_>) -> String {
    let text = reader.required("endpoint");
    let problem = match text.parse::<Uri>() {
        // A missing URL has been reported already.
        _ if text.is_empty() => return text,
        Ok(uri) if !matches!(uri.scheme_str(), Some("http" | "https")) => {
            "must begin with https:// or http://"
        }
        Ok(uri) if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) => {
            "holds a user name, which would not be kept secret; put it into headers"
        }
        Ok(_) => return http_post::ending_in(&text, PATH),
        Err(_) => "is not an address such as http://localhost:4318",
    };
    reader.problem("endpoint", problem);
    text
}

/// Values are percent-encoded, as in `OTEL_EXPORTER_OTLP_HEADERS`, of which a user may copy them
/// (<https://opentelemetry.io/docs/specs/otel/protocol/exporter/#specifying-headers-via-environment-variables>, read
/// 2026-11). A problem shows a header's name, never its value, which may be a secret.
fn read_headers(reader: &KeyReader<'_>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in reader.pairs("headers") {
        let value = percent_decode_str(&value).collect::<Vec<u8>>();
        match (HeaderName::try_from(&name), HeaderValue::try_from(value)) {
            (Ok(name), Ok(mut value)) => {
                value.set_sensitive(true);
                headers.insert(name, value);
            }
            (Err(_), _) => reader.problem("headers", format!("'{name}' is not the name of a header")),
            (_, Err(_)) => {
                let problem = format!("the value of '{name}' holds a character that no header can carry");
                reader.problem("headers", problem);
            }
        }
    }
    headers
}

impl Vendor for Otlp {
    fn target<'t>(
        &'t self,
        entry: &Entry<'_, '_, '_>,
        context: &RenderContext<'_>,
        out: &mut Vec<u8>,
    ) -> Option<&'t str> {
        self.resources.with_resource(entry, context, |attributes| match self.encoding {
            Encoding::Json => json::resource(attributes, out),
            Encoding::Protobuf => protobuf::resource(attributes, out),
        })
    }

    fn pack(&self, partitions: Partitions, limits: &Limits) -> Vec<Batch> {
        partitions.pack_together(limits)
    }

    fn encode(
        &self,
        common: &Common,
        entry: &Entry<'_, '_, '_>,
        _: &RenderContext<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded {
        let start = out.len();
        match entry.stop {
            Some(stop) if common.enrich_stops => {
                let fields = rmp_serde::to_vec_named(stop).unwrap_or_default();
                self.write_record(&record::from_stop(entry, stop), record::stop_attributes(&fields), out);
            }
            Some(stop) => {
                let event = rmp_serde::to_vec_named(&stop.event).unwrap_or_default();
                let raw = LogRecord { body: record::value(&event), ..record::from_stop(entry, stop) };
                self.write_record(&raw, std::iter::empty(), out);
            }
            None => {
                let (line, attributes) = record::from_line(entry, common.log_key.as_deref());
                self.write_record(&line, attributes, out);
            }
        }
        Encoded::Complete { size: out.len() - start }
    }

    fn request(&self, batch: &Batch) -> Request {
        let body = match self.encoding {
            Encoding::Json => json::request(batch),
            Encoding::Protobuf => protobuf::request(batch),
        };
        let headers = self.headers.clone();
        let sign = self.auth.signed_service();
        let request = HttpRequest { method: Method::POST, url: self.url.clone(), headers, body, sign };
        let endpoint = match self.gzip {
            true => Endpoint::Uncompressed { request, compression: BodyCompression::always() },
            false => Endpoint::Http(request),
        };
        Request { purpose: Purpose::Deliver, endpoint }
    }

    fn classify_reply(&self, common: &Common, _: Purpose, batch: &Batch, reply: &Reply) -> ReplyAction {
        if let Some(action) = authentication::classify(&self.auth, &common.name, "the receiver", reply) {
            return action;
        }
        match reply::classify(&common.name, self.encoding, reply) {
            // One record that the receiver cannot read must not take those of other containers with it.
            ReplyAction::Rejected { reason }
                if matches!(reply.status, 400 | 422) && batch.items.len() > 1 =>
            {
                ReplyAction::Split { reason }
            }
            action => action,
        }
    }
}

#[cfg(test)]
mod tests;

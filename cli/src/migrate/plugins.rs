//! The options of built-in outputs, and what each is here. Source: `docs/migration.md`, Fluent Bit 5.1.1 and 1.9.10.

use ecs_router::config::keys::DestinationKind;

/// What becomes of one option.
#[derive(Debug, Clone, Copy)]
pub(super) enum OptionRule {
    /// The same value under this key.
    To(&'static str),
    /// Means nothing here, and nobody misses it.
    Ignore,
    /// Left out; the reader is told why.
    Note(&'static str),
    /// Needs more than one option.
    Special,
    /// Only this value, the default here, has a counterpart.
    Only(&'static str),
}

use OptionRule::{Ignore, Note, Only, Special, To};

/// A built-in output, or one of AWS's and New Relic's in Go.
#[derive(Debug)]
pub(super) struct BuiltIn {
    pub(super) names: &'static [&'static str],
    pub(super) kind: DestinationKind,
    pub(super) options: &'static [(&'static str, OptionRule)],
}

/// Options of every output that Fluent Bit reads itself.
pub(super) const HOST: &[(&str, OptionRule)] = &[
    ("name", Ignore),
    ("match", Ignore),
    ("match_regex", Ignore),
    ("alias", Ignore),
    ("workers", Ignore),
    ("retry_limit", Note("Retry_Limit is no_limits here: a chunk is kept until its destination takes it")),
    ("log_level", Ignore),
    ("log_suppress_interval", Ignore),
    (
        "storage.total_limit_size",
        Note("storage.total_limit_size is for the whole output; add it there if you need it"),
    ),
    ("auto_retry_requests", Ignore),
    ("extra_user_agent", Ignore),
    ("tls.verify", Only("on")),
    ("tls.ca_file", To("ca_file")),
    ("tls.debug", Ignore),
];

/// How `http` and `opentelemetry` prove who sends, in the versions of Fluent Bit that can.
const PROOF: &[(&str, OptionRule)] = &[
    ("tls.crt_file", To("tls_cert_file")),
    ("tls.key_file", To("tls_key_file")),
    ("tls.key_passwd", Note("a key has no passphrase here; remove it with: openssl pkey -in FILE -out NEW")),
    ("aws_auth", Special),
    ("aws_service", To("aws_service")),
    ("aws_region", To("region")),
    ("aws_role_arn", To("role_arn")),
    ("aws_external_id", To("external_id")),
    ("aws_sts_endpoint", To("sts_endpoint")),
    ("oauth2.enable", Special),
    ("oauth2.token_url", To("token_url")),
    ("oauth2.client_id", To("client_id")),
    ("oauth2.client_secret", To("client_secret")),
    ("oauth2.scope", To("scope")),
    ("oauth2.audience", To("audience")),
    ("oauth2.auth_method", To("client_auth")),
    ("oauth2.refresh_skew_seconds", Ignore),
    ("oauth2.timeout", Ignore),
    ("oauth2.connect_timeout", Ignore),
];

const AWS: &[(&str, OptionRule)] = &[
    ("region", To("region")),
    ("role_arn", To("role_arn")),
    ("external_id", To("external_id")),
    ("sts_endpoint", To("sts_endpoint")),
    ("endpoint", Special),
    ("profile", To("profile")),
];

/// Every output that can be translated.
pub(super) const BUILT_INS: &[BuiltIn] = &[
    BuiltIn {
        names: &["cloudwatch_logs", "cloudwatch"],
        kind: DestinationKind::Cloudwatch,
        options: &[
            ("log_group_name", Special),
            ("log_group_template", Special),
            ("log_stream_name", Special),
            ("log_stream_prefix", Special),
            ("log_stream_template", Special),
            (
                "default_log_group_name",
                Note("write $(field:-default) in log_group for a field that may be missing"),
            ),
            (
                "default_log_stream_name",
                Note("write $(field:-default) in log_stream for a field that may be missing"),
            ),
            ("log_key", To("log_key")),
            ("log_format", To("log_format")),
            ("auto_create_group", To("auto_create_group")),
            ("auto_create_stream", Ignore),
            ("log_retention_days", To("retention_days")),
            ("log_group_class", To("log_group_class")),
            ("new_log_group_tags", To("log_group_tags")),
        ],
    },
    BuiltIn {
        names: &["s3"],
        kind: DestinationKind::S3,
        options: &[
            ("bucket", To("bucket")),
            ("s3_key_format", Special),
            ("s3_key_format_tag_delimiters", Only(".")),
            ("total_file_size", To("total_file_size")),
            ("upload_timeout", To("upload_timeout")),
            ("compression", Special),
            ("store_dir", To("spool_dir")),
            ("store_dir_limit_size", To("spool_limit")),
            ("json_date_key", To("date_key")),
            ("json_date_format", Only("iso8601")),
            ("log_key", To("log_key")),
            ("canned_acl", To("canned_acl")),
            ("storage_class", To("storage_class")),
            ("content_type", To("content_type")),
            ("upload_chunk_size", Ignore),
            ("use_put_object", Ignore),
            ("send_content_md5", Ignore),
            ("preserve_data_ordering", Ignore),
            ("static_file_path", Only("off")),
        ],
    },
    BuiltIn {
        names: &["kinesis_firehose", "firehose"],
        kind: DestinationKind::Firehose,
        options: &[
            ("delivery_stream", To("delivery_stream")),
            ("time_key", To("date_key")),
            ("time_key_format", Note("the time is always ISO 8601 here")),
            ("log_key", To("log_key")),
            ("data_keys", To("include")),
        ],
    },
    BuiltIn {
        names: &["kinesis_streams", "kinesis"],
        kind: DestinationKind::Kinesis,
        options: &[
            ("stream", To("stream")),
            ("partition_key", Special),
            ("aggregation", Note("records are not in the format of the KPL; aggregate newline joins lines")),
            ("append_newline", Ignore),
            ("time_key", To("date_key")),
            ("time_key_format", Note("the time is always ISO 8601 here")),
            ("log_key", To("log_key")),
            ("data_keys", To("include")),
        ],
    },
    BuiltIn {
        names: &["datadog"],
        kind: DestinationKind::Datadog,
        options: &[
            ("apikey", To("api_key")),
            ("host", Special),
            ("port", Ignore),
            ("tls", Ignore),
            ("dd_service", To("service")),
            ("dd_source", To("source")),
            ("dd_tags", To("tags")),
            ("dd_hostname", To("hostname")),
            ("dd_message_key", Only("log")),
            ("provider", Ignore),
            ("compress", To("compress")),
            ("json_date_key", Note("the time is in the field that Datadog reads")),
            ("include_tag_key", Only("off")),
        ],
    },
    BuiltIn {
        names: &["nrlogs", "newrelic"],
        kind: DestinationKind::Newrelic,
        options: &[
            ("license_key", To("license_key")),
            ("licensekey", To("license_key")),
            ("api_key", To("api_key")),
            ("apikey", To("api_key")),
            ("base_uri", Special),
            ("endpoint", Special),
            ("compress", To("compress")),
        ],
    },
    BuiltIn {
        names: &["http"],
        kind: DestinationKind::Http,
        options: &[
            ("host", Special),
            ("port", Special),
            ("uri", Special),
            ("tls", Special),
            ("format", Special),
            ("header", Special),
            ("json_date_key", To("date_key")),
            ("json_date_format", Only("iso8601")),
            ("http_user", To("user")),
            ("http_passwd", To("password")),
            ("compress", To("compress")),
            ("allow_duplicated_headers", Ignore),
            ("log_response_payload", Ignore),
        ],
    },
    BuiltIn {
        names: &["opentelemetry"],
        kind: DestinationKind::Otlp,
        options: &[
            ("host", Special),
            ("port", Special),
            ("tls", Special),
            ("logs_uri", Special),
            ("metrics_uri", Note("metrics are not sent, only logs")),
            ("traces_uri", Note("traces are not sent, only logs")),
            ("header", Special),
            ("compress", To("compress")),
            ("log_response_payload", Ignore),
            ("logs_body_key", Note("the line is the body here, and its other fields are attributes")),
            ("logs_body_key_attributes", Ignore),
        ],
    },
    BuiltIn { names: &["slack"], kind: DestinationKind::Slack, options: &[("webhook", To("webhook_url"))] },
];

/// The output of this name.
pub(super) fn find(name: &str) -> Option<&'static BuiltIn> {
    BUILT_INS.iter().find(|one| one.names.iter().any(|known| known.eq_ignore_ascii_case(name)))
}

/// What becomes of an option of this output; `None` when nobody knows it.
pub(super) fn rule(output: &BuiltIn, key: &str) -> Option<OptionRule> {
    let aws: &[(&str, OptionRule)] = if output.kind.is_aws() { AWS } else { &[] };
    let proves = matches!(output.kind, DestinationKind::Http | DestinationKind::Otlp);
    let proof: &[(&str, OptionRule)] = if proves { PROOF } else { &[] };
    let own = output.options.iter().chain(aws).chain(proof).chain(HOST).find(|(name, _)| *name == key);
    let is_network = key.starts_with("net.") || key.starts_with("storage.");
    own.map(|(_, rule)| *rule).or(is_network.then_some(Ignore))
}

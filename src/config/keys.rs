//! The one table of keys: it drives reading, defaults, masking and the reference in the README.

use std::fmt::Write as _;

/// The types of destination there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Amazon CloudWatch Logs
    Cloudwatch,
    /// objects in Amazon S3
    S3,
    /// Amazon Data Firehose
    Firehose,
    /// New Relic Logs
    Newrelic,
    /// Datadog Logs
    Datadog,
    /// any HTTP endpoint that takes JSON
    Http,
    /// any endpoint that speaks Firehose's HTTP delivery protocol
    FirehoseHttp,
    /// a Slack channel, through an incoming webhook
    Slack,
    /// any receiver of OTLP logs over HTTP
    Otlp,
    /// lines in local files
    File,
    /// lines on Fluent Bit's own standard output
    Stdout,
}

impl Kind {
    /// All of them, in the order of the reference.
    pub const ALL: [Kind; 11] = [
        Kind::Cloudwatch,
        Kind::S3,
        Kind::Firehose,
        Kind::Newrelic,
        Kind::Datadog,
        Kind::Slack,
        Kind::Http,
        Kind::FirehoseHttp,
        Kind::Otlp,
        Kind::File,
        Kind::Stdout,
    ];

    /// What users write for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Cloudwatch => "cloudwatch",
            Kind::S3 => "s3",
            Kind::Firehose => "firehose",
            Kind::Newrelic => "newrelic",
            Kind::Datadog => "datadog",
            Kind::Http => "http",
            Kind::FirehoseHttp => "firehose_http",
            Kind::Slack => "slack",
            Kind::Otlp => "otlp",
            Kind::File => "file",
            Kind::Stdout => "stdout",
        }
    }

    /// Whether it is a service of AWS, reached with AWS credentials.
    #[must_use]
    pub const fn is_aws(self) -> bool {
        matches!(self, Kind::Cloudwatch | Kind::S3 | Kind::Firehose)
    }

    /// The type of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name().eq_ignore_ascii_case(name))
    }
}

/// Where a key may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Once per `[OUTPUT]`.
    Output,
    /// `<destination>.<key>` of any type.
    Destination,
    /// `<destination>.<key>` of these types.
    Only(&'static [Kind]),
}

/// What a value looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Free text.
    Text,
    /// Text with `$(field)` and strftime.
    Template,
    /// on or off
    Flag,
    /// 10s, 500ms, 5m
    Duration,
    /// A whole number.
    Number,
    /// 64k, 5MB, 1MiB
    Size,
    /// a, b, c
    List,
    /// name=value, …
    Pairs,
    /// One of these words.
    Choice(&'static [&'static str]),
}

impl Form {
    /// In words, for the reference.
    #[must_use]
    pub fn describe(self) -> String {
        match self {
            Form::Text => "text".into(),
            Form::Template => "template".into(),
            Form::Flag => "on/off".into(),
            Form::Duration => "duration".into(),
            Form::Number => "number".into(),
            Form::Size => "size".into(),
            Form::List => "list".into(),
            Form::Pairs => "name=value list".into(),
            Form::Choice(words) => words.join(" / "),
        }
    }
}

/// One key.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// Where it stands.
    pub scope: Scope,
    /// Its name; `<class>` and `<name>` stand for a name of the user's.
    pub name: &'static str,
    /// What its value looks like.
    pub form: Form,
    /// What holds when it is not set.
    pub default: Option<&'static str>,
    /// One type for which something else holds then.
    pub exception: Option<(Kind, &'static str)>,
    /// Its value must never be shown.
    pub secret: bool,
    /// One or two sentences for the reference.
    pub doc: &'static str,
    /// A value as one would write it.
    pub example: &'static str,
}

const fn key(scope: Scope, name: &'static str, form: Form, doc: &'static str, example: &'static str) -> Key {
    Key { scope, name, form, default: None, exception: None, secret: false, doc, example }
}

impl Key {
    const fn or(mut self, default: &'static str) -> Self {
        self.default = Some(default);
        self
    }

    /// For one type, another default.
    const fn except(mut self, kind: Kind, default: &'static str) -> Self {
        self.exception = Some((kind, default));
        self
    }

    /// Its value is never shown, not even in a problem.
    const fn masked(mut self) -> Self {
        self.secret = true;
        self
    }
}

use Form::{Choice, Duration, Flag, List, Number, Pairs, Size, Template, Text};
use Scope::{Destination, Only, Output};

const CLOUDWATCH: Scope = Only(&[Kind::Cloudwatch]);
const S3: Scope = Only(&[Kind::S3]);
const AWS: Scope = Only(&[Kind::Cloudwatch, Kind::S3, Kind::Firehose]);
const NETWORK: Scope = Only(&[
    Kind::Cloudwatch,
    Kind::S3,
    Kind::Firehose,
    Kind::Newrelic,
    Kind::Datadog,
    Kind::Slack,
    Kind::Http,
    Kind::FirehoseHttp,
    Kind::Otlp,
]);
/// Destinations with an address of the vendor's; the others have a `url` of the user's.
const VENDOR: Scope = Only(&[Kind::Cloudwatch, Kind::S3, Kind::Firehose, Kind::Newrelic, Kind::Datadog]);
const DATED: Scope =
    Only(&[Kind::S3, Kind::Firehose, Kind::Http, Kind::FirehoseHttp, Kind::File, Kind::Stdout]);
const NEWRELIC: Scope = Only(&[Kind::Newrelic]);
const DATADOG: Scope = Only(&[Kind::Datadog]);
const HTTP: Scope = Only(&[Kind::Http]);
const FIREHOSE_HTTP: Scope = Only(&[Kind::FirehoseHttp]);
const SLACK: Scope = Only(&[Kind::Slack]);
const OTLP: Scope = Only(&[Kind::Otlp]);

const TYPES: &[&str] = &[
    "cloudwatch",
    "s3",
    "firehose",
    "newrelic",
    "datadog",
    "slack",
    "http",
    "firehose_http",
    "otlp",
    "file",
    "stdout",
];

/// Days that PutRetentionPolicy accepts.
pub const RETENTION_DAYS: &[&str] = &[
    "1", "3", "5", "7", "14", "30", "60", "90", "120", "150", "180", "365", "400", "545", "731", "1096",
    "1827", "2192", "2557", "2922", "3288", "3653",
];

/// Storage classes of S3; those of Outposts, Snow and directory buckets are signed and addressed in ways of their own
/// (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html>, read 2026-11).
const STORAGE_CLASSES: &[&str] = &[
    "STANDARD",
    "REDUCED_REDUNDANCY",
    "STANDARD_IA",
    "ONEZONE_IA",
    "INTELLIGENT_TIERING",
    "GLACIER",
    "DEEP_ARCHIVE",
    "GLACIER_IR",
];

/// Canned ACLs of S3 (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html>, read 2026-11).
const CANNED_ACLS: &[&str] = &[
    "private",
    "public-read",
    "public-read-write",
    "authenticated-read",
    "aws-exec-read",
    "bucket-owner-read",
    "bucket-owner-full-control",
];

/// Every key there is.
pub const KEYS: &[Key] = &[
    key(
        Output,
        "route.stop",
        List,
        "Destinations of ECS stop and failure events, or `drop`.",
        "stops, slack",
    ),
    key(
        Output,
        "route.stop.expected",
        List,
        "Destinations of planned stops (deployments, scale-in, a user's request). Without it they go where `route.stop` says.",
        "drop",
    ),
    key(Output, "route.stderr", List, "Destinations of what applications wrote to standard error.", "errors"),
    key(Output, "route.stdout", List, "Destinations of the rest of the applications' output.", "archive"),
    key(
        Output,
        "route.other",
        List,
        "Destinations of everything else. Without it: `route.default`, then `route.stdout`.",
        "archive",
    ),
    key(Output, "route.<class>", List, "Destinations of a class of your own.", "drop"),
    key(Output, "route.default", List, "Destinations of every class that has no route of its own.", "all"),
    key(
        Output,
        "route.dead_letter",
        List,
        "Destinations of records that another destination refused for good: the original record, the destination, the reason and the time.",
        "refused",
    ),
    key(
        Output,
        "classes",
        List,
        "Names of your own classes, tried in this order after stop events and before stderr and stdout.",
        "health, audit",
    ),
    key(
        Output,
        "class.<class>.match",
        Text,
        "A field and the regular expression its text must match, for a class of your own.",
        "log ^GET /healthz",
    ),
    key(
        Output,
        "stop.once",
        Flag,
        "Tell each stop once, however often its event is delivered; a later event that brings the exit code is told as an update.",
        "off",
    )
    .or("on"),
    key(
        Output,
        "stop.context_lines",
        Number,
        "Last lines of a container's standard error to show with its end, at most 100. 0 keeps none.",
        "50",
    )
    .or("20"),
    key(
        Output,
        "stop.ignore_containers",
        List,
        "More containers that are not the application; `*` at the end stands for any ending. Routers and those that AWS injects are known.",
        "envoy, datadog-agent*",
    ),
    key(
        Output,
        "stop.user_stop_is_error",
        Text,
        "A stop by StopTask whose reason matches this regular expression is not planned.",
        "(?i)watchdog|deadlock",
    ),
    key(
        Output,
        "task_metadata",
        Choice(&["auto", "on", "off"]),
        "Ask the task metadata endpoint: reports containers of the own task that end, and fills names such as `$(image_tag)`. `auto`: where the endpoint is.",
        "off",
    )
    .or("auto"),
    key(Output, "task_metadata.interval", Duration, "How often to ask it, at least 200ms.", "5s").or("2s"),
    key(
        Output,
        "queue.url",
        Text,
        "SQS queue to poll for ECS events, filled by an EventBridge rule. A message is deleted when its event has arrived.",
        "https://sqs.eu-west-1.amazonaws.com/111122223333/ecs-stops",
    ),
    key(Output, "queue.region", Text, "Region of the queue. Without it: from its address, then the machine's.", "eu-west-1"),
    key(
        Output,
        "queue.role_arn",
        Text,
        "Role to assume for the queue.",
        "arn:aws:iam::111122223333:role/ecs-stops",
    ),
    key(Output, "queue.external_id", Text, "External id for that role.", "ecs-router"),
    key(Output, "queue.sts_endpoint", Text, "Another address of STS for the queue's role.", "https://sts.example.com"),
    key(Output, "queue.profile", Text, "Profile of the shared AWS configuration files for the queue.", "logs"),
    key(Output, "queue.endpoint", Text, "Another address of SQS, for example a VPC endpoint.", "https://vpce-1.sqs.eu-west-1.vpce.amazonaws.com"),
    key(Output, "queue.ca_file", Text, "Certificate authorities to trust for the queue besides the machine's.", "/etc/ssl/corporate.pem"),
    key(
        Output,
        "flush_timeout",
        Duration,
        "How long one flush may try before it asks Fluent Bit to come again. Keep it below `Grace`.",
        "10s",
    )
    .or("10s"),
    key(
        Output,
        "exit_timeout",
        Duration,
        "How long the plugin may go on delivering when Fluent Bit ends.",
        "5s",
    )
    .or("5s"),
    key(
        Output,
        "stats_interval",
        Duration,
        "How often the log gets one line for each destination that had traffic: delivered, retries, lost by reason, what waits in the spool. 0: never.",
        "1h",
    )
    .or("5m"),
    key(
        Destination,
        "type",
        Choice(TYPES),
        "The type of the destination. Not needed when its name is that of a type.",
        "cloudwatch",
    ),
    key(
        Destination,
        "required",
        Flag,
        "Off: best effort; a failure is counted but never makes Fluent Bit send the chunk again.",
        "off",
    )
    .or("on")
    .except(Kind::Slack, "off"),
    key(
        Destination,
        "log_key",
        Text,
        "Send only this field's value instead of the whole record. Records without it are sent whole.",
        "log",
    ),
    key(
        Destination,
        "include",
        List,
        "Send only these top-level fields of a record. Names still see all of them.",
        "log, ecs_task_arn",
    ),
    key(
        Destination,
        "exclude",
        List,
        "Send all top-level fields of a record but these.",
        "container_id, ecs_cluster",
    ),
    key(
        Destination,
        "stop_format",
        Choice(&["enriched", "raw"]),
        "Stop events with category, cause, summary and hint, or as ECS sent them.",
        "raw",
    )
    .or("enriched"),
    key(
        VENDOR,
        "endpoint",
        Text,
        "Another address than the vendor's: a VPC endpoint or a test server.",
        "https://vpce-1.logs.eu-west-1.vpce.amazonaws.com",
    ),
    key(NETWORK, "timeout", Duration, "How long one request may take.", "10s").or("10s"),
    key(
        NETWORK,
        "ca_file",
        Text,
        "PEM file of authorities to trust besides the machine's own.",
        "/etc/ssl/private-ca.pem",
    ),
    key(
        AWS,
        "region",
        Text,
        "AWS region. Default: the environment, then the profile, then the instance metadata.",
        "eu-west-1",
    ),
    key(
        AWS,
        "role_arn",
        Text,
        "Role to assume with the task's own credentials.",
        "arn:aws:iam::111122223333:role/logs",
    ),
    key(AWS, "external_id", Text, "External id for `role_arn`.", "logs-7f3a"),
    key(
        AWS,
        "sts_endpoint",
        Text,
        "Another address of AWS STS, for `role_arn`.",
        "https://sts.eu-west-1.amazonaws.com",
    ),
    key(AWS, "profile", Text, "Profile of the shared AWS configuration files.", "logging"),
    key(CLOUDWATCH, "log_group", Template, "Log group.", "/ecs/$(ecs_task_family)"),
    key(CLOUDWATCH, "log_stream", Template, "Log stream.", "$(container_name)/$(ecs_task_id)").or("$(tag)"),
    key(
        CLOUDWATCH,
        "auto_create_group",
        Flag,
        "Create a missing log group. Missing streams are always created.",
        "on",
    )
    .or("off"),
    key(
        CLOUDWATCH,
        "retention_days",
        Choice(RETENTION_DAYS),
        "Retention of a group the plugin creates.",
        "30",
    ),
    key(
        CLOUDWATCH,
        "log_group_class",
        Choice(&["STANDARD", "INFREQUENT_ACCESS"]),
        "Class of a group the plugin creates; it cannot be changed later.",
        "INFREQUENT_ACCESS",
    ),
    key(CLOUDWATCH, "log_group_tags", Pairs, "Tags of a group the plugin creates.", "team=web, env=prod"),
    key(
        CLOUDWATCH,
        "kms_key_id",
        Text,
        "KMS key of a group the plugin creates.",
        "arn:aws:kms:eu-west-1:111122223333:key/1234",
    ),
    key(
        CLOUDWATCH,
        "log_format",
        Choice(&["json/emf"]),
        "Tells CloudWatch to read embedded metrics from the events.",
        "json/emf",
    ),
    key(
        CLOUDWATCH,
        "compress",
        Choice(&["off", "gzip"]),
        "Compress requests. Limits and price count the uncompressed bytes either way.",
        "gzip",
    )
    .or("off"),
    key(
        Only(&[Kind::File]),
        "path",
        Template,
        "File that lines are appended to; missing folders are made.",
        "/var/log/ecs/$(class)-%Y-%m-%d.ndjson",
    ),
    key(
        Only(&[Kind::File]),
        "mode",
        Choice(&["0600", "0640", "0644", "0660", "0664"]),
        "Who may read and write a file that is made; logs hold what applications say.",
        "0640",
    )
    .or("0600"),
    key(
        DATED,
        "date_key",
        Text,
        "Name of the field that holds the record's time; `off` leaves it out.",
        "time",
    )
    .or("date"),
    key(NETWORK, "concurrency", Number, "Requests to the destination at one time.", "16")
        .or("8")
        .except(Kind::Slack, "1"),
    key(
        S3,
        "bucket",
        Text,
        "Bucket that objects are written to, or the ARN of an access point. Directory buckets are not supported.",
        "my-logs",
    ),
    key(
        S3,
        "key",
        Template,
        "Key of an object. Without `$(uuid)` one is put before the extension, and the extension of `compress` is added if it is not there, so that no object ever replaces another.",
        "logs/$(container_name)/%Y-%m-%d/$(uuid).json.gz",
    )
    .or("ecs_router/$(class)/$(container_name)/%Y/%m/%d/%H/$(uuid).json"),
    key(S3, "timezone", Text, "Time zone of the dates in `key`, by its IANA name.", "Europe/Madrid").or("UTC"),
    key(S3, "compress", Choice(&["gzip", "zstd", "none"]), "Compress objects when they are uploaded.", "zstd")
        .or("gzip"),
    key(
        S3,
        "total_file_size",
        Size,
        "Upload an object when this much was written to it, before compression.",
        "250M",
    )
    .or("100M"),
    key(
        S3,
        "upload_timeout",
        Duration,
        "Upload an object at this age, whatever its size. `0`: one object per chunk of Fluent Bit and no spool, for those who cannot afford to lose the local disk.",
        "5m",
    )
    .or("10m"),
    key(
        S3,
        "spool_dir",
        Text,
        "Folder where objects are filled before they are uploaded. What is left in it is uploaded at the next start.",
        "/var/spool/ecs_router",
    )
    .or("/tmp/ecs_router"),
    key(
        S3,
        "spool_limit",
        Size,
        "Size of all objects that are filled or wait for their upload. When it is reached, Fluent Bit keeps the data and comes again.",
        "5G",
    )
    .or("1G"),
    key(S3, "storage_class", Choice(STORAGE_CLASSES), "Storage class of the objects: STANDARD, REDUCED_REDUNDANCY, STANDARD_IA, ONEZONE_IA, INTELLIGENT_TIERING, GLACIER, DEEP_ARCHIVE or GLACIER_IR.", "STANDARD_IA"),
    key(
        S3,
        "sse",
        Choice(&["AES256", "aws:kms", "aws:kms:dsse"]),
        "Server-side encryption. Default: what the bucket says.",
        "aws:kms",
    ),
    key(
        S3,
        "sse_kms_key_id",
        Text,
        "KMS key for `sse`. Default: the key that AWS manages for S3.",
        "arn:aws:kms:eu-west-1:111122223333:key/1234",
    ),
    key(S3, "canned_acl", Choice(CANNED_ACLS), "Canned ACL, for buckets that still have ACLs: private, public-read, public-read-write, authenticated-read, aws-exec-read, bucket-owner-read or bucket-owner-full-control.", "bucket-owner-full-control"),
    key(S3, "tags", Pairs, "Tags of the objects, ten at most.", "team=web, env=prod"),
    key(S3, "content_type", Text, "Content type of the objects.", "text/plain").or("application/x-ndjson"),
    key(
        S3,
        "expected_bucket_owner",
        Text,
        "Account that must own the bucket; S3 refuses the upload if another one does.",
        "111122223333",
    ),
    key(
        S3,
        "path_style",
        Flag,
        "Put the bucket's name into the path of the address. Happens by itself where it cannot stand in the host name.",
        "on",
    )
    .or("off"),
    key(
        S3,
        "if_none_match",
        Flag,
        "Have S3 refuse to write a key that exists, so that an upload whose reply was lost makes no second version of the object. Off for stores that do not know the header: the same object, with the same content, is then written again.",
        "off",
    )
    .or("on"),
    key(
        Only(&[Kind::Firehose]),
        "delivery_stream",
        Text,
        "Name of the delivery stream, which must exist.",
        "ecs-logs",
    ),
    key(
        NEWRELIC,
        "license_key",
        Text,
        "Ingest licence key of the account. Either this or `api_key`.",
        "${NEW_RELIC_LICENSE_KEY}",
    )
    .masked(),
    key(
        NEWRELIC,
        "api_key",
        Text,
        "The same key by its other name, as New Relic's own plugins accept it.",
        "${NEW_RELIC_API_KEY}",
    )
    .masked(),
    key(
        NEWRELIC,
        "site",
        Choice(&["us", "eu", "fedramp"]),
        "Where the account is; a key of one site is refused by the others.",
        "eu",
    )
    .or("us"),
    key(DATADOG, "api_key", Text, "API key of the organization.", "${DD_API_KEY}").masked(),
    key(
        DATADOG,
        "site",
        Choice(DATADOG_SITES),
        "Where the organization is: datadoghq.com, us3.datadoghq.com, us5.datadoghq.com, datadoghq.eu, ap1.datadoghq.com, ap2.datadoghq.com or ddog-gov.com.",
        "datadoghq.eu",
    )
    .or("datadoghq.com"),
    key(DATADOG, "service", Template, "Datadog's `service`.", "$(ecs_service)").or("$(container_name)"),
    key(
        DATADOG,
        "source",
        Template,
        "Datadog's `ddsource`, which chooses the pipeline that parses the message.",
        "nginx",
    )
    .or("ecs"),
    key(
        DATADOG,
        "tags",
        Template,
        "More `ddtags`. Class, cluster, service, task family, task id, container name and image tag are always sent when known.",
        "env:prod,team:web",
    ),
    key(DATADOG, "hostname", Template, "Datadog's `hostname`. Not sent unless set.", "$(ecs_task_id)"),
    key(
        Only(&[Kind::Newrelic, Kind::FirehoseHttp]),
        "compress",
        Choice(&["off", "gzip"]),
        "Compress requests.",
        "off",
    )
    .or("gzip"),
    key(
        DATADOG,
        "compress",
        Choice(&["off", "gzip", "zstd"]),
        "Compress requests. Datadog documents gzip for its intake; zstd, which its own agent sends, is smaller in less time.",
        "zstd",
    )
    .or("gzip"),
    key(
        HTTP,
        "compress",
        Choice(&["off", "gzip", "zstd"]),
        "Compress requests, with what the endpoint understands.",
        "gzip",
    )
    .or("off"),
    key(
        Only(&[Kind::Http, Kind::FirehoseHttp]),
        "url",
        Text,
        "Where batches are sent with POST.",
        "https://logs.example.com/ingest",
    ),
    key(
        HTTP,
        "format",
        Choice(&["json", "ndjson"]),
        "One JSON array per request, or one JSON value per line.",
        "ndjson",
    )
    .or("json"),
    key(HTTP, "headers", Pairs, "More headers; the values are treated as secrets.", "X-Tenant=web").masked(),
    key(HTTP, "user", Text, "User for HTTP Basic authentication.", "collector"),
    key(HTTP, "password", Text, "Password of `user`.", "${LOGS_PASSWORD}").masked(),
    key(HTTP, "bearer_token", Text, "Token for `Authorization: Bearer`.", "${LOGS_TOKEN}").masked(),
    key(HTTP, "batch_bytes", Size, "Longest body before compression.", "1MB").or("5MB"),
    key(HTTP, "batch_records", Number, "Most records in one request.", "500").or("1000"),
    key(
        FIREHOSE_HTTP,
        "access_key",
        Text,
        "The endpoint's key: a New Relic licence key, a Datadog API key. Not sent unless set.",
        "${NEW_RELIC_LICENSE_KEY}",
    )
    .masked(),
    key(
        FIREHOSE_HTTP,
        "common_attributes",
        Pairs,
        "Attributes that hold for every record, at most 50.",
        "env=prod, team=web",
    ),
    key(
        FIREHOSE_HTTP,
        "source_arn",
        Text,
        "What the endpoint is told about where the records come from.",
        "arn:aws:firehose:eu-west-1:111122223333:deliverystream/ecs",
    )
    .or("arn:aws:firehose:us-east-1:000000000000:deliverystream/ecs-router"),
    key(
        FIREHOSE_HTTP,
        "batch_bytes",
        Size,
        "Longest body before compression. New Relic recommends 1MiB, Datadog 4MiB; the protocol allows 64MiB.",
        "4MiB",
    )
    .or("1MiB"),
    key(FIREHOSE_HTTP, "batch_records", Number, "Most records in one request, up to 10000.", "500").or("1000"),
    key(
        SLACK,
        "webhook_url",
        Text,
        "Address of the incoming webhook, which also says to which channel it posts.",
        "${SLACK_WEBHOOK_URL}",
    )
    .masked(),
    key(
        SLACK,
        "min_severity",
        Choice(&["info", "warning", "error"]),
        "Stop events below this severity are not posted.",
        "error",
    )
    .or("warning"),
    key(
        OTLP,
        "endpoint",
        Text,
        "Address of the receiver. `/v1/logs` is added unless it has a path of its own.",
        "http://localhost:4318",
    ),
    key(OTLP, "encoding", Choice(&["protobuf", "json"]), "How requests are written.", "json").or("protobuf"),
    key(OTLP, "compress", Choice(&["off", "gzip"]), "Compress requests.", "off").or("gzip"),
    key(
        OTLP,
        "headers",
        Pairs,
        "More headers; the values are treated as secrets.",
        "Authorization=Bearer ${OTLP_TOKEN}",
    )
    .masked(),
    key(OTLP, "service", Template, "The resource's `service.name`.", "$(ecs_cluster)-$(ecs_task_family)")
        .or("$(ecs_task_family:-unknown_service)"),
];

/// Sites with an intake of their own (<https://docs.datadoghq.com/getting_started/site/>, read 2026-11); any other
/// is reached with `endpoint`.
pub const DATADOG_SITES: &[&str] = &[
    "datadoghq.com",
    "us3.datadoghq.com",
    "us5.datadoghq.com",
    "datadoghq.eu",
    "ap1.datadoghq.com",
    "ap2.datadoghq.com",
    "ddog-gov.com",
];

/// What the names of the output's own keys begin with; no destination can be called like that.
pub const GROUPS: [&str; 5] = ["route", "class", "stop", "task_metadata", "queue"];

/// Whether keys `<name>.…` are the output's own.
#[must_use]
pub fn is_group(name: &str) -> bool {
    GROUPS.contains(&name)
}

/// The row of a key of an output (`kind` is `None`) or of a destination of this type.
#[must_use]
pub fn find(kind: Option<Kind>, name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name && key.applies_to(kind))
}

impl Key {
    /// What holds for this type when it is not set.
    #[must_use]
    pub fn default_of(&self, kind: Option<Kind>) -> Option<&'static str> {
        let exception = self.exception.filter(|(only, _)| kind == Some(*only));
        exception.map(|(_, default)| default).or(self.default)
    }

    /// Whether it is a key of an output (`kind` is `None`) or of a destination of this type.
    #[must_use]
    pub fn applies_to(&self, kind: Option<Kind>) -> bool {
        match (self.scope, kind) {
            (Output, None) | (Destination, Some(_)) => true,
            (Only(kinds), Some(kind)) => kinds.contains(&kind),
            _ => false,
        }
    }
}

/// The reference for the README, as Markdown tables.
#[must_use]
pub fn reference() -> String {
    let mut text = String::new();
    section(&mut text, "Keys of the output", |key| key.scope == Output);
    section(&mut text, EVERY, |key| key.scope == Destination);
    Kind::ALL.into_iter().for_each(|kind| section_of(&mut text, kind));
    text
}

/// The same for one type of destination.
#[must_use]
pub fn reference_of(kind: Kind) -> String {
    let mut text = String::new();
    section(&mut text, EVERY, |key| key.scope == Destination);
    section_of(&mut text, kind);
    text
}

const EVERY: &str = "Keys of every destination: `<destination>.<key>`";

fn section_of(text: &mut String, kind: Kind) {
    let title = format!("Destination type `{}`", kind.name());
    section(text, &title, |key| matches!(key.scope, Only(kinds) if kinds.contains(&kind)));
}

fn section(text: &mut String, title: &str, wanted: impl Fn(&Key) -> bool) {
    write!(text, "\n#### {title}\n\n| key | value | default | meaning | example |\n|---|---|---|---|---|\n")
        .ok();
    for key in KEYS.iter().filter(|key| wanted(key)) {
        let mut default = key.default.map_or("–".into(), |default| format!("`{default}`"));
        if let Some((kind, other)) = key.exception {
            write!(default, ", for {} `{other}`", kind.name()).ok();
        }
        let form = if key.secret { format!("{}, secret", key.form.describe()) } else { key.form.describe() };
        let form = if form.len() > 60 { "see meaning".into() } else { form };
        writeln!(text, "| `{}` | {form} | {default} | {} | `{}` |", key.name, key.doc, key.example).ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_can_be_written() {
        let written = find(Some(Kind::File), "type").unwrap();
        let names: Vec<_> = Kind::ALL.into_iter().map(Kind::name).collect();
        assert_eq!(written.form, Choice(TYPES));
        assert_eq!(names, TYPES);
    }

    #[test]
    fn no_key_stands_twice_for_one_type() {
        for kind in Kind::ALL.into_iter().map(Some).chain([None]) {
            let mut names: Vec<_> =
                KEYS.iter().filter(|key| key.applies_to(kind)).map(|key| key.name).collect();
            let all = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), all, "{kind:?}");
        }
    }

    #[test]
    fn every_group_is_known() {
        let grouped =
            KEYS.iter().filter(|key| key.scope == Output).filter_map(|key| key.name.split_once('.'));
        assert!(grouped.map(|(group, _)| group).all(is_group));
    }

    #[test]
    fn names_and_texts_keep_the_house_style() {
        for key in KEYS {
            let plain = |c: char| c.is_ascii_lowercase() || matches!(c, '_' | '.' | '<' | '>');
            assert!(key.name.chars().all(plain), "{}", key.name);
            assert!(key.doc.ends_with('.') && !key.example.is_empty(), "{}", key.name);
        }
    }
}

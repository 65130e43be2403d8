//! Outputs of Fluent Bit's own, their keys, and those without which they do not start.
//!
//! Sources: the config maps of the outputs of 1.9.10 and 5.1.1, and `flb_output_set_property` for what all of them have.

use super::{GROUPS, absent};
use crate::check::finding::{Finding, FindingSeverity};
use crate::check::host_keys;
use crate::config::{Origin, Section, Setting};
use crate::suggest::closest;

/// Outputs of both releases.
const OUTPUTS: [&str; 49] = [
    "azure",
    "azure_blob",
    "azure_kusto",
    "azure_logs_ingestion",
    "bigquery",
    "calyptia",
    "chronicle",
    "cloudwatch_logs",
    "counter",
    "datadog",
    "es",
    "exit",
    "file",
    "flowcounter",
    "forward",
    "gcs",
    "gelf",
    "http",
    "influxdb",
    "kafka",
    "kafka-rest",
    "kinesis_firehose",
    "kinesis_streams",
    "lib",
    "logdna",
    "loki",
    "nats",
    "nrlogs",
    "null",
    "opensearch",
    "opentelemetry",
    "oracle_log_analytics",
    "pgsql",
    "plot",
    "prometheus_exporter",
    "prometheus_remote_write",
    "retry",
    "s3",
    "skywalking",
    "slack",
    "splunk",
    "stackdriver",
    "stdout",
    "syslog",
    "tcp",
    "td",
    "udp",
    "vivo_exporter",
    "websocket",
];

/// Keys of the outputs that are used beside ours, in either release.
const OUTPUT_KEYS: [(&str, &str); 32] = [
    ("azure", "customer_id log_type log_type_key shared_key time_generated time_key"),
    (
        "azure_blob",
        "account_name auth_type auto_create_container azure_blob_buffer_key blob_type blob_uri_length \
         buffer_dir buffer_file_delete_early buffering_enabled compress compress_blob \
         configuration_endpoint_bearer_token configuration_endpoint_password \
         configuration_endpoint_url configuration_endpoint_username container_name database_file \
         date_key delete_on_max_upload_error emulator_mode endpoint file_delivery_attempt_limit \
         io_timeout part_delivery_attempt_limit part_size path sas_token scheduler_max_retries \
         shared_key store_dir_limit_size unify_tag upload_file_size upload_part_freshness_limit \
         upload_parts_timeout upload_timeout",
    ),
    (
        "azure_kusto",
        "auth_type azure_kusto_buffer_key blob_uri_length buffer_dir buffer_file_delete_early \
         buffering_enabled client_id client_secret compression_enabled database_name \
         delete_on_max_upload_error include_tag_key include_time_key ingestion_endpoint \
         ingestion_endpoint_connect_timeout ingestion_mapping_reference \
         ingestion_resources_refresh_interval io_timeout log_key scheduler_max_retries \
         store_dir_limit_size table_name tag_key tenant_id time_key unify_tag upload_file_size \
         upload_timeout workload_identity_token_file",
    ),
    (
        "azure_logs_ingestion",
        "auth_url client_id client_secret compress dce_url dcr_id table_name tenant_id time_generated \
         time_key",
    ),
    (
        "cloudwatch_logs",
        "add_entity auto_create_group auto_retry_requests endpoint external_id extra_user_agent \
         log_format log_group_class log_group_name log_group_template log_key log_retention_days \
         log_stream_name log_stream_prefix log_stream_template metric_dimensions metric_namespace \
         profile region role_arn sts_endpoint",
    ),
    (
        "datadog",
        "apikey compress dd_hostname dd_message_key dd_service dd_source dd_tags header \
         include_tag_key json_date_key provider proxy tag_key",
    ),
    (
        "es",
        "aws_auth aws_external_id aws_profile aws_region aws_role_arn aws_service_name \
         aws_sts_endpoint buffer_size cloud_auth cloud_id compress current_time_index generate_id \
         http_api_key http_passwd http_user id_key include_tag_key index logstash_dateformat \
         logstash_format logstash_prefix logstash_prefix_key logstash_prefix_separator path pipeline \
         replace_dots suppress_type_name tag_key time_key time_key_format time_key_nanos trace_error \
         trace_output type upstream write_operation",
    ),
    (
        "file",
        "csv_column_names delimiter enable_strftime fallback_file fallback_path file format \
         label_delimiter max_dynamic_files mkdir on_limit_reached on_missing_field path rotate \
         rotate_gzip rotate_max_files rotate_max_size template",
    ),
    (
        "forward",
        "add_option compress empty_shared_key fluentd_compat password require_ack_response \
         retain_metadata_in_forward_mode self_hostname send_options shared_key tag time_as_integer \
         unix_path upstream username",
    ),
    (
        "gcs",
        "bucket canned_acl compression content_type gcs_key_format gcs_key_format_tag_delimiters \
         google_service_credentials preserve_data_ordering send_content_md5 static_file_path \
         store_chunk_limit store_dir store_dir_limit_size upload_timeout",
    ),
    (
        "gelf",
        "compress gelf_full_message_key gelf_host_key gelf_level_key gelf_short_message_key \
         gelf_tag_key gelf_timestamp_key mode packet_size",
    ),
    (
        "http",
        "allow_duplicated_headers aws_auth aws_service body_key compress format gelf_full_message_key \
         gelf_host_key gelf_level_key gelf_short_message_key gelf_timestamp_key header header_tag \
         headers_key http.read_idle_timeout http.response_timeout http_method http_passwd http_user \
         json_date_format json_date_key log_response_payload oauth2.audience oauth2.auth_method \
         oauth2.client_id oauth2.client_secret oauth2.connect_timeout oauth2.enable oauth2.jwt_aud \
         oauth2.jwt_cert_file oauth2.jwt_header oauth2.jwt_key_file oauth2.jwt_ttl_seconds \
         oauth2.refresh_skew_seconds oauth2.resource oauth2.scope oauth2.timeout oauth2.token_url \
         oauth2.user_agent proxy uri",
    ),
    (
        "influxdb",
        "add_integer_suffix auto_tags bucket database http_header http_passwd http_token http_user \
         org sequence_tag tag_keys uri",
    ),
    (
        "kafka",
        "aws_msk_iam aws_msk_iam_cluster_arn brokers client_id dynamic_topic format \
         gelf_full_message_key gelf_host_key gelf_level_key gelf_short_message_key gelf_timestamp_key \
         group_id message_key message_key_field otlp_logs_partition_by_resource queue_full_retries \
         raw_log_key rdkafka. schema.registry.bearer.token schema.registry.http.password \
         schema.registry.http.user schema.registry.subject schema.registry.url \
         schema.registry.version schema_id schema_registry_bearer_token schema_registry_framing \
         schema_registry_http_passwd schema_registry_http_user schema_registry_subject \
         schema_registry_url schema_registry_version schema_str serializer.framing timestamp_format \
         timestamp_key topic_key topics",
    ),
    (
        "kinesis_firehose",
        "auto_retry_requests compression delivery_stream endpoint external_id log_key profile region \
         role_arn simple_aggregation sts_endpoint time_key time_key_format",
    ),
    (
        "kinesis_streams",
        "auto_retry_requests compression endpoint external_id log_key profile region role_arn \
         simple_aggregation stream sts_endpoint time_key time_key_format",
    ),
    (
        "logdna",
        "api_key app exclude_promoted_keys file hostname ip logdna_endpoint logdna_host logdna_port \
         mac tags",
    ),
    (
        "loki",
        "auto_kubernetes_labels bearer_token buffer_size compress drop_single_key header http_passwd \
         http_user label_keys label_map_path labels line_format remove_keys structured_metadata \
         structured_metadata_map_keys tenant_id tenant_id_key tenant_id_key_error_handling uri",
    ),
    ("nrlogs", "api_key base_uri compress license_key"),
    ("null", "format json_date_format json_date_key"),
    (
        "opensearch",
        "aws_auth aws_external_id aws_profile aws_region aws_role_arn aws_service_name \
         aws_sts_endpoint buffer_size compress current_time_index generate_id http_passwd http_user \
         id_key include_tag_key index logstash_dateformat logstash_format logstash_prefix \
         logstash_prefix_key logstash_prefix_separator path pipeline replace_dots suppress_type_name \
         tag_key time_key time_key_format time_key_nanos trace_error trace_output type \
         write_operation",
    ),
    (
        "opentelemetry",
        "add_label aws_auth aws_service batch_size compress grpc grpc_logs_uri grpc_metrics_uri \
         grpc_profiles_uri grpc_traces_uri header http2 http_passwd http_user log_response_payload \
         logs_attributes_metadata_key logs_body_key logs_body_key_attributes \
         logs_instrumentation_scope_metadata_key logs_max_resources logs_max_scopes logs_metadata_key \
         logs_observed_timestamp_metadata_key logs_resource_metadata_key \
         logs_severity_number_message_key logs_severity_number_metadata_key \
         logs_severity_text_message_key logs_severity_text_metadata_key logs_span_id_message_key \
         logs_span_id_metadata_key logs_timestamp_metadata_key logs_trace_flags_metadata_key \
         logs_trace_id_message_key logs_trace_id_metadata_key logs_uri metrics_uri profiles_uri proxy \
         traces_uri uri",
    ),
    ("prometheus_exporter", "add_label add_timestamp"),
    (
        "prometheus_remote_write",
        "add_label aws_auth aws_service compression header http_passwd http_user log_response_payload \
         proxy uri",
    ),
    (
        "s3",
        "authorization_endpoint_bearer_token authorization_endpoint_password \
         authorization_endpoint_url authorization_endpoint_username auto_retry_requests \
         blob_database_file bucket canned_acl compression content_type endpoint external_id \
         file_delivery_attempt_limit format json_date_format json_date_key log_key \
         part_delivery_attempt_limit part_size preserve_data_ordering profile \
         quarantine_dir_limit_size region retry_exhausted_action role_arn s3_key_format \
         s3_key_format_tag_delimiters send_content_md5 static_file_path storage_class store_dir \
         store_dir_limit_size sts_endpoint total_file_size upload_chunk_size \
         upload_part_freshness_limit upload_parts_timeout upload_timeout use_put_object",
    ),
    ("slack", "webhook"),
    (
        "splunk",
        "auto_extract_timestamp channel compress event_field event_host event_index event_index_key \
         event_key event_source event_sourcetype event_sourcetype_key http_buffer_size \
         http_debug_bad_request http_passwd http_user splunk_send_raw splunk_token",
    ),
    ("stdout", "format json_date_format json_date_key"),
    (
        "syslog",
        "allow_longer_sd_id mode syslog_appname_key syslog_appname_preset syslog_facility_key \
         syslog_facility_preset syslog_format syslog_hostname_key syslog_hostname_preset \
         syslog_maxsize syslog_message_key syslog_msgid_key syslog_msgid_preset syslog_procid_key \
         syslog_procid_preset syslog_sd_key syslog_severity_key syslog_severity_preset",
    ),
    ("tcp", "format json_date_format json_date_key raw_message_key"),
    ("udp", "format json_date_format json_date_key raw_message_key"),
    ("websocket", "format header json_date_format json_date_key uri"),
];

/// Keys that every output has, for suggestions.
const OF_OUTPUTS: [&str; 12] = [
    "name",
    "match",
    "match_regex",
    "alias",
    "host",
    "port",
    "workers",
    "retry_limit",
    "log_level",
    "ipv6",
    "tls",
    "tls.verify",
];

/// Keys that Fluent Bit reads in any plugin.
const OF_CORE: [&str; 2] = ["active", "condition"];

/// Keys of which an output needs one.
const NEEDED: [(&str, &[&str]); 13] = [
    ("cloudwatch_logs", &["region"]),
    ("cloudwatch_logs", &["log_group_name"]),
    ("cloudwatch_logs", &["log_stream_prefix", "log_stream_name"]),
    ("datadog", &["apikey"]),
    ("kinesis_firehose", &["region"]),
    ("kinesis_firehose", &["delivery_stream"]),
    ("kinesis_streams", &["region"]),
    ("kinesis_streams", &["stream"]),
    ("logdna", &["api_key"]),
    ("nrlogs", &["license_key", "api_key"]),
    ("s3", &["bucket"]),
    ("slack", &["webhook"]),
    ("splunk", &["splunk_token", "http_user"]),
];

/// Reports an output of Fluent Bit's that it refuses.
pub(super) fn check(output: &Section) -> Vec<Finding> {
    let misspelt = Some(output).filter(|output| output.origin == Origin::FluentBit).and_then(misspelt_output);
    let unknown: Vec<Finding> =
        output.settings.iter().filter_map(|setting| unknown(output, setting)).collect();
    // A key that is there under another name is reported with that.
    let missing = if unknown.is_empty() { missing(output) } else { Vec::new() };
    let found = misspelt.into_iter().chain(unknown).chain(missing);
    found.map(|finding| finding.in_container(output.container.as_deref())).collect()
}

/// Outputs of other libraries have names like `firehose`, so that only a near miss is reported.
fn misspelt_output(section: &Section) -> Option<Finding> {
    let setting = section.get("name")?;
    let text = setting.value.text()?.to_ascii_lowercase();
    let is_other = OUTPUTS.contains(&text.as_str()) || closest(&text, ["ecs_router"]).is_some();
    let near = closest(&text, OUTPUTS).filter(|_| !is_other)?;
    Some(absent(setting, &text, "output", near))
}

fn plugin(output: &Section) -> String {
    output.text("name").unwrap_or_default().to_ascii_lowercase()
}

/// Reports a key that the output does not have.
fn unknown(output: &Section, setting: &Setting) -> Option<Finding> {
    let plugin = plugin(output);
    let (_, own) = OUTPUT_KEYS.iter().find(|(name, _)| *name == plugin)?;
    let own: Vec<&str> = own.split_whitespace().collect();
    let key = setting.key.to_ascii_lowercase();
    let is_known = own.contains(&key.as_str())
        || OF_CORE.contains(&key.as_str())
        || host_keys::is_key(output.origin, &key)
        || GROUPS.iter().any(|group| key.starts_with(group))
        || (plugin == "kafka" && key.starts_with("rdkafka."));
    if is_known || output.open {
        return None;
    }
    let (severity, instead) = match meant(&plugin, &key, &own) {
        Some(near) => (FindingSeverity::Error, format!("did you mean {near}?")),
        None => (FindingSeverity::Warning, format!("leave it out; {plugin} has {}", own.join(", "))),
    };
    let message = format!("is not a key of {plugin} in Fluent Bit 1.9.10 and 5.1.1, which refuse to start");
    Some(Finding::new(severity, &setting.location, &setting.key, message, instead))
}

/// The key that was meant: one that is spelt alike, or a needed one of which this is the beginning.
fn meant<'k>(plugin: &str, key: &str, own: &[&'k str]) -> Option<&'k str> {
    let needed = NEEDED.iter().filter(|(of, _)| *of == plugin).flat_map(|(_, keys)| *keys).copied();
    let longer = needed.filter(|needed| needed.starts_with(&format!("{key}_")));
    closest(key, own.iter().copied().chain(OF_OUTPUTS)).or_else(|| longer.min_by_key(|needed| needed.len()))
}

fn missing(output: &Section) -> Vec<Finding> {
    let plugin = plugin(output);
    let needed = NEEDED.iter().filter(|(of, _)| *of == plugin && !output.open);
    let missing = needed.filter(|(_, keys)| keys.iter().all(|key| output.get(key).is_none()));
    let finding = |(_, keys): &(&str, &[&str])| {
        let message = format!("is missing from this {plugin} output, and Fluent Bit refuses to start");
        let instead = format!("add {}", keys.join(" or "));
        Some(Finding::new(FindingSeverity::Error, &output.location, keys.first()?, message, instead))
    };
    missing.filter_map(finding).collect()
}

//! ARNs and account numbers of another form than their key wants.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>, read 2026-11.

use super::{partitions, regions};
use crate::check::finding::Finding;
use crate::config::{Section, Setting};

/// One kind of ARN.
struct ArnForm {
    /// The service: the third part.
    service: &'static str,
    /// What the last part begins with.
    resources: &'static [&'static str],
    example: &'static str,
}

const ROLE: ArnForm =
    ArnForm { service: "iam", resources: &["role/"], example: "arn:aws:iam::111122223333:role/name" };

const KMS_KEY: ArnForm = ArnForm {
    service: "kms",
    resources: &["key/", "alias/"],
    example: "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
};

/// `name` is the key without its destination.
pub(super) fn of_value(section: &Section, setting: &Setting, name: &str, text: &str) -> Option<Finding> {
    of_form(setting, name, text).or_else(|| of_partition(section, setting, text))
}

/// Reports an ARN of a partition that does not exist, or that is not the one of the destination's region.
fn of_partition(section: &Section, setting: &Setting, text: &str) -> Option<Finding> {
    let partition = text.strip_prefix("arn:")?.split(':').next()?;
    if !partitions::is_known(partition) {
        let meant = partitions::meant(partition);
        let message = format!("there is no partition '{partition}'");
        let instead = format!("write {}", text.replacen(partition, meant, 1));
        return Some(Finding::error_of(setting, message, instead));
    }
    let (destination, _) = setting.key.rsplit_once('.')?;
    // A destination without a region has that of the task, and so have the others.
    let other =
        || section.settings.iter().find(|setting| setting.key.to_ascii_lowercase().ends_with(".region"));
    let key = format!("{destination}.region");
    let setting = section.get(&key).or_else(other)?;
    let region = setting.value.text()?;
    let own = partitions::of_region(region);
    if own == partition || partition.contains(['$', '{', '<']) || !regions::is_known(region) {
        return None;
    }
    let message = format!("is in the partition {partition}, but {} {region} is in {own}", setting.key);
    Some(Finding::error_of(setting, message, format!("write {}", text.replacen(partition, own, 1))))
}

fn of_form(setting: &Setting, name: &str, text: &str) -> Option<Finding> {
    match name {
        "role_arn" if !text.starts_with("arn:") => Some(no_arn(setting, text, &ROLE)),
        "role_arn" => malformed(setting, text, &ROLE),
        // CloudWatch takes nothing but an ARN; S3 also takes a key's id and its alias.
        "kms_key_id" if !text.starts_with("arn:") => Some(no_arn(setting, text, &KMS_KEY)),
        "kms_key_id" => malformed(setting, text, &KMS_KEY),
        "sse_kms_key_id" if text.starts_with("arn:") => malformed(setting, text, &KMS_KEY),
        "delivery_stream" | "log_group" | "url" | "endpoint" if text.starts_with("arn:") => None,
        "url" => account_in_queue_url(setting, text).or_else(|| plain_queue(setting, text)),
        _ => None,
    }
}

/// Reports a name or an id where an ARN is wanted, with the ARN that was probably meant.
fn no_arn(setting: &Setting, text: &str, form: &ArnForm) -> Finding {
    let name = text.rsplit('/').next().unwrap_or(text);
    let (start, _) = form.example.rsplit_once('/').unwrap_or((form.example, ""));
    Finding::error_of(setting, format!("'{text}' is not an ARN"), format!("write it in full: {start}/{name}"))
}

fn malformed(setting: &Setting, text: &str, form: &ArnForm) -> Option<Finding> {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let [_, partition, service, region, account, resource] = parts.as_slice() else {
        return Some(not_of_form(setting, text, form));
    };
    let is_kind = *service == form.service
        && form
            .resources
            .iter()
            .any(|start| resource.strip_prefix(start).is_some_and(|name| !name.is_empty()));
    if !is_kind || !partition.starts_with("aws") {
        return Some(not_of_form(setting, text, form));
    }
    if !is_account(account) {
        let instead = format!("write it as {}", form.example);
        return Some(Finding::error_of(
            setting,
            format!("the account '{account}' in '{text}' has not twelve digits"),
            instead,
        ));
    }
    if form.service == "iam" && !region.is_empty() {
        return Some(not_of_form(setting, text, form));
    }
    if regions::is_known(region) { None } else { regions::of_value(setting, region) }
}

fn not_of_form(setting: &Setting, text: &str, form: &ArnForm) -> Finding {
    let what = form.resources.first().map_or("", |start| start.trim_end_matches('/'));
    let what = if form.service == "iam" {
        format!("a {what}")
    } else {
        format!("a {what} of {}", form.service.to_uppercase())
    };
    Finding::error_of(
        setting,
        format!("'{text}' is not the ARN of {what}"),
        format!("it looks like {}", form.example),
    )
}

/// `https://sqs.eu-west-1.amazonaws.com/111122223333/stops`
fn account_in_queue_url(setting: &Setting, text: &str) -> Option<Finding> {
    if !setting.key.eq_ignore_ascii_case("queue.url") || !text.contains(".amazonaws.") {
        return None;
    }
    let path: Vec<&str> = text.split_once("://")?.1.split('/').skip(1).collect();
    let is_queue = matches!(path.as_slice(), [account, name] if is_account(account) && !name.is_empty());
    let message = format!(
        "'{text}' is not the address of a queue: after the host stand an account of twelve digits and a name"
    );
    let instead = "write for example https://sqs.eu-west-1.amazonaws.com/111122223333/stops".to_owned();
    (!is_queue).then(|| Finding::warn_of(setting, message, instead))
}

/// SQS answers without TLS as well, and anybody on the way reads the events and the signature.
fn plain_queue(setting: &Setting, text: &str) -> Option<Finding> {
    let rest = text.strip_prefix("http://").filter(|rest| rest.contains(".amazonaws."))?;
    let is_queue = setting.key.eq_ignore_ascii_case("queue.url");
    let message = "begins with http://, so that the events come unencrypted".to_owned();
    is_queue.then(|| Finding::warn_of(setting, message, format!("write https://{rest}")))
}

/// Whether it is the number of an account.
pub(crate) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|digit| digit.is_ascii_digit())
}

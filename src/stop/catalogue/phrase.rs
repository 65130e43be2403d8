//! The end of a summary: the cause in a few words, by category, cause and what the text names.

use super::words::{self, Words};
use crate::stop::kind::{Category, Cause};

/// Category (`None`: any), cause, words of the text (none: any text), phrase. The first row that fits counts.
type Row = (Option<Category>, Cause, Words, &'static str);

#[rustfmt::skip]
const ROWS: &[Row] = &[
    (Some(Category::ImagePull),      Cause::NotFound,   &[],                                        "no such image or tag"),
    (Some(Category::ImagePull),      Cause::Invalid,    &[],                                        "its reference or format is not valid"),
    (Some(Category::ImagePull),      Cause::Network,    &["x509:", "certificate"],                  "the registry's certificate is not trusted"),
    (Some(Category::ImagePull),      Cause::Network,    &[],                                        "the registry could not be reached"),
    (Some(Category::Secret),         Cause::NotFound,   &[],                                        "it does not exist"),
    (Some(Category::Secret),         Cause::Invalid,    &["marked for deletion"],                   "it is marked for deletion"),
    (Some(Category::Secret),         Cause::Invalid,    &["json key"],                              "it lacks what the task definition asks for"),
    (Some(Category::Secret),         Cause::Invalid,    &["arn", "secretid"],                       "its ARN is not valid"),
    (Some(Category::Secret),         Cause::Invalid,    &[],                                        "its name or content is not valid"),
    (Some(Category::Logging),        Cause::NotFound,   &["log group", "resourcenotfound"],         "the log group does not exist"),
    (Some(Category::Capacity),       Cause::NotFound,   &["subnet"],                                "a subnet does not exist"),
    (Some(Category::Network),        Cause::NotFound,   &["group"],                                 "a security group does not exist"),
    (Some(Category::Network),        Cause::NotFound,   &["subnetid", "subnet & does not exist"],   "a subnet does not exist"),
    (Some(Category::ContainerStart), Cause::NotFound,   &["passwd file", "no users found", "find user"], "its user does not exist in the image"),
    (Some(Category::ContainerStart), Cause::NotFound,   &[],                                        "a file or command is missing"),
    (Some(Category::ContainerStart), Cause::Permission, &["rlimit"],                                "a limit may not be set"),
    (Some(Category::ContainerStart), Cause::Permission, &["exec", "entrypoint", "start container process"], "a file may not be executed"),
    (Some(Category::ContainerStart), Cause::Invalid,    &["inactive", "not active"],                "its task definition is inactive"),
    (Some(Category::ContainerStart), Cause::Timeout,    &["dependency"],                            "a container that it depends on was not ready in time"),
    (None, Cause::Permission,       &[], "permission was denied"),
    (None, Cause::NotFound,         &[], "something it names does not exist"),
    (None, Cause::Network,          &[], "the other side could not be reached"),
    (None, Cause::RateLimit,        &[], "a rate limit was hit"),
    (None, Cause::Quota,            &[], "a quota is used up"),
    (None, Cause::DiskFull,         &[], "no disk space is left"),
    (None, Cause::PlatformMismatch, &[], "it is built for another platform"),
    (None, Cause::Timeout,          &[], "it took too long"),
    (None, Cause::Invalid,          &[], "the configuration is not valid"),
];

/// Takes statements as `reason::normalize` makes them.
pub(in crate::stop) fn find(category: Category, cause: Cause, statements: &[String]) -> &'static str {
    let fits = |row: &&Row| {
        row.0.is_none_or(|it| it == category)
            && row.1 == cause
            && (row.2.is_empty() || statements.iter().any(|statement| words::any(row.2, statement)))
    };
    ROWS.iter().find(fits).map_or("", |row| row.3)
}

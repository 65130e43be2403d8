//! What a text names as broken: an image, a secret, a role, the id of a resource. Knows no event.

use crate::stop::kind::Category;

/// Beginnings of ids, of which a hexadecimal number follows.
const IDS: [&str; 9] = ["sg-", "subnet-", "fsap-", "fs-", "vol-", "snap-", "eni-", "i-", "lt-"];
/// Shorter numbers are none of an id.
const MIN_ID_DIGITS: usize = 4;

/// The broken thing that `reason` names, where one of `category` can be.
pub(in crate::stop) fn find(category: Category, reason: &str) -> Option<String> {
    match category {
        Category::ImagePull => image(reason),
        Category::Secret => secret(reason),
        Category::Logging => arn_after(reason, ":log-group:").map(|group| until_colon(group).to_owned()),
        Category::Storage | Category::Network | Category::Capacity => {
            id(reason).or_else(|| arn_after(reason, ":role/").map(String::from))
        }
        Category::Platform => arn_after(reason, ":role/").map(String::from),
        _ => None,
    }
}

/// The words of a text, without the marks around them.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let words =
        text.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '(' | ')' | ',' | '[' | ']'));
    words.map(|word| word.trim_end_matches([':', '.', ';'])).filter(|word| !word.is_empty())
}

/// The references of images in a text: `registry.host/name:tag`.
pub(in crate::stop) fn images(text: &str) -> impl Iterator<Item = &str> {
    words(text).filter(|word| {
        let host = word.split('/').next().unwrap_or_default();
        let name = word.rsplit('/').next().unwrap_or_default();
        host.contains('.') && !host.contains(':') && host != *word && name.contains([':', '@'])
    })
}

/// Without the host of ECR, which is long and says little.
fn image(reason: &str) -> Option<String> {
    let image = images(reason).next()?;
    let short = image.split_once(".amazonaws.com/").map_or(image, |(_, name)| name);
    Some(short.split_once("@sha256:").map_or(short, |(name, _)| name).to_owned())
}

fn secret(reason: &str) -> Option<String> {
    let by_arn = arn_after(reason, ":secret:").map(until_colon).or_else(|| arn_after(reason, ":parameter/"));
    by_arn.or_else(|| parameter(reason)).map(String::from)
}

/// `invalid parameters: /prod/db`.
fn parameter(reason: &str) -> Option<&str> {
    let (_, names) = reason.split_once("arameters: ")?;
    words(names).next().filter(|name| !name.contains(['{', '=']))
}

fn arn_after<'t>(text: &'t str, mark: &str) -> Option<&'t str> {
    let arn = words(text).find(|word| word.starts_with("arn:") && word.contains(mark))?;
    arn.split_once(mark).map(|(_, name)| name).filter(|name| !name.is_empty())
}

fn until_colon(name: &str) -> &str {
    name.split(':').next().unwrap_or(name)
}

fn id(reason: &str) -> Option<String> {
    let parts = words(reason).flat_map(|word| word.split([':', '/', '.', '=']));
    parts.filter(|word| is_id(word)).map(String::from).next()
}

fn is_id(word: &str) -> bool {
    let number = IDS.iter().find_map(|start| word.strip_prefix(start));
    number
        .is_some_and(|number| number.len() >= MIN_ID_DIGITS && number.chars().all(|c| c.is_ascii_hexdigit()))
}

/// The text with every ARN cut to its resource: `role/web` instead of `arn:aws:iam::111122223333:role/web`.
pub(in crate::stop) fn with_tails_of_arns(text: &str) -> String {
    let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '(' | ')' | ',' | '[' | ']');
    text.split_inclusive(ends).map(with_tail).collect()
}

fn with_tail(word: &str) -> &str {
    let tail = || word.splitn(6, ':').nth(5).filter(|tail| tail.len() > 1);
    if word.starts_with("arn:") { tail().unwrap_or(word) } else { word }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_broken_thing_is_named() {
        for (category, text, expected) in [
            (
                Category::ImagePull,
                "failed to resolve ref 111122223333.dkr.ecr.eu-central-1.amazonaws.com/api:v42: not found",
                Some("api:v42"),
            ),
            (
                Category::ImagePull,
                "failed to resolve ref docker.io/library/nginx:9: not found",
                Some("docker.io/library/nginx:9"),
            ),
            (Category::ImagePull, "Get https://auth.docker.io/token: i/o timeout", None),
            (
                Category::Secret,
                "no access to arn:aws:secretsmanager:eu-central-1:1:secret:prod/db-AbCdEf:user::",
                Some("prod/db-AbCdEf"),
            ),
            (Category::Secret, "from SSM: invalid parameters: /prod/db", Some("/prod/db")),
            (Category::Network, "The security group 'sg-0123abcd' does not exist", Some("sg-0123abcd")),
            (
                Category::Storage,
                "Failed to resolve \"fs-0123abcd.efs.eu-central-1.amazonaws.com\"",
                Some("fs-0123abcd"),
            ),
            (Category::Platform, "unable to assume the role 'arn:aws:iam::1:role/x' that", Some("x")),
            (Category::AppError, "sg-0123abcd", None),
            (Category::Network, "", None),
        ] {
            assert_eq!(find(category, text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn arns_are_cut_to_their_resources() {
        let text = "User: arn:aws:sts::1:assumed-role/web/x may not read 'arn:aws:s3:::b' arn:";
        assert_eq!(with_tails_of_arns(text), "User: assumed-role/web/x may not read 'b' arn:");
    }
}

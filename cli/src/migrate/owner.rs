//! Whose account and region a file names.

use regex::Regex;

use crate::init::Owner;

/// Roles first: they belong to the account in which the task runs, while images may come from another one.
const ACCOUNTS: [&str; 3] =
    [r":iam::([0-9]{12}):role/", r":ecs:[a-z0-9-]+:([0-9]{12}):", r"\b([0-9]{12})\.dkr\.ecr\."];

const REGIONS: [&str; 2] = [r":ecs:([a-z0-9-]+):[0-9]{12}:", r"\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws"];

/// What the ARNs and images of a file say.
pub(super) fn of(text: &str) -> Owner {
    Owner { account: first(text, &ACCOUNTS), region: first(text, &REGIONS) }
}

fn first(text: &str, patterns: &[&str]) -> Option<String> {
    let found = |pattern: &&str| Some(Regex::new(pattern).ok()?.captures(text)?.get(1)?.as_str().to_owned());
    patterns.iter().find_map(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_names_the_account_and_an_image_the_region() {
        let image = "444455556666.dkr.ecr.us-east-2.amazonaws.com/web:1";
        let role = "arn:aws:iam::777788889999:role/web";
        for (text, account, region) in [
            (format!("{image} {role}"), Some("777788889999"), Some("us-east-2")),
            (image.to_owned(), Some("444455556666"), Some("us-east-2")),
            ("nginx:1 123456789012".to_owned(), None, None),
        ] {
            let owner = of(&text);
            assert_eq!((owner.account.as_deref(), owner.region.as_deref()), (account, region), "{text}");
        }
    }
}

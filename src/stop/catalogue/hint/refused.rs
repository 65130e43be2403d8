//! Who else than the role's own policy can forbid an action, as AWS says in its refusals.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>

use super::words::Words;
use crate::stop::kind::Cause;

#[rustfmt::skip]
const ROWS: &[(Words, &str)] = &[
    (&["vpc endpoint policy"],
        "The VPC endpoint's policy forbids it, not the role: let that policy allow the action that the text names."),
    (&["service control policy"],
        "A service control policy of the organization forbids it, not the role: ask whoever manages it to allow the action that the text names."),
    (&["resource control policy"],
        "A resource control policy of the organization forbids it, not the role: ask whoever manages it to allow the action that the text names."),
    (&["permissions boundary"],
        "The role's permissions boundary forbids it: let the boundary allow the action that the text names, as the role's policy does."),
    (&["resource-based policy"],
        "The policy of what the text names forbids it or leaves the role out: change the policy of that secret, key, repository or bucket."),
];

/// The hint for a refusal that names such a policy.
pub(super) fn find(cause: Option<Cause>, statements: &[String]) -> Option<&'static str> {
    let rows = ROWS.iter().filter(|_| cause == Some(Cause::Permission));
    rows.filter(|row| super::names(row.0, statements)).map(|row| row.1).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_that_refuses_is_named() {
        let statement =
            |words: &str| vec![format!("accessdenied: x is not authorized because no {words} allows it")];
        for (words, hint) in ROWS {
            assert_eq!(find(Some(Cause::Permission), &statement(words[0])), Some(*hint));
            assert_eq!(find(Some(Cause::Network), &statement(words[0])), None);
        }
        assert_eq!(find(Some(Cause::Permission), &statement("identity-based policy")), None);
    }
}

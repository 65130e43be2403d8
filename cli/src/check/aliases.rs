//! Outputs that Fluent Bit names alike: it merges their series, and the last output's counters replace the others'.

use super::finding::Finding;
use crate::config::{Configuration, Section};

/// Reports each output whose alias another one before it has.
pub(super) fn check(configuration: &Configuration, findings: &mut Vec<Finding>) {
    let outputs: Vec<&Section> = configuration.ours().collect();
    for (position, output) in outputs.iter().enumerate() {
        let Some(alias) = output.text("alias") else { continue };
        let same = |before: &&&Section| before.origin == output.origin && before.text("alias") == Some(alias);
        let first = outputs.iter().take(position).find(same);
        findings.extend(first.map(|first| shared(first, output)));
    }
}

fn shared(first: &Section, output: &Section) -> Finding {
    let message = format!(
        "is that of the output at {}:{}, too, so that Fluent Bit shows the counters of one of them only",
        first.location.file, first.location.line
    );
    Finding::warn(output, "Alias", message, "give each output an Alias of its own")
}

#[cfg(test)]
mod tests {
    use crate::check::tests::said;

    fn about_aliases(aliases: [&str; 3]) -> Vec<String> {
        let outputs = ["a", "b", "c"].iter().zip(aliases).map(|(tag, alias)| {
            format!(
                "[OUTPUT]\n    Name ecs_router\n    Match {tag}\n    Workers 1\n    Retry_Limit no_limits\n    {alias}\n    \
                 route.default stdout\n    stdout.type stdout\n"
            )
        });
        let text = format!("[SERVICE]\n    Grace 30\n    Plugins_File p\n{}", outputs.collect::<String>());
        said("x", &text).into_iter().filter(|finding| finding.contains("Alias")).collect()
    }

    #[test]
    fn outputs_with_one_alias_hide_the_counters_of_each_other() {
        let found = about_aliases(["Alias same", "Alias other", "Alias same"]);
        assert!(
            matches!(found.as_slice(), [one] if one.contains("Alias: is that of the output at x:4, too")),
            "{found:?}"
        );
        assert_eq!(about_aliases(["Alias a", "Alias b", "# none"]), [""; 0]);
        assert_eq!(about_aliases(["# none", "# none", "Alias ${A}"]), [""; 0]);
    }
}

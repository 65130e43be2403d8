//! What is masked, as `check`, `replay` and `explain` tell it, and the configuration of docs/personal-data.md.

use serde_json::{Value, json};

use super::{Ran, ran};
use test_support::root;
use test_support::temp::TempDir;

const TAG: &str = "app-firelens-7378aadeebae5d55dee04916c8a42528";

fn lines() -> String {
    root().join("examples/personal-data.jsonl").display().to_string()
}

/// The first configuration of the page.
fn configuration(folder: &TempDir) -> String {
    let page = std::fs::read_to_string(root().join("docs/personal-data.md")).unwrap();
    let block = page.split("```conf\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    folder.file("extra.conf", block).display().to_string()
}

#[test]
fn the_configuration_of_the_page_masks_what_the_page_says() {
    let folder = TempDir::new();
    let file = configuration(&folder);
    let Ran { code, out, err } = ran(&["check", &file]);
    assert_eq!((code, out.contains("0 error(s), 0 warning(s)")), (0, true), "{out}{err}");
    let Ran { code, out, err } = ran(&["replay", &file, &lines(), "--tag", TAG]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.contains("\nmasked: 0 aws_key, 0 bearer, 2 card, 1 customer, 1 email, 0 jwt\n"), "{out}");
    let Ran { out, .. } = ran(&["replay", &file, &lines(), "--tag", TAG, "--json"]);
    let summary: Value = serde_json::from_str(out.lines().last().unwrap()).unwrap();
    let masked = json!({"aws_key": 0, "bearer": 0, "card": 2, "customer": 1, "email": 1, "jwt": 0});
    assert_eq!(summary["summary"]["masked"], masked);
}

#[test]
fn explain_shows_lines_as_they_would_leave() {
    let Ran { code, out, .. } = ran(&["explain", "--redact", "email, card", &lines(), "--json"]);
    assert_eq!(code, 0);
    let rows: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows[0]["masked"], json!({"email": 1}));
    assert_eq!(rows[1]["record"]["log"], r#"{"card":"[card]","seq":7}"#);
    assert_eq!(rows[3]["masked"], json!({}));
    let Ran { code, err, .. } = ran(&["explain", "--redact", "emial", &lines()]);
    assert_eq!(code, 1);
    assert!(err.contains("--redact: there is no rule 'emial'; there are email, card"), "{err}");
}

#[test]
fn check_tells_mistakes_in_rules_with_what_to_write() {
    let folder = TempDir::new();
    for (lines, expected) in [
        ("redact emial", "error: redact: there is no rule 'emial'; "),
        (
            "redact order\n    redact.order ORD-(",
            "error: redact.order: 'ORD-(' is not a regular expression: unclosed group at character 5",
        ),
        ("redact order\n    redact.order x*", "warning: redact.order: also matches where nothing stands"),
        ("redact order\n    redact.order .+", "warning: redact.order: masks most of every line"),
        (
            "redact email\n    redact.order ORD",
            "error: redact.order: no list of rules names 'order', so that nothing uses it; add order to redact",
        ),
        (
            "redact email\n    redact.mdoe hash",
            "error: redact.mdoe: no list of rules names 'mdoe', so that nothing uses it; did you mean redact.mode?",
        ),
        (
            "redact email\n    redact.email x",
            "error: redact.email: has no effect, for the rule is built in; leave redact.email out",
        ),
        ("redact email\n    redact.mode hash", "error: redact.key: is missing"),
        (
            "redact email\n    redact.mode hash\n    redact.key 0123456789abcdef",
            "warning: redact.key: is a secret, in clear text",
        ),
        ("stdout.redact of", "error: stdout.redact: there is no rule 'of'"),
    ] {
        let text = format!(
            "[OUTPUT]\n    Name ecs_router\n    Match *\n    Workers 2\n    Retry_Limit no_limits\n    route.default stdout\n    join partial\n    {lines}\n"
        );
        let file = folder.file("extra.conf", &text).display().to_string();
        let Ran { out, .. } = ran(&["check", &file]);
        assert!(out.contains(expected), "{lines}\nmissing: {expected}\nin {out}");
        assert_eq!(out.lines().filter(|line| line.contains("redact")).count(), 1, "{lines}\n{out}");
    }
    let fine = "[OUTPUT]\n    Name ecs_router\n    Match *\n    Workers 2\n    Retry_Limit no_limits\n    route.default stdout\n    \
        join partial\n    redact email, order\n    redact.order ORD-[0-9]+\n    redact.mode hash\n    redact.key ${KEY}\n    stdout.redact order\n";
    let file = folder.file("extra.conf", fine).display().to_string();
    let Ran { out, .. } = ran(&["check", &file]);
    assert!(!out.contains("redact"), "{out}");
}

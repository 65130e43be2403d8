use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::config::Settings;

fn read(keys: &[(&str, &str)]) -> (Settings, Vec<String>) {
    let usual = [("route.default", "file, stdout"), ("file.path", "/x")];
    let keys = usual.iter().chain(keys).map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    let problems = RefCell::new(Vec::new());
    let settings = Settings::read(&keys.collect::<BTreeMap<_, _>>(), &problems);
    (settings, problems.into_inner().iter().map(ToString::to_string).collect())
}

#[test]
fn destinations_have_the_rules_of_the_output_or_their_own() {
    for (keys, by_destination, redactors) in [
        (&[][..], [None, None], 0),
        (&[("redact", "email, card")], [Some(0), Some(0)], 1),
        (&[("redact", "email"), ("stdout.redact", "off")], [Some(0), None], 1),
        (&[("redact", "email"), ("stdout.redact", "email, card")], [Some(0), Some(1)], 2),
        (&[("redact", "card, email"), ("stdout.redact", "email, card, email")], [Some(0), Some(0)], 1),
        (&[("redact", "Email, EMAIL"), ("stdout.redact", "Off")], [Some(0), None], 1),
        (&[("redact", "all"), ("redact.all", "[0-9]{8}")], [Some(0), Some(0)], 1),
        (&[("stdout.redact", "order"), ("redact.order", "ORD-[0-9]+")], [None, Some(0)], 1),
    ] {
        let (settings, problems) = read(keys);
        assert_eq!(problems, [""; 0], "{keys:?}");
        assert_eq!(settings.redaction.by_destination, by_destination, "{keys:?}");
        assert_eq!(settings.redaction.redactors.len(), redactors, "{keys:?}");
    }
}

#[test]
fn mistakes_are_told_with_what_to_write() {
    let hash = ("redact.mode", "hash");
    for (keys, expected) in [
        (&[("redact", "emial")][..], "redact: there is no rule 'emial'; there are email, card, ipv4, "),
        (&[("stdout.redact", "emial")], "stdout.redact: there is no rule 'emial'; there are email, "),
        (&[("redact", "off, email")], "redact: 'off' cannot be combined with rules; choose one or the other"),
        (&[("redact", "all")], "redact: 'all' is not a rule; write the rules that you want, of email, "),
        (&[("stdout.redact", "False")], "stdout.redact: 'False' is not a rule; write off, or the rules "),
        (&[("redact", "mode")], "redact: 'mode' cannot be the name of a rule; choose another one"),
        (&[("redact", "a b")], "redact: 'a b' cannot be the name of a rule; write names of letters"),
        (
            &[("redact", "x"), ("redact.x", "(?<=a)b")],
            "redact.x: '(?<=a)b' is not a regular expression: look",
        ),
        (
            &[("redact", "order"), ("redact.order", "ORD-(")],
            "redact.order: 'ORD-(' is not a regular expression: unclosed group at character 5",
        ),
        (
            &[("redact", "x"), ("redact.x", r"(?-u:\xFF)")],
            "redact.x: '(?-u:\\xFF)' is not a regular expression: ",
        ),
        (
            &[("redact", "email"), hash],
            "redact.key: is missing, but redact.mode is hash; write what this prints",
        ),
        (
            &[("redact", "email"), hash, ("redact.key", "short")],
            "redact.key: is too short; write 16 characters",
        ),
        (
            &[("redact", "email"), ("redact.key", "0123456789abcdef")],
            "redact.key: has no effect without redact.mode",
        ),
        (
            &[("redact", "email"), ("redact.email", "x")],
            "redact.email: has no effect, for the rule is built in; leave",
        ),
        (&[hash], "redact.mode: has no effect without redact; leave redact.mode out"),
    ] {
        let (_, problems) = read(keys);
        assert!(problems.iter().any(|problem| problem.starts_with(expected)), "{expected}\nin {problems:#?}");
    }
}

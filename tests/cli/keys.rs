use ecs_router::config::keys::{self, DestinationKind, KEYS};

use super::ran;

#[test]
fn every_key_is_told_with_its_meaning() {
    let ran = ran(&["keys"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    for key in KEYS {
        assert!(ran.out.contains(&format!("\n  {} (", key.name)), "{}", key.name);
        assert!(ran.out.contains(&format!("      example: {}\n", key.example)), "{}", key.name);
    }
}

#[test]
fn one_type_of_destination_has_only_its_keys() {
    for kind in DestinationKind::ALL {
        let ran = ran(&["keys", &kind.name().to_uppercase()]);
        assert_eq!(ran.code, 0, "{kind:?}");
        for key in KEYS {
            let listed = ran.out.contains(&format!("\n  {} (", key.name));
            let known = keys::find(Some(kind), key.name).is_some();
            assert_eq!(listed, known, "{kind:?} {}", key.name);
        }
    }
}

#[test]
fn as_markdown_it_is_what_the_page_of_keys_shows() {
    assert_eq!(ran(&["keys", "--markdown"]).out, keys::reference().trim_start());
    let s3 = ran(&["keys", "s3", "--markdown"]).out;
    let of_s3 = keys::reference().split("## Destination type `s3`").nth(1).unwrap().to_owned();
    let of_s3 = of_s3.split("\n## ").next().unwrap().trim();
    assert!(s3.contains(of_s3) && !s3.contains("Destination type `slack`"), "{s3}");
}

#[test]
fn a_type_that_does_not_exist_is_answered_with_one_that_does() {
    let near = ran(&["keys", "cloudwach"]);
    assert_eq!((near.code, near.out.as_str()), (2, ""));
    assert!(
        near.err.contains("'cloudwach' is neither a type of destination nor a key; did you mean cloudwatch?"),
        "{}",
        near.err
    );
    assert!(ran(&["keys", "gelf"]).err.contains("there are: cloudwatch, s3, firehose"));
    let named = ran(&["keys", "oncall-team"]).err;
    assert!(named.contains("If it is the name that you gave a destination, ask for its type"), "{named}");
}

#[test]
fn one_key_is_shown_alone_or_one_that_was_meant() {
    let key = ran(&["keys", "log_stream"]);
    assert!(key.code == 0 && key.out.contains("\n  log_stream ("), "{key:?}");
    assert_eq!(key.out.matches("example:").count(), 1, "{}", key.out);
    assert!(ran(&["keys", "log_steam"]).err.contains("did you mean log_stream?"));
}

#[test]
fn the_width_that_is_asked_for_is_kept() {
    let mut command = super::command(&["keys", "slack"]);
    command.env("COLUMNS", "60");
    let out = super::finish(command, b"").out;
    let prose = out.lines().filter(|line| line.starts_with("      ") && !line.contains("example:"));
    for line in prose {
        assert!(line.chars().count() <= 60 || !line.trim().contains(' '), "{line}");
    }
}

#[test]
fn the_manual_page_tells_every_command() {
    let page = ran(&["man"]);
    assert!(page.code == 0 && page.out.contains(".TH ecs-router 1"), "{page:?}");
    for command in ["CHECK", "EXPLAIN", "REPLAY", "KEYS", "MAN", "COMPLETIONS"] {
        assert!(page.out.contains(&format!(".SH \"ECS-ROUTER {command}\"")), "{command}");
    }
    assert!(
        page.out.contains("ecs\\-router check\n") && !page.out.contains("(1)"),
        "no page of another name"
    );
}

#[test]
fn nothing_is_in_colour_where_there_is_no_terminal() {
    let ran = ran(&["check", "config/broken/task-definition.json"]);
    assert!(ran.out.contains(": error: ") && !ran.out.contains('\u{1b}'), "{}", ran.out);
}

#[test]
fn every_shell_gets_completions() {
    for (shell, marker) in [
        ("bash", "complete -F _ecs__router"),
        ("zsh", "#compdef ecs-router"),
        ("fish", "complete -c ecs-router"),
    ] {
        let ran = ran(&["completions", shell]);
        assert!(ran.code == 0 && ran.out.contains(marker), "{shell}:\n{}", ran.out);
    }
    let misspelt = ran(&["chekc", "x"]);
    assert!(misspelt.code == 2 && misspelt.err.contains("Usage"), "{}", misspelt.err);
}

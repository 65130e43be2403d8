use super::*;

const CATEGORIES: [Category; 19] = [
    Category::ImagePull,
    Category::Secret,
    Category::Logging,
    Category::Storage,
    Category::Network,
    Category::Capacity,
    Category::ContainerStart,
    Category::Platform,
    Category::Oom,
    Category::AppError,
    Category::AppSignal,
    Category::AppCompleted,
    Category::HealthCheck,
    Category::Deployment,
    Category::User,
    Category::Spot,
    Category::Host,
    Category::ServiceEvent,
    Category::Unknown,
];

fn rows() -> impl Iterator<Item = &'static Row> {
    TABLES.iter().copied().flatten()
}

#[test]
fn every_category_has_a_hint_without_a_cause_and_without_words() {
    for category in CATEGORIES {
        assert!(find(category, None, &[]).ends_with('.'), "{category:?}");
    }
}

#[test]
fn no_row_is_hidden_by_those_before_it() {
    for (category, cause, words, hint) in rows() {
        let statements = words.iter().map(|words| words.trim_start_matches('=').replace(" & ", " "));
        let mut found = statements.map(|statement| find(*category, *cause, &[statement]));
        let is_found = words.is_empty() && find(*category, *cause, &[]) == *hint;
        assert!(is_found || found.any(|it| it == *hint), "{category:?} {cause:?} {words:?}");
    }
}

/// What a person can take in at night.
#[test]
fn hints_are_short() {
    for (category, cause, words, hint) in rows() {
        for launch in ["FARGATE", "EC2", "EXTERNAL"] {
            let read = fit(hint, Some(launch));
            let sentences = read.matches(". ").count() + 1;
            assert!(
                read.ends_with('.') && sentences <= 3 && read.len() <= 250,
                "{category:?} {cause:?} {words:?}: {read}"
            );
        }
        assert!(words.iter().all(|words| *words == words.to_lowercase()), "{words:?}");
    }
}

#[test]
fn advice_for_the_other_kind_of_machine_is_left_out() {
    let hint = "Start again. On EC2 read ecs-agent.log. On Fargate wait.";
    for (launch, expected) in [
        (Some("FARGATE"), "Start again. On Fargate wait."),
        (Some("EC2"), "Start again. On EC2 read ecs-agent.log."),
        (Some("EXTERNAL"), "Start again. On EC2 read ecs-agent.log."),
        (None, hint),
    ] {
        assert_eq!(fit(hint, launch), expected);
    }
}

#[test]
fn a_machine_outside_of_aws_has_no_subnet() {
    for (category, cause) in [
        (Category::ImagePull, Cause::Network),
        (Category::ImagePull, Cause::Timeout),
        (Category::Secret, Cause::Network),
        (Category::Logging, Cause::Network),
    ] {
        let hint = find(category, Some(cause), &[]);
        let read = fit(hint, Some("EXTERNAL"));
        assert!(!OF_A_VPC.iter().any(|part| read.contains(part)), "{category:?} {cause:?}: {read}");
        assert!(!fit(hint, Some("FARGATE")).contains("where the machine stands"));
    }
    assert_eq!(fit(find(Category::ImagePull, Some(Cause::Timeout), &[]), Some("EXTERNAL")), OUTSIDE_OF_AWS);
}

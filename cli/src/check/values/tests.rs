use crate::check::tests::of_lines;

/// What is said of one line; the output has nothing else to say something of.
fn of(line: &str) -> Vec<String> {
    let rest = "    route.default s3, cloudwatch\n    s3.bucket logs\n    cloudwatch.log_group g\n    queue.url \
                https://sqs.eu-west-1.amazonaws.com/111122223333/stops\n";
    let text: String = match line.starts_with("queue.url") {
        true => rest
            .lines()
            .filter(|other| !other.contains("queue.url"))
            .map(|line| format!("{line}\n"))
            .collect(),
        false => rest.to_owned(),
    };
    let key = line.split(' ').next().unwrap_or_default();
    let found = of_lines(&format!("{text}    {line}\n"));
    found.into_iter().filter(|found| found.contains(&format!(" {key}: "))).collect()
}

#[track_caller]
fn says(line: &str, expected: &str) {
    let found = of(line);
    assert!(matches!(found.as_slice(), [one] if one.contains(expected)), "{line}: {found:?}");
}

#[test]
fn regions_that_do_not_exist_are_named_with_the_one_that_was_meant() {
    for (written, meant) in [
        ("eu-west1", "did you mean eu-west-1?"),
        ("EU-WEST-1", "did you mean eu-west-1?"),
        ("eu-west-1a", "did you mean eu-west-1?"),
        ("us-est-1", "did you mean us-east-1?"),
        ("us_east_1", "did you mean us-east-1?"),
        ("$AWS_REGION", "write ${AWS_REGION} to take it from the environment"),
        ("Ireland", "write for example eu-west-1"),
    ] {
        says(&format!("s3.region {written}"), meant);
        says(&format!("queue.region {written}"), meant);
    }
    for known in ["eu-west-1", "cn-north-1", "us-gov-west-1", "${AWS_REGION}"] {
        assert_eq!(of(&format!("s3.region {known}")), [""; 0], "{known}");
    }
    says("cloudwatch.endpoint https://logs.eu-west1.amazonaws.com", "did you mean eu-west-1?");
    for fine in [
        "https://vpce-1.logs.eu-west-1.vpce.amazonaws.com",
        "http://localhost:4566",
        "https://eu-west9.example.com",
    ] {
        assert_eq!(of(&format!("cloudwatch.endpoint {fine}")), [""; 0], "{fine}");
    }
}

#[test]
fn arns_of_another_form_are_named() {
    for (value, expected) in [
        ("web-task", "write it in full: arn:aws:iam::111122223333:role/web-task"),
        ("role/web-task", "write it in full: arn:aws:iam::111122223333:role/web-task"),
        ("arn:aws:iam::1111:role/x", "the account '1111'"),
        ("arn:aws:iam::111122223333:user/x", "is not the ARN of a role"),
        ("arn:aws:iam::111122223333:role/", "is not the ARN of a role"),
        ("arn:aws:iam:eu-west-1:111122223333:role/x", "is not the ARN of a role"),
        ("arn:aws:sts::111122223333:assumed-role/x/y", "is not the ARN of a role"),
        ("arn:aws:iam", "is not the ARN of a role"),
    ] {
        says(&format!("s3.role_arn {value}"), expected);
        says(&format!("queue.role_arn {value}"), expected);
    }
    for fine in ["arn:aws:iam::111122223333:role/path/x", "arn:aws-cn:iam::111122223333:role/x", "${ROLE}"] {
        assert_eq!(of(&format!("s3.role_arn {fine}")), [""; 0], "{fine}");
    }
    says("queue.url https://sqs.eu-west-1.amazonaws.com/1111/stops", "an account of twelve digits");
    says("queue.url https://sqs.eu-west-1.amazonaws.com/stops", "an account of twelve digits");
    says("queue.url https://sqs.eu-west1.amazonaws.com/111122223333/stops", "did you mean eu-west-1?");
}

#[test]
fn times_that_cannot_be_meant_are_named() {
    for (line, expected) in [
        ("exit_timeout 20000", "counts seconds: 5 h 33 min; write 20s if milliseconds were meant, or 20000s"),
        ("exit_timeout 5000", "counts seconds: 1 h 23 min; write 5s"),
        ("exit_timeout 3m", "120 s at most"),
        ("flush_timeout 2h", "is 2 h: "),
        ("flush_timeout 10ms", "is only 10 ms: "),
        ("stats_interval 1", "is only 1 s: "),
        ("s3.timeout 0", "every request fails"),
        ("s3.timeout 10000", "write 10s if milliseconds were meant"),
        ("s3.upload_timeout 30d", "is lost with the task"),
        ("s3.upload_timeout 1s", "S3 gets an object"),
        ("task_metadata.interval 1h", "told late"),
    ] {
        let found = of(line);
        assert!(found.iter().any(|found| found.contains(expected)), "{line}: {found:?}");
        assert_eq!(found.len(), 1, "{found:?}");
    }
    for fine in [
        "exit_timeout 20s",
        "exit_timeout 5000ms",
        "stats_interval 0",
        "s3.upload_timeout 0",
        "s3.timeout 30s",
    ] {
        assert_eq!(of(fine), [""; 0], "{fine}");
    }
}

#[test]
fn ecs_waits_for_grace_and_exit_timeout_together() {
    let with = |grace: &str, exit: &str| {
        let text = format!(
            "[SERVICE]\n    Grace {grace}\n    Plugins_File p\n[OUTPUT]\n    Name ecs_router\n    Match a\n    Workers 1\n    \
             Retry_Limit no_limits\n    route.default stdout\n    exit_timeout {exit}\n"
        );
        crate::check::tests::said("x", &text)
    };
    assert_eq!(with("60", "60s"), [""; 0]);
    assert!(with("100", "60s")[0].contains("exit_timeout: begins when Grace (1 min 40 s) ends"));
    assert!(with("30\n    Flush 5000", "5s")[0].contains("Flush: is 5000 s"));
    assert!(with("300", "5s")[0].starts_with("x:2: warning: Grace: is 5 min"));
}

#[test]
fn a_variable_that_the_file_sets_is_known() {
    let text = "@SET REGION=eu-west1\n[SERVICE]\n    Grace 30\n    Plugins_File p\n[OUTPUT]\n    Name ecs_router\n    Match a\n    \
                Workers 1\n    Retry_Limit no_limits\n    route.default s3\n    s3.bucket logs\n    s3.region ${REGION}\n";
    let found = crate::check::tests::said("x", text);
    assert!(matches!(found.as_slice(), [one] if one.contains("did you mean eu-west-1?")), "{found:?}");
    assert_eq!(crate::check::tests::said("x", &text.replace("@SET REGION", "@SET OTHER")), [""; 0]);
}

#[test]
fn otlp_is_not_sent_to_the_port_for_grpc() {
    let with = |endpoint: &str| {
        crate::check::tests::of_lines(&format!("    route.default otlp\n    otlp.endpoint {endpoint}\n"))
    };
    assert!(with("http://localhost:4317").iter().any(|line| line.contains("write http://localhost:4318")));
    assert_eq!(with("http://localhost:4318"), [""; 0]);
}

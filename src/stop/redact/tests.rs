use serde_json::json;

use super::*;

#[test]
fn values_are_masked_and_names_stay() {
    let event = json!({ "detail": { "overrides": { "taskRoleArn": "arn:role", "containerOverrides": [
        { "name": "app", "command": ["run"], "environment": [{ "name": "TOKEN", "value": "s3cret" }, { "name": "EMPTY" }] },
        { "name": "side", "environment": [] },
    ] } } });
    let masked = json!({ "detail": { "overrides": { "taskRoleArn": "arn:role", "containerOverrides": [
        { "name": "app", "command": ["run"], "environment": [{ "name": "TOKEN", "value": "[redacted]" }, { "name": "EMPTY" }] },
        { "name": "side", "environment": [] },
    ] } } });
    assert_eq!(secrets(event), masked);
}

#[test]
fn odd_forms_do_not_leak() {
    for odd in [
        json!({ "environment": { "TOKEN": "s3cret" } }),
        json!({ "environment": ["TOKEN=s3cret"] }),
        json!({ "environment": "TOKEN=s3cret" }),
        json!({ "environment": [["s3cret"]] }),
        json!({ "environment": [{ "name": "TOKEN", "value": { "nested": "s3cret" }, "Value": "s3cret" }] }),
        json!({ "environment": [{ "name": { "odd": "s3cret" } }] }),
        json!({ "Environment": [{ "Name": "TOKEN", "Value": "s3cret" }] }),
        json!([[{ "environment": [{ "name": "TOKEN", "value": "s3cret" }] }]]),
        json!({ "overrides": "{\"containerOverrides\":[{\"environment\":[{\"value\":\"s3cret\"}]}]}" }),
    ] {
        assert!(!secrets(odd.clone()).to_string().contains("s3cret"), "{odd}");
    }
}

#[test]
fn a_tag_called_environment_is_no_variable() {
    let event = json!({ "detail": { "tags": [{ "key": "environment", "value": "production" }] } });
    assert_eq!(secrets(event.clone()), event);
}

/// The text as it is in a report.
fn masked(text: &str) -> String {
    secrets(json!({ "x": text }))["x"].as_str().unwrap().to_owned()
}

fn masked_command(command: &[&str]) -> Vec<String> {
    let event = json!({ "containerOverrides": [{ "command": command }] });
    let event = secrets(event);
    let command = event["containerOverrides"][0]["command"].as_array().unwrap();
    command.iter().map(|word| word.as_str().unwrap().to_owned()).collect()
}

#[test]
fn secrets_in_texts_are_masked() {
    for (text, expected) in [
        ("run --password hunter2 --verbose", "run --password [redacted] --verbose"),
        ("run --password=hunter2 --verbose", "run --password=[redacted] --verbose"),
        ("run --db-password 'hunter 2' now", "run --db-password '[redacted]' now"),
        ("run --password \"hunter2\"", "run --password \"[redacted]\""),
        ("run --verbose --token hunter2", "run --verbose --token [redacted]"),
        ("run -Dspring.datasource.password=hunter2 x", "run -Dspring.datasource.password=[redacted] x"),
        ("token=hunter2&page=3", "token=[redacted]&page=3"),
        ("page=3&api_key=hunter2;next=4", "page=3&api_key=[redacted];next=4"),
        ("page=3&api_key=hunter2;3", "page=3&api_key=[redacted]"),
        ("KEY=hunter2", "KEY=[redacted]"),
        ("API_KEY=hunter2 run", "API_KEY=[redacted] run"),
        ("clientSecret=hunter2", "clientSecret=[redacted]"),
        ("PGPASSWORD=hunter2 psql", "PGPASSWORD=[redacted] psql"),
        ("docker run -e NAME=hunter2 image", "docker run -e NAME=[redacted] image"),
        ("docker run --env NAME=hunter2 image", "docker run --env NAME=[redacted] image"),
        ("export GREETING=hunter2; run", "export GREETING=[redacted]; run"),
        ("curl -H 'Authorization: Bearer hunter2' x", "curl -H 'Authorization: [redacted]' x"),
        ("Authorization: Basic aHVudGVyMg==", "Authorization: [redacted]"),
        ("curl -H \"X-Api-Key: hunter2\" x", "curl -H \"X-Api-Key: [redacted]\" x"),
        ("Cookie: session=hunter2; other=hunter2", "Cookie: [redacted]"),
        ("sent Bearer hunter2hunter2", "sent Bearer [redacted]"),
        ("password: hunter2", "password: [redacted]"),
        ("{\"password\":\"hunter2\",\"port\":1}", "{\"password\":\"[redacted]\",\"port\":1}"),
        ("{\"secret\": \"hunter \\\" 2\"}", "{\"secret\": \"[redacted]\"}"),
        ("\\\"token\\\":\\\"hunter2\\\"", "\\\"token\\\":\\\"[redacted]\\\""),
        ("postgres://web:hunter2@db:5432/app", "postgres://[redacted]@db:5432/app"),
        ("cannot reach https://hunter2@github.com/x.git", "cannot reach https://[redacted]@github.com/x.git"),
        ("postgres://web:hunter@2@db/app", "postgres://[redacted]@db/app"),
        ("AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG", "AWS_SECRET_ACCESS_KEY=[redacted]"),
        ("as AKIAIOSFODNN7EXAMPLE it failed", "as [redacted] it failed"),
        ("ASIAIOSFODNN7EXAMPLE", "[redacted]"),
        (
            "https://b.s3.amazonaws.com/k?X-Amz-Signature=hunter2&x=1",
            "https://b.s3.amazonaws.com/k?X-Amz-Signature=[redacted]&x=1",
        ),
        (
            "https://b.s3.amazonaws.com/k?X-Amz-Security-Token=hunter2",
            "https://b.s3.amazonaws.com/k?X-Amz-Security-Token=[redacted]",
        ),
        ("with ghp_0123456789abcdefghij0123456789abcdef", "with [redacted]"),
        ("xoxb-123456789012-abcdefghij", "[redacted]"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "[redacted]"),
        ("https://hooks.slack.com/services/T0/B0/hunter2", "https://hooks.slack.com/services/[redacted]"),
        ("-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----", "[redacted]"),
    ] {
        assert_eq!(masked(text), expected);
    }
}

#[test]
fn commands_are_masked_word_by_word() {
    for (command, expected) in [
        (vec!["run", "--password", "hunter2"], vec!["run", "--password", "[redacted]"]),
        (vec!["run", "--password", "-hunter2"], vec!["run", "--password", "[redacted]"]),
        (vec!["run", "--token", "--verbose"], vec!["run", "--token", "--verbose"]),
        (vec!["run", "--no-auth", "-v"], vec!["run", "--no-auth", "-v"]),
        (vec!["run", "-e", "NAME=hunter2"], vec!["run", "-e", "NAME=[redacted]"]),
        (vec!["env", "GREETING=hunter2", "run"], vec!["env", "GREETING=[redacted]", "run"]),
        (vec!["--password=hun,ter2;x y"], vec!["--password=[redacted]"]),
        (
            vec!["-Ddb.password=hun,ter2;x", "API_KEY=a,b"],
            vec!["-Ddb.password=[redacted]", "API_KEY=[redacted]"],
        ),
        (
            vec!["sh", "-c", "PGPASSWORD=hunter2 psql -h db"],
            vec!["sh", "-c", "PGPASSWORD=[redacted] psql -h db"],
        ),
        (vec!["--header", "Authorization: Bearer hunter2"], vec!["--header", "Authorization: [redacted]"]),
        (vec!["sh", "-c", "run --password hunter2 && x"], vec!["sh", "-c", "run --password [redacted] && x"]),
        (
            vec!["migrate", "--database", "mysql://a:hunter2@db/x"],
            vec!["migrate", "--database", "mysql://[redacted]@db/x"],
        ),
        (
            vec!["java", "-Xmx512m", "-jar", "app.jar", "--port", "80"],
            vec!["java", "-Xmx512m", "-jar", "app.jar", "--port", "80"],
        ),
    ] {
        assert_eq!(masked_command(&command), expected);
    }
}

/// What tells why a task stopped, and of whom: it stays as it is.
#[test]
fn what_is_no_secret_is_left() {
    for text in [
        "EssentialContainerExited",
        "OutOfMemoryError: Container killed due to memory usage",
        "Essential container in task exited",
        "Scaling activity initiated by (deployment ecs-svc/1234567890123456789)",
        "Task failed ELB health checks in (target-group arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/web/0123456789abcdef)",
        "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s)",
        "failed to fetch secret arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-password-AbCdEf from secrets manager: AccessDeniedException: not authorized to perform: secretsmanager:GetSecretValue",
        "ExpiredTokenException: The security token included in the request is expired",
        "CannotPullContainerError: pull access denied for web, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed",
        "CannotPullContainerError: Error response from daemon: Get https://registry-1.docker.io/v2/: net/http: TLS handshake timeout",
        "111122223333.dkr.ecr.eu-west-1.amazonaws.com/web:1.2@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "arn:aws:ecs:eu-west-1:111122223333:task/prod/0123456789abcdef0123456789abcdef",
        "arn:aws:iam::111122223333:role/ecsTaskExecutionRole",
        "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        "ecs-svc/0123456789012345678",
        "2026-11-19T20:38:27.123Z",
        "exec format error",
        "--max-tokens 4096",
        "tokenizer=fast author=me keyboard=de monkey=1",
        "run --key-file /etc/tls/key.pem --secret-name prod/db --token-url=https://login.example.com/t",
        "env LOG_FORMAT",
        "exit status 1: password authentication failed for user \"web\"",
        "invalid token: unexpected end of input",
        "someone@example.com wrote to http://example.com/a@b",
        "Bearer of bad news",
        "state=RUNNING desired=STOPPED code=137",
    ] {
        assert_eq!(masked(text), text);
    }
}

#[test]
fn pairs_and_fields_with_a_secret_name_are_masked_wherever_they_stand() {
    let event = json!({ "detail": {
        "attachments": [{ "type": "ServiceConnect", "details": [
            { "name": "subnetId", "value": "subnet-1" }, { "name": "apiToken", "value": "hunter2" },
        ] }],
        "tags": [{ "key": "team", "value": "web" }, { "key": "db-password", "value": "hunter2" }],
        "stopCode": "EssentialContainerExited",
        "client_secret": "hunter2", "pin": { "password": 1234 },
        "version": 3, "containers": [{ "name": "app", "exitCode": 1 }],
    } });
    let expected = json!({ "detail": {
        "attachments": [{ "type": "ServiceConnect", "details": [
            { "name": "subnetId", "value": "subnet-1" }, { "name": "apiToken", "value": "[redacted]" },
        ] }],
        "tags": [{ "key": "team", "value": "web" }, { "key": "db-password", "value": "[redacted]" }],
        "stopCode": "EssentialContainerExited",
        "client_secret": "[redacted]", "pin": { "password": "[redacted]" },
        "version": 3, "containers": [{ "name": "app", "exitCode": 1 }],
    } });
    assert_eq!(secrets(event), expected);
}

/// Whoever writes a reason chooses the text: no form of it may hold the worker up.
#[test]
fn masking_takes_a_bounded_time() {
    for piece in [
        "token=",
        "cookie: ",
        "a='b ",
        "x=\\\"",
        "--password ",
        "http://a",
        "é=é ",
        "Bearer ",
        "a:\"",
        "x-key:",
        "authorization:",
        "token=[redacted]",
        "a-",
        "cookie:",
    ] {
        let text = piece.repeat(16_000 / piece.len());
        let begun = std::time::Instant::now();
        masked(&text);
        masked_command(&[&text]);
        let took = begun.elapsed();
        assert!(took < std::time::Duration::from_secs(5), "{piece:?} took {took:?}");
    }
}

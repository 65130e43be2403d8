use crate::check::task::tests::{assert_says, said, template};

/// A template that is right, with this below its resources.
pub(super) fn with(more: &str) -> String {
    let more: String = more.split('|').map(|line| format!("  {line}\n")).collect();
    let conditions = "Conditions:\n  IsProd: !Equals [!Ref Env, prod]\nMappings:\n  Images: {a: {b: c}}\n";
    format!("{}{more}{conditions}", template("Properties", "http.url: https://x/"))
}

#[test]
fn what_the_template_does_not_have_is_reported() {
    for (more, part) in [
        (
            "Logs:|  Type: AWS::Logs::LogGroup|  Properties:|    LogGroupName: !Sub /ecs/${Environ}/x",
            "!Sub: the template has neither a parameter nor a resource 'Environ'",
        ),
        (
            "Logs:|  Type: AWS::Logs::LogGroup|  Properties:|    LogGroupName: !Sub x-${AWS::Regoin}",
            "did you mean ${AWS::Region}?",
        ),
        (
            "Logs:|  Type: AWS::Logs::LogGroup|  Condition: IsProduction",
            "the template has no condition 'IsProduction'",
        ),
        (
            "Logs:|  Type: AWS::Logs::LogGroup|  Properties:|    LogGroupName: !If [IsPrd, a, b]",
            "did you mean IsProd?",
        ),
        (
            "Logs:|  Type: AWS::Logs::LogGroup|  Properties:|    LogGroupName: !FindInMap [Image, a, b]",
            "did you mean Images?",
        ),
        ("Logs:|  Type: AWS::Logs::LogGroup|  DependsOn: [Tusk]", "did you mean Task?"),
        (
            "Logs:|  Type: AWS::Logs::LogGroup|  Properties:|    RetentionInDays: 45",
            "CloudWatch has no retention of 45 days; write 60",
        ),
        (
            "Other:|  Type: AWS::ECS::TaskDef|  Properties: {ContainerDefinitions: []}",
            "write AWS::ECS::TaskDefinition",
        ),
    ] {
        assert_says(&with(more), "error", part);
    }
}

#[test]
fn what_is_written_otherwise_than_meant_is_reported() {
    let literal = with("Logs:|  Type: AWS::Logs::LogGroup|  Properties:|    LogGroupName: /ecs/${Env}/x");
    assert_says(
        &literal,
        "warning",
        "${Env} stays as it is; write !Sub \"/ecs/${Env}/x\"".split(';').next().unwrap_or_default(),
    );
    let role = with("Role:|  Type: AWS::IAM::Role")
        .replace("Memory: 512", "Memory: 512\n      TaskRoleArn: !Ref Role");
    assert_says(&role, "warning", "write !GetAtt Role.Arn");
    let group = with("Logs:|  Type: AWS::Logs::LogGroup")
        .replace("{LogDriver: awslogs}", "{LogDriver: awslogs, Options: {awslogs-group: !GetAtt Logs.Arn}}");
    assert_says(&group, "error", "write !Ref Logs");
    for (constraint, part) in [
        ("Type: Number, MaxValue: 10, Default: 11", "'11' is not allowed by its MaxValue"),
        ("Type: String, MinLength: 1, Default: ''", "by its MinLength"),
        ("Type: String, AllowedPattern: '[a-z]+', Default: A", "does not match its AllowedPattern"),
    ] {
        assert_says(&with("").replace("Type: String", constraint), "error", part);
    }
    let right =
        with("").replace("Type: String", "Type: String, AllowedPattern: '(o-[a-z0-9]{10,32})?', Default: ''");
    assert_eq!(said(&right), [""; 0]);
    let attribute = with("Logs:|  Type: AWS::Logs::LogGroup").replace("web\n", "!GetAtt Logs.Name\n");
    assert_says(&attribute, "error", "AWS::Logs::LogGroup has no attribute 'Name'");
    let default = with("").replace("{Type: String}", "{Type: String, AllowedValues: [a, b], Default: c}");
    assert_says(
        &default,
        "error",
        "parameter Env: 'c' is not one of its AllowedValues; write one of a, b"
            .split(';')
            .next()
            .unwrap_or_default(),
    );
    let case = with("").replace("FirelensConfiguration", "FireLensConfiguration");
    assert_says(&case, "error", "write FirelensConfiguration");
}

#[test]
fn what_is_right_is_not_reported() {
    for more in [
        "Logs:|  Type: AWS::Logs::LogGroup|  Condition: IsProd|  DependsOn: Task|  Properties:|    LogGroupName: !Sub '/${Env}/${AWS::StackName}/${Task.Arn}'|    RetentionInDays: 30",
        "Logs:|  Type: AWS::Logs::LogGroup|  Properties:|    LogGroupName: !Sub ['/${Own}', {Own: x}]|    RetentionInDays: !If [IsProd, 90, 7]",
        "Policy:|  Type: AWS::IAM::Policy|  Properties:|    PolicyDocument: {Resource: 'arn:aws:s3:::x/${aws:username}', Condition: {StringEquals: {a: b}}}",
    ] {
        assert_eq!(said(&with(more)), [""; 0], "{more}");
    }
    let transformed = format!(
        "Transform: AWS::LanguageExtensions\n{}",
        with(
            "Logs:|  Type: AWS::Logs::LogGroup|  Condition: Later|  Properties:|    LogGroupName: !Sub '${Later}'"
        )
    );
    assert_eq!(said(&transformed), [""; 0]);
}

#[test]
fn names_and_words_that_cloudformation_does_not_know_are_reported() {
    let typed = |kind: &str, line: &str| with(&format!("One:|  Type: {kind}|  Properties:|    {line}"));
    let allow = |action: &str| {
        format!("PolicyDocument: {{Statement: [{{Effect: Allow, Action: [{action}], Resource: '*'}}]}}")
    };
    let status = |word: &str| {
        format!(
            "EventPattern: {{source: [aws.ecs], detail: {{lastStatus: [{word}]}}}}|    Targets: [{{Id: a, Arn: x}}]"
        )
    };
    for (kind, line, part) in [
        ("AWS::Logs::LogGroup", "RetentionDays: 7".to_owned(), "did you mean RetentionInDays?"),
        ("AWS::Logs::LogGroup", "Retention: 7".to_owned(), "did you mean RetentionInDays?"),
        ("AWS::S3::Bucket", "Name: x".to_owned(), "did you mean BucketName?"),
        ("AWS::SQS::Queue", "VisibiltyTimeout: 30".to_owned(), "did you mean VisibilityTimeout?"),
        (
            "AWS::Events::Rule",
            "Pattern: {}|    Targets: [{Id: a, Arn: x}]".to_owned(),
            "did you mean EventPattern?",
        ),
        ("AWS::Events::Rule", status("STOP"), "'STOP', so that the rule passes nothing; write STOPPED"),
        ("AWS::ECS::Service", "LaunchType: Fargate".to_owned(), "write FARGATE"),
        ("AWS::IAM::Policy", allow("logs:PutLogEvent"), "did you mean logs:PutLogEvents?"),
        ("AWS::IAM::Policy", allow("cloudwatch:PutLogEvents"), "did you mean logs:PutLogEvents?"),
        ("AWS::IAM::Policy", allow("s3:PutObjects"), "did you mean s3:PutObject?"),
        ("AWS::IAM::Policy", "Roles: [!GetAtt Task.ARN]".to_owned(), "an attribute 'ARN'"),
    ] {
        assert_says(&typed(kind, &line), "error", part);
    }
    for (kind, line) in [
        ("AWS::Logs::LogGroup", "RetentionInDays: 7".to_owned()),
        ("AWS::S3::Bucket", "{Fn::If: [IsProd, {BucketName: x}, {}]}".to_owned()),
        ("AWS::Events::Rule", status("STOPPED")),
        ("AWS::ECS::Service", "LaunchType: FARGATE".to_owned()),
        ("AWS::IAM::Policy", allow("logs:GetLogEvents, logs:PutLogEvents, 's3:Put*', sqs:PurgeQueue")),
        ("AWS::IAM::Policy", "Roles: [!GetAtt Task.Arn]".to_owned()),
    ] {
        assert_eq!(said(&typed(kind, &line)), [""; 0], "{kind} {line}");
    }
    let shared = with("Role:|  Type: AWS::IAM::Role").replace(
        "Memory: 512",
        "Memory: 512\n      TaskRoleArn: !GetAtt Role.Arn\n      ExecutionRoleArn: !GetAtt Role.Arn",
    );
    assert_says(&shared, "warning", "is the execution role as well");
}

#[test]
fn templates_that_cloudformation_refuses_are_errors() {
    for (more, part) in [
        ("Logs:|  Type: AWS::Logs::LogGroup|  DeletionPolicy: Keep", "'Keep' is not one of Delete, Retain"),
        (
            "Logs:|  Type: AWS::Logs::LogGroup|  Properties:|    RetentionInDays: 90 days",
            "is not a number of days",
        ),
        (
            "Logs:|  Type: AWS::Logs::LogGroup|  Properties:|    LogGroupName: !Join [/ecs/, !Ref Env, x]",
            "write a delimiter and a list",
        ),
        (
            "Logs:|  Type: AWS::Logs::LogGroup|  Properties:|    LogGroupName: !If [IsProd, a]",
            "write a condition, a value, and another",
        ),
        (
            "Logs:|  Type: AWS::Logs::LogGroup|  Properties:|    LogGroupName: {ref: Env}",
            "ref: is taken for a property, and not for a function; write Ref",
        ),
        (
            "Logs:|  Type: AWS::Logs::LogGroup|  Properties:|    LogGroupName: {\"Fn:Sub\": x}",
            "write Fn::Sub",
        ),
        (
            "R:|  Type: AWS::Events::Rule|  Properties:|    EventPattern: {source: [aws.ECS]}|    Targets: [{Id: a, Arn: x}]",
            "no event has 'aws.ECS'",
        ),
        (
            "R:|  Type: AWS::Events::Rule|  Properties:|    EventPattern: {detail-type: [ECS Task State change]}|    Targets: [{Id: a, Arn: x}]",
            "write ECS Task State Change",
        ),
        (
            "S:|  Type: AWS::ECS::Service|  Properties: {NetworkConfig: x}",
            "did you mean NetworkConfiguration?",
        ),
        (
            "P:|  Type: AWS::IAM::ManagedPolicy|  Properties:|    PolicyDocument: {Version: 2012-10-7, Statement: []}",
            "write 2012-10-17",
        ),
        (
            "P:|  Type: AWS::IAM::ManagedPolicy|  Properties:|    PolicyDocument: {Statement: {Effect: allow}}",
            "write Allow",
        ),
    ] {
        assert_says(&with(more), "error", part);
    }
    let right = with("");
    for (from, to, part) in [
        ("Resources:", "Resource:", "the template has no Resources"),
        ("Parameters:", "Parameter:", "did you mean Parameters?"),
        ("Type: String", "Type: string", "write String"),
        ("Type: String", "Type: List<AWS::EC2::Subnet>", "write List<AWS::EC2::Subnet::Id>"),
        ("Type: String", "Type: AWS::EC2::VPC", "write AWS::EC2::VPC::Id"),
    ] {
        let found = said(&right.replacen(from, to, 1));
        assert!(found.iter().any(|line| line.contains(part)), "{part}: {found:?}");
    }
}

#[test]
fn a_role_of_a_task_trusts_ecs() {
    let role = |service: &str| {
        let document = format!(
            "{{Statement: [{{Effect: Allow, Principal: {{Service: {service}}}, Action: sts:AssumeRole}}]}}"
        );
        with(&format!("Role:|  Type: AWS::IAM::Role|  Properties:|    AssumeRolePolicyDocument: {document}"))
            .replace("Memory: 512", "Memory: 512\n      TaskRoleArn: !GetAtt Role.Arn")
    };
    assert_says(
        &role("ecs-task.amazonaws.com"),
        "error",
        "is not a service of AWS; write ecs-tasks.amazonaws.com",
    );
    for wrong in ["ecs.amazonaws.com", "[lambda.amazonaws.com]"] {
        assert_says(&role(wrong), "error", "so that ECS cannot use it; write ecs-tasks.amazonaws.com");
    }
    for right in ["ecs-tasks.amazonaws.com", "[ec2.amazonaws.com, ecs-tasks.amazonaws.com]", "!Sub x"] {
        assert_eq!(said(&role(right)), [""; 0], "{right}");
    }
}

#[test]
fn documents_and_plans_are_checked_like_templates() {
    let policy = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Actions": "s3:PutObject", "Resource": "*"}]}"#;
    let pattern = r#"{"source": ["aws.ecs"], "detail-type": ["ECS Task State Change"], "detail": {"lastStatus": ["stopped"]}}"#;
    let plan = |kind: &str, key: &str, text: &str| {
        let text = serde_json::Value::from(text);
        format!(
            r#"{{"terraform_version": "1", "planned_values": {{"root_module": {{"resources": [{{"address": "{kind}.x", "type": "{kind}", "values": {{"{key}": {text}}}}}]}}}}}}"#
        )
    };
    for (text, part) in [
        (policy.to_owned(), "Actions: IAM knows no such element"),
        (pattern.to_owned(), "no task ever has the status 'stopped'"),
        (plan("aws_iam_role_policy", "policy", policy), "resource aws_iam_role_policy.x: Actions: IAM knows"),
        (plan("aws_iam_role", "assume_role_policy", policy), "Actions: IAM knows no such element"),
        (
            plan("aws_cloudwatch_event_rule", "event_pattern", pattern),
            "resource aws_cloudwatch_event_rule.x: lastStatus: no task",
        ),
    ] {
        let found = said(&text);
        assert!(
            found.iter().any(|line| line.contains(": error: ") && line.contains(part)),
            "{text}: {found:#?}"
        );
    }
    let right = policy.replace("Actions", "Action");
    assert_eq!(said(&plan("aws_iam_role_policy", "policy", &right)), [""; 0]);
}

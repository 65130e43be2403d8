use crate::check::cloudformation::tests::with;
use crate::check::task::tests::{assert_says, said};

/// A bucket, and a policy with this statement.
fn statement(text: &str) -> String {
    with(&format!(
        "Logs:|  Type: AWS::S3::Bucket|P:|  Type: AWS::IAM::ManagedPolicy|  Properties:|    PolicyDocument:|      \
         Version: '2012-10-17'|      Statement:|        - {{{text}}}"
    ))
}

#[test]
fn statements_that_iam_refuses_or_that_allow_nothing_are_reported() {
    for (text, part) in [
        ("Effect: Allow, Actions: [s3:PutObject], Resource: '*'", "Actions: IAM knows no such element"),
        ("Effect: Allow, Action: s3:PutObject, Resources: '*'", "write Resource"),
        ("Action: s3:PutObject, Resource: '*'", "Effect: is missing"),
        ("Effect: Allow, Action: s3:PutObject", "Resource: is missing"),
        ("Effect: Allow, Action: s3:PutObject, Resource: my-logs/*", "'my-logs/*' is not an ARN"),
        ("Effect: Allow, Action: s3:PutObject, Resource: 'arn:aws:s3:my-logs/*'", "is not an ARN"),
        (
            "Effect: Allow, Action: logs:PutLogEvents, Resource: 'arn:aws:s3:::x/*'",
            "is of s3, and the actions are of logs",
        ),
        (
            "Effect: Allow, Action: s3:PutObject, Resource: 'arn:aws:s3:eu-west-1:111122223333:x/*'",
            "write arn:aws:s3:::x/*",
        ),
        ("Effect: Allow, Action: s3:PutObject, Resource: 'arn:aws:s3:::x'", "s3:PutObject works on objects"),
        ("Effect: Allow, Action: s3:PutObject, Resource: !GetAtt Logs.Arn", "s3:PutObject works on objects"),
        (
            "Effect: Allow, Action: s3:PutObject, Resource: !Sub '${Logs.Arn}'",
            "s3:PutObject works on objects",
        ),
        (
            "Effect: Allow, Action: logs:PutLogEvents, Resource: 'arn:aws:logs:eu-west-1:111122223333:/ecs/web:*'",
            "not the ARN of anything in logs",
        ),
        (
            "Effect: Allow, Action: logs:PutLogEvents, Resource: 'arn:aws:logs:eu-west-1:111122223333:log-group:/ecs/web'",
            "write arn:aws:logs:eu-west-1:111122223333:log-group:/ecs/web:*",
        ),
        (
            "Effect: Allow, Action: logs:PutLogEvents, Resource: 'arn:aws:logs:eu-west-1:111122223333:log-group/ecs/web:*'",
            "write log-group:/ecs/web:*",
        ),
        (
            "Effect: Allow, Action: sqs:SendMessage, Resource: 'arn:aws:sqs:eu-west-11:111122223333:x'",
            "has the region 'eu-west-11'",
        ),
        (
            "Effect: Allow, Action: sqs:SendMessage, Resource: 'arn:aws:sqs:eu-west-1:11112222333:x'",
            "has the account '11112222333'",
        ),
    ] {
        assert_says(&statement(text), "error", part);
    }
}

#[test]
fn statements_that_are_right_are_left_alone() {
    for text in [
        "Effect: Allow, Action: '*', Resource: '*'",
        "Effect: Allow, NotAction: 'iam:*', Resource: '*'",
        "Effect: Allow, Action: [s3:PutObject, s3:ListBucket], Resource: ['arn:aws:s3:::x', 'arn:aws:s3:::x/*']",
        "Effect: Allow, Action: [s3:PutObject], Resource: [!GetAtt Logs.Arn, !Sub '${Logs.Arn}/*']",
        "Effect: Allow, Action: s3:PutObject, Resource: !Sub 'arn:${AWS::Partition}:s3:::${Env}-x/*'",
        "Effect: Allow, Action: s3:PutObject, Resource: 'arn:aws:s3:eu-west-1:111122223333:accesspoint/x/object/*'",
        "Effect: Allow, Action: logs:PutLogEvents, Resource: !Sub 'arn:aws:logs:${AWS::Region}:${AWS::AccountId}:log-group:/ecs/*'",
        "Effect: Allow, Action: [logs:PutLogEvents, s3:PutObject], Resource: ['arn:aws:s3:::x/*', 'arn:aws:logs:*:*:*']",
        "Effect: Deny, Action: 's3:*', Resource: [!GetAtt Logs.Arn, !Sub '${Logs.Arn}/*']",
    ] {
        assert_eq!(said(&statement(text)), [""; 0], "{text}");
    }
}

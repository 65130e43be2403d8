use std::process::Command;

use super::*;

const VARIANTS: [EndpointVariant; 4] = [
    EndpointVariant { fips: false, dualstack: false },
    EndpointVariant { fips: false, dualstack: true },
    EndpointVariant { fips: true, dualstack: false },
    EndpointVariant { fips: true, dualstack: true },
];

fn service(label: &str) -> AwsService {
    *AwsService::ALL.iter().find(|service| service.label() == label).unwrap()
}

/// `service region plain dual-stack fips both`, each host or `none`.
fn assert_row(row: &str) {
    let words: Vec<&str> = row.split_whitespace().collect();
    let [label, region, expected @ ..] = words.as_slice() else { panic!("{row}") };
    assert_eq!(expected.len(), VARIANTS.len(), "{row}");
    for (expected, variant) in expected.iter().zip(VARIANTS) {
        let host = host(service(label), region, variant).unwrap_or_else(|_| "none".to_owned());
        assert_eq!(&host, expected, "{row}: {variant:?}");
    }
}

#[test]
fn hosts_follow_the_partition_and_the_variant() {
    let rows = "
logs us-east-1 logs.us-east-1.amazonaws.com logs.us-east-1.api.aws logs-fips.us-east-1.amazonaws.com logs-fips.us-east-1.api.aws
logs us-gov-west-1 logs.us-gov-west-1.amazonaws.com logs.us-gov-west-1.api.aws logs.us-gov-west-1.amazonaws.com logs-fips.us-gov-west-1.api.aws
events us-gov-west-1 events.us-gov-west-1.amazonaws.com events.us-gov-west-1.api.aws events.us-gov-west-1.amazonaws.com events.us-gov-west-1.api.aws
firehose us-gov-east-1 firehose.us-gov-east-1.amazonaws.com firehose.us-gov-east-1.api.aws firehose-fips.us-gov-east-1.amazonaws.com firehose-fips.us-gov-east-1.api.aws
sqs cn-north-1 sqs.cn-north-1.amazonaws.com.cn sqs.cn-north-1.api.amazonwebservices.com.cn sqs-fips.cn-north-1.amazonaws.com.cn sqs-fips.cn-north-1.api.amazonwebservices.com.cn
sts us-iso-east-1 sts.us-iso-east-1.c2s.ic.gov sts.us-iso-east-1.api.aws.ic.gov sts-fips.us-iso-east-1.c2s.ic.gov sts-fips.us-iso-east-1.api.aws.ic.gov
s3 eu-west-1 s3.eu-west-1.amazonaws.com s3.dualstack.eu-west-1.amazonaws.com s3-fips.eu-west-1.amazonaws.com s3-fips.dualstack.eu-west-1.amazonaws.com
s3 cn-north-1 s3.cn-north-1.amazonaws.com.cn s3.dualstack.cn-north-1.amazonaws.com.cn none none
s3-accesspoint us-gov-west-1 s3-accesspoint.us-gov-west-1.amazonaws.com s3-accesspoint.dualstack.us-gov-west-1.amazonaws.com s3-accesspoint-fips.us-gov-west-1.amazonaws.com s3-accesspoint-fips.dualstack.us-gov-west-1.amazonaws.com
kinesis eusc-de-east-1 kinesis.eusc-de-east-1.amazonaws.eu kinesis.eusc-de-east-1.api.amazonwebservices.eu kinesis-fips.eusc-de-east-1.amazonaws.eu kinesis-fips.eusc-de-east-1.api.amazonwebservices.eu";
    rows.trim().lines().for_each(assert_row);
}

/// Every service in every region that AWS publishes, as its own SDK for Python resolves it.
#[test]
fn every_host_is_the_one_that_aws_publishes() {
    let Some(python) = std::env::var_os("PYTHON") else {
        eprintln!("skipped: set PYTHON to an interpreter that has botocore");
        return;
    };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/src/config/endpoint/official.py");
    let output = Command::new(python).arg(script).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let rows = String::from_utf8(output.stdout).unwrap();
    assert!(rows.lines().count() >= 200, "{} rows", rows.lines().count());
    rows.lines().for_each(assert_row);
    eprintln!("{} rows, {} hosts", rows.lines().count(), rows.lines().count() * VARIANTS.len());
}

#[test]
fn a_partition_is_named_as_in_arns() {
    assert_eq!(domain("cn-north-1"), "amazonaws.com.cn");
    assert_eq!(partition_id("us-gov-east-1"), "aws-us-gov");
    assert_eq!(partition_id("us-isob-east-1"), "aws-iso-b");
    assert_eq!(partition_id("sa-east-1"), "aws");
}

"""Prints what botocore's rule sets say: service, region, then the host for plain, dual-stack, FIPS and both."""
import botocore.endpoint_provider as provider
import botocore.session

ACCOUNT = "111122223333"
SERVICES = ["logs", "s3", "s3-accesspoint", "firehose", "sqs", "sts", "events", "sns", "kinesis", "ecs"]

loader = botocore.session.get_session().get_component("data_loader")
partitions = loader.load_data("partitions")


def hosts(service, partition, region):
    rules = loader.load_service_model(service.split("-")[0], "endpoint-rule-set-1")
    resolver = provider.EndpointProvider(rules, partitions)
    bucket = {
        "s3": {"Bucket": "bucket"},
        "s3-accesspoint": {"Bucket": f"arn:{partition}:s3:{region}:{ACCOUNT}:accesspoint/point"},
    }.get(service, {})
    for fips in (False, True):
        for dualstack in (False, True):
            try:
                url = resolver.resolve_endpoint(Region=region, UseFIPS=fips, UseDualStack=dualstack, **bucket).url
                host = url.removeprefix("https://")
                yield host.split(".", 1)[1] if bucket else host
            except Exception:
                yield "none"


for partition in partitions["partitions"]:
    for region in partition["regions"]:
        if not region.endswith("-global"):
            for service in SERVICES:
                print(service, region, *hosts(service, partition["id"], region))

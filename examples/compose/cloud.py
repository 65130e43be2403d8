"""The part of AWS in the try-out: `stack` makes what the collector's stack makes, `report` stops a task and reads on.

Runs in moto's image, which has boto3; AWS_ENDPOINT_URL names moto.
"""

import datetime
import json
import pathlib
import sys
import time

import boto3

HERE = pathlib.Path(__file__).resolve().parent
STOPS, ERRORS, LINES = "/ecs/stopped-tasks", "/ecs/web/errors", "/ecs/web"
PATIENCE = 60


def stack():
    sqs, events, logs = (boto3.client(name) for name in ("sqs", "events", "logs"))
    for group in (STOPS, ERRORS, LINES):
        logs.create_log_group(logGroupName=group)
    queue = sqs.create_queue(QueueName="ecs-stops")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name="task-stops", EventPattern=(HERE / "patterns" / "task-stops.json").read_text())
    events.put_targets(Rule="task-stops", Targets=[{"Id": "collector", "Arn": arn}])


def report():
    event = json.loads((HERE / "stop.json").read_text())
    now = datetime.datetime.now(datetime.timezone.utc).isoformat()
    event["detail"].update(stoppedAt=now, stoppingAt=now, executionStoppedAt=now, updatedAt=now)
    entry = {"Source": event["source"], "DetailType": event["detail-type"], "Detail": json.dumps(event["detail"])}
    boto3.client("events").put_events(Entries=[entry])
    for group in (LINES, ERRORS, STOPS):
        show(group)


def show(group):
    """Prints what is in a log group, once something is."""
    logs = boto3.client("logs")
    for _ in range(PATIENCE):
        found = logs.filter_log_events(logGroupName=group)["events"]
        if found:
            break
        time.sleep(1)
    else:
        sys.exit(f"nothing came to {group} in {PATIENCE} seconds; docker compose logs router says why")
    print(f"\n{group}")
    for one in found:
        print(f"  {one['logStreamName']}: {readable(one['message'])}")


def readable(message):
    """A report is long; what a person reads first is in these two."""
    try:
        fields = json.loads(message)
    except ValueError:
        return message
    told = [fields[name] for name in ("summary", "hint", "log") if name in fields]
    return "\n    ".join(told) or message


if __name__ == "__main__":
    {"stack": stack, "report": report}[sys.argv[1]]()
